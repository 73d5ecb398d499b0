/**
 * Lines of a file that start tasks: how many a second, each durable, against the same tasks submitted in bulk; and lines that
 * go together.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../src/base/words.ts";
import { openEngine } from "../../src/root/embedded.ts";
import { parseTask } from "../../src/protocol/task-fast.ts";
import type { TriggerConfig } from "../../src/triggers/settings.ts";
import { Triggers } from "../../src/triggers/triggers.ts";
import { type Case, type CaseContext, scaled } from "../harness/case.ts";
import { waitFor } from "../harness/wait.ts";

const NOTHING: TriggerConfig = {
  ...{ webhook: null, watch: null, stream: null, secret: null, when: null, task: null },
  ...{ workflow: null, params: null, arm: null, rate: { limit: 1, perMs: 1, burst: 1 } },
};
const STEP = 512;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export const triggers: Case = {
  name: "triggers",
  title: "lines of a file that start tasks",
  async run(context) {
    const lines = scaled(context, 100_000);
    const bodies = Array.from({ length: lines }, (_, n) => ({ n, level: "info", message: `user ${n} logged in` }));
    const file = join(context.folder, "app.log");
    writeFileSync(file, bodies.map((body) => `${JSON.stringify(body)}\n`).join(""));
    const bulk = await submitAll(context, bodies);
    const each = await stream(context, "each", { file, format: "json", from: "start" }, lines);
    const together = { file, format: "json", from: "start", batch: { max: 100, wait: "100ms" } };
    const batched = await stream(context, "together", together, lines / 100);
    return {
      figures: [
        { name: "lines, a task each", value: Math.round(lines / each), unit: "/s" },
        { name: "lines, 100 together", value: Math.round(lines / batched), unit: "/s" },
        { name: "the same tasks submitted in bulk", value: Math.round(lines / bulk), unit: "/s" },
      ],
      notes: ["from the opening of the trigger until the last task is durable; no worker"],
    };
  },
};

/** Seconds until all were started. */
async function stream({ folder }: CaseContext, name: string, source: Json, count: number): Promise<number> {
  const { engine, close } = openEngine({ dataDir: join(folder, name) });
  const task = { call: "ingest", input: "${{ event.body }}" };
  const begun = performance.now();
  const opened = await Triggers.open({
    config: { lines: { ...NOTHING, stream: source, task } },
    ...{ engine, dir: join(folder, `${name}-state`), log: silent, isLocal: true },
  });
  await waitFor("the last line", () => (opened.show("lines").counts.started >= count ? true : undefined));
  const seconds = (performance.now() - begun) / 1000;
  await opened.close();
  await close();
  return seconds;
}

async function submitAll({ folder }: CaseContext, bodies: readonly Json[]): Promise<number> {
  const { engine, close } = openEngine({ dataDir: join(folder, "bulk") });
  const begun = performance.now();
  for (let from = 0; from < bodies.length; from += STEP) {
    const specs = bodies.slice(from, from + STEP).map((input, n) => {
      return parseTask({ id: `bulk:${from + n}`, call: "ingest", arm: "streams", input });
    });
    await engine.submit(specs);
  }
  const seconds = (performance.now() - begun) / 1000;
  await close();
  return seconds;
}
