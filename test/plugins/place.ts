/** An Octopus with the plugins that come with it as adapters, and what is needed to call them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { Json } from "../../src/base/words.ts";
import { type AdapterSettings, Octopus } from "../../src/mod.ts";

const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.toReversed()) await end();
});

/** Is done when all tests of the file have ended; a hook in a hook would run at the end of that. */
export function atEnd(end: () => unknown): void {
  ends.push(end);
}

export interface Ended {
  state: string;
  result: unknown;
  error: string;
  log: string;
}

export interface Place {
  octopus: Octopus;
  dir: string;
  /** Calls an action of the adapter, from a function. */
  call(adapter: string, action: string, ...values: Json[]): Promise<Ended>;
  /** Runs the plugin as a task of its own. */
  task(name: string, action: string, kwargs: Record<string, Json>): Promise<Ended>;
}

export async function openPlace(adapters: Record<string, AdapterSettings>): Promise<Place> {
  const dir = mkdtempSync(join(tmpdir(), "octopus-shipped-"));
  const octopus = await Octopus.open({
    dataDir: join(dir, "data"),
    adapters,
    functions: {
      adapt: async (input: { adapter: string; action: string; values: Json[] }, context) =>
        context.adapters[input.adapter][input.action](...input.values),
    },
  });
  atEnd(async () => {
    await octopus.close(0);
    rmSync(dir, { recursive: true, force: true });
  });
  const ended = async (work: Parameters<Octopus["submit"]>[0]): Promise<Ended> => {
    const task = await octopus.submit({ timeout: "30s", ...work });
    const { state, attempts } = await task.wait(60_000);
    const text = octopus.engine.resultText(task.id);
    const log = octopus.engine.logs(task.id, {})!.map((line) => line.text);
    const error = attempts.at(-1)?.error?.message ?? "";
    return { state, result: text === undefined ? undefined : (JSON.parse(text) as unknown), error, log: log.join("") };
  };
  return {
    octopus,
    dir,
    call: (adapter, action, ...values) => ended({ call: "adapt", input: { adapter, action, values } }),
    task: (name, action, kwargs) => ended({ plugin: { name, action, kwargs } }),
  };
}
