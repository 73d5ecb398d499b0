/**
 * Tells whoever waits for a task why it does not start. A wait that says nothing looks like a program that hangs: the usual
 * cause is that no worker has what the task asks for, and that never ends by itself.
 */
import { OctopusError } from "../base/errors.ts";
import type { Client } from "../client/mod.ts";
import { explanationText } from "../view/explanations.ts";
import type { Output } from "./output.ts";

/** What starts within this time needs no words. */
const PATIENCE_MS = 3000;
const AGAIN_MS = 10_000;
const STATES = new Set(["queued", "blocked", "scheduled"]);

/** Speaks on standard error, and again when the cause is another one. Ends when it is disposed of. */
export function sayWhyWaits(client: Client, out: Output, id: string, patienceMs = PATIENCE_MS): Disposable {
  let told = "";
  let isOver = false;
  const look = async (): Promise<void> => {
    try {
      const found = await client.explain(id);
      const code = found.reasons[0]?.code ?? found.state;
      if (isOver || !STATES.has(found.state) || code === told) return;
      told = code;
      out.note(`still waiting: ${explanationText({ ...found, reasons: found.reasons.slice(0, 1) }, Date.now())}`);
    } catch (error) {
      // The wait itself tells of a server that is gone.
      if (!(error instanceof OctopusError)) throw error;
    } finally {
      if (!isOver) timer = setTimeout(() => void look(), AGAIN_MS).unref();
    }
  };
  let timer = setTimeout(() => void look(), patienceMs).unref();
  return {
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
