/**
 * A name that two processes want. The one that has it keeps it for as long as it lives; whether it does is asked of it, because
 * a machine that has lost its power or its network says no goodbye, and its lease takes its time.
 */
import type { Hello } from "../../protocol/link.ts";
import type { Session } from "../sessions.ts";

/** Time for an answer to "are you there". */
export const ANSWER_MS = 1500;
/** Every worker gives a sign within a third of its lease, also one whose own code holds its loop; and this much later. */
const SLACK_MS = 1000;

/** Whether it may have gone without a word: it has been silent for longer than one that lives is. */
export function isSuspect(silentMs: number, leaseMs: number): boolean {
  return silentMs > leaseMs / 3 + SLACK_MS;
}

/** What the process is told that wants the name as well. */
export function nameTaken(name: string, holder: Session | undefined): string {
  const who = holder?.hello === undefined ? "" : `: ${whoIs(holder.hello, holder)}`;
  return `a worker named ${name} is connected already${who}; stop it, or choose another --name`;
}

function whoIs({ host, pid }: Pick<Hello, "host" | "pid">, { origin, connectedAt }: Session): string {
  const address = origin.address === undefined ? "" : ` (${origin.address})`;
  return `process ${pid} on ${host}${address}, since ${new Date(connectedAt).toISOString().slice(0, 19)}Z`;
}
