/**
 * Calls of plugins in warm processes: as durable tasks through `octopus server` and `octopus worker`, and through the worker's
 * executor alone; and the first call of a plugin, which starts the process.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { PluginCopy } from "../../src/protocol/plugin.ts";
import type { Executor } from "../../src/worker/executor.ts";
import { makePlugin } from "../../src/worker/executors/plugin.ts";
import { testPlace } from "../../src/worker/executors/testing.ts";
import { atLeast, type Case, type CaseContext, type Figure, scaled } from "../harness/case.ts";
import { durableRate } from "../harness/durable.ts";
import { ARM } from "../harness/octopus.ts";
import { median, perSecond } from "../harness/statistics.ts";

const SLOTS = 50;
const COLD_STARTS = 5;

interface Language {
  name: string;
  file: string;
  language: PluginCopy["language"];
  code: string;
  calls: number;
  target: number;
  /** The interpreter without anything to do. */
  bare: [string, string[]];
}

const LANGUAGES: readonly Language[] = [
  {
    name: "Python",
    file: "calls.py",
    language: "python",
    code: `def main(*args, **kwargs):
    return {"status": "success", "data": list(args)}


def prints(*args):
    print("called with", *args)
`,
    calls: 20_000,
    target: 3000,
    bare: ["python3", ["-c", ""]],
  },
  {
    name: "TypeScript",
    file: "calls.ts",
    language: "typescript",
    code: `export function main(...args: unknown[]): unknown {
  return { status: "success", data: args.slice(0, -1) };
}

export function prints(...args: unknown[]): void {
  console.log("called with", args[0]);
}
`,
    calls: 60_000,
    target: 20_000,
    bare: [process.execPath, ["-e", ""]],
  },
];

function durable(context: CaseContext, { name, file, code, calls }: Language): Promise<number> {
  return durableRate(context, {
    slots: SLOTS,
    count: scaled(context, calls),
    task: (n) => ({ plugin: { name: "calls", args: [n, "two"] } }),
    prepare: (client) => client.setPlugin("calls", [{ path: file, text: code }]),
    data: `data-${name}`,
  });
}

async function makeExecutor(context: CaseContext, code: string): Promise<Executor> {
  return makePlugin(
    testPlace({
      settings: { name: "bench", slots: SLOTS, dir: context.folder },
      fetch: (_file, target) => Promise.resolve(writeFileSync(target, code)),
    }),
  );
}

let versions = 0;

/** Each has a hash of its own: nothing of it is warm. */
function copyOf({ file, language, code }: Language): PluginCopy {
  const sha256 = createHash("sha256").update(code).digest("hex");
  const hash = createHash("sha256").update(`${++versions} ${sha256}`).digest("hex");
  return { name: "calls", version: versions, hash, language, files: [{ path: file, sha256, bytes: code.length }] };
}

async function call(executor: Executor, plugin: PluginCopy, action: string, task: number): Promise<void> {
  const { signal } = new AbortController();
  const work = { kind: "plugin" as const, plugin: { name: "calls", action, args: [task, "two"] } };
  const assignment = { task, attempt: 1, id: `t${task}`, type: "plugin", arm: ARM, timeoutMs: 0, work, plugin };
  const report = await executor.execute({ assignment, signal, log() {}, progress() {} });
  if (report.outcome !== "succeeded") throw new Error(`a call ended as ${report.outcome}: ${report.error?.message}`);
}

async function alone(executor: Executor, copy: PluginCopy, action: string, count: number): Promise<number> {
  const run = async (all: number): Promise<void> => {
    let left = all;
    const slot = async (): Promise<void> => {
      while (left-- > 0) await call(executor, copy, action, left);
    };
    await Promise.all(Array.from({ length: SLOTS }, slot));
  };
  await run(Math.ceil(count / 5));
  const begun = performance.now();
  await run(count);
  return perSecond(count, performance.now() - begun);
}

async function timed(run: () => Promise<unknown> | void): Promise<number> {
  const begun = performance.now();
  await run();
  return Math.round((performance.now() - begun) * 10) / 10;
}

async function figuresOf(context: CaseContext, language: Language): Promise<Figure[]> {
  const { name, calls, target, code } = language;
  const executor = await makeExecutor(context, code);
  try {
    const copy = copyOf(language);
    const count = scaled(context, calls);
    const quick = await alone(executor, copy, "main", count);
    const printing = await alone(executor, copy, "prints", Math.ceil(count / 10));
    const cold: number[] = [];
    const bare: number[] = [];
    for (let i = 0; i < COLD_STARTS; i++) {
      const other = copyOf(language);
      cold.push(await timed(() => call(executor, other, "main", i)));
      bare.push(await timed(() => void execFileSync(...language.bare)));
    }
    return [
      { name: `${name}, durable`, value: await durable(context, language), unit: "/s", target: atLeast(target) },
      { name: `${name}, executor alone`, value: quick, unit: "/s", target: atLeast(target) },
      { name: `${name} that prints a line, executor alone`, value: printing, unit: "/s" },
      { name: `${name}, first call`, value: median(cold), unit: "ms" },
      { name: `${name}, the bare interpreter`, value: median(bare), unit: "ms" },
    ];
  } finally {
    await executor.close?.();
  }
}

export const pluginCalls: Case = {
  name: "plugin-calls",
  title: "calls of plugins in warm processes",
  async run(context) {
    const figures: Figure[] = [];
    for (const language of LANGUAGES) figures.push(...(await figuresOf(context, language)));
    return { figures, notes: [`${SLOTS} slots, one worker process`, `first call: median of ${COLD_STARTS}`] };
  },
};
