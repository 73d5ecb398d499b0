/**
 * The world around each example: the servers that it asks, the person who agrees, what it is run with, and what it is to leave.
 * Everything is real: processes, sockets, files. One world serves one run.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { EmbeddedOctopus } from "../../src/octopus.ts";
import { Octopus } from "../../src/mod.ts";
import type { Executor, Json, RunState } from "../../src/base/words.ts";
import type { TaskView } from "../../src/protocol/views.ts";
import type { RunDetail } from "../../src/protocol/run-views.ts";
import type { AnyTask } from "../../src/sdk/octopus-base.ts";
import type { BuiltWorkflow } from "../../src/sdk/workflow-builder.ts";
import type { RegisteredFunction } from "../../src/worker/functions.ts";

export const examples = join(import.meta.dirname, "..", "..", "examples");

/** Every example, by the name of its folder. */
export const EXAMPLES = readdirSync(examples).filter((name) =>
  ["workflow.yaml", "workflow.ts"].some((file) => existsSync(join(examples, name, file))),
);

/** Longest time of a run; each takes about a second where nothing else goes on. */
const RUN_MS_MAX = 60_000;

// The commands of the examples call `node`.
process.env["PATH"] = `${dirname(process.execPath)}:${process.env["PATH"]}`;
// Tests that an example runs are its own, and no part of these.
delete process.env["NODE_TEST_CONTEXT"];

export interface World extends AsyncDisposable {
  params?: Record<string, Json>;
  /** What somebody does while the run goes on. */
  meanwhile?(octopus: EmbeddedOctopus, run: string): Promise<unknown>;
  /** How the run is to end; `succeeded` when nothing is said. */
  state?: RunState;
  /** What the world must have seen. */
  check?(run: RunDetail): Promise<void> | void;
}

/** A small server beside an example: a process that prints its address first, and what it sees after that. */
class Demo implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly lines: string[] = [];
  url = "";

  constructor(file: string) {
    this.#process = spawn(process.execPath, [file, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  }

  static async start(...path: string[]): Promise<Demo> {
    const demo = new Demo(join(examples, ...path));
    const lines = createInterface({ input: demo.#process.stdout! });
    lines.on("line", (line) => demo.lines.push(line));
    await once(lines, "line");
    demo.url = demo.lines.shift()!;
    return demo;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGTERM");
    await once(this.#process, "exit");
  }
}

const nothing = (): Promise<World> => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() });

/** Of those examples that need one. */
const WORLDS: Record<string, () => Promise<World>> = {
  async "website-check"() {
    const demo = await Demo.start("website-check", "demo-sites.ts");
    return {
      params: { base: demo.url, alert: `${demo.url}/alert` },
      state: "partial",
      async check(run) {
        assert.deepEqual(run.result, { down: ["blog", "forum"], told: true });
        const alerts = (await (await fetch(`${demo.url}/alerts`)).json()) as Json;
        const faults = ['blog: does not say "Posts"', "forum: 404"];
        assert.deepEqual(alerts, [{ text: "2 of 4 sites are down", faults, run: run.id }]);
      },
      [Symbol.asyncDispose]: () => demo[Symbol.asyncDispose](),
    };
  },

  async export() {
    const demo = await Demo.start("export", "demo-service.ts");
    return {
      params: { service: demo.url },
      async check(run) {
        assert.deepEqual(run.result, { orders: 44, amount: 3961.75 });
        const gone = await fetch(`${demo.url}/exports/0`);
        assert.equal(gone.status, 404, "nothing is left behind at the service");
      },
      [Symbol.asyncDispose]: () => demo[Symbol.asyncDispose](),
    };
  },

  async "mail-report"() {
    const demo = await Demo.start("mail-report", "demo-mailbox.ts");
    return {
      params: { smtp_port: Number(new URL(demo.url).port) },
      check() {
        assert.equal(demo.lines.length, 1);
        const mail = JSON.parse(demo.lines[0]!) as {
          from: string;
          to: string[];
          headers: Record<string, string>;
          text: string;
        };
        assert.deepEqual([mail.from, mail.to], ["octopus@example.org", ["boss@example.org"]]);
        assert.equal(mail.headers["Subject"], "Sales until 2026-11-20");
        assert.equal(mail.text.trimEnd(), expected("mail-report").trimEnd());
      },
      [Symbol.asyncDispose]: () => demo[Symbol.asyncDispose](),
    };
  },

  async deploy() {
    return { ...(await nothing()), meanwhile: (octopus, run) => decide(octopus, run, true) };
  },
};

export function worldOf(name: string): Promise<World> {
  return (WORLDS[name] ?? nothing)();
}

/** Approves or rejects the task of the run that waits for a person, once it does. */
export async function decide(octopus: EmbeddedOctopus, run: string, approve: boolean): Promise<void> {
  const waiting = (): string | undefined =>
    octopus.tasks({ run, awaiting: "approval" }).items.find(({ approval }) => approval?.state === "waiting")?.id;
  let id = waiting();
  if (id === undefined) {
    const { promise, resolve } = Promise.withResolvers<string>();
    const stop = octopus.subscribe(() => {
      const found = waiting();
      if (found !== undefined) resolve(found);
    });
    id = waiting() ?? (await promise);
    stop();
  }
  await octopus.engine.approveTask(id, approve, { by: "ann", note: "looked at it" });
}

interface Definition {
  text: string;
  source: string;
  functions: Record<string, RegisteredFunction>;
  tasks: readonly AnyTask[];
}

/** What an example is made of. */
export async function definitionOf(name: string): Promise<Definition> {
  const folder = join(examples, name);
  const built = join(folder, "workflow.ts");
  if (existsSync(built)) {
    const module = (await import(built)) as { tasks: AnyTask[] } & Record<string, BuiltWorkflow>;
    return { text: module[name]!.toText(), source: "workflow.json", functions: {}, tasks: module.tasks };
  }
  const functions = join(folder, "functions.ts");
  return {
    text: readFileSync(join(folder, "workflow.yaml"), "utf8"),
    source: "workflow.yaml",
    functions: existsSync(functions) ? { ...((await import(functions)) as Record<string, RegisteredFunction>) } : {},
    tasks: [],
  };
}

/** The report that a run of the example leaves. */
export function expected(name: string, file = "report.txt"): string {
  return readFileSync(join(examples, name, "expected", file), "utf8");
}

export interface RunExample {
  /** Folder for the database and all that the example writes. */
  place: string;
  executor?: Executor;
  slots?: number;
  params?: Record<string, Json>;
  meanwhile?: World["meanwhile"] | undefined;
}

/** Runs an example to its end on a data directory of its own; answers the run and the report that it left. */
export async function runExample(
  name: string,
  how: RunExample,
): Promise<{ run: RunDetail; tasks: TaskView[]; report: string; folder: string }> {
  const { text, source, functions, tasks: typed } = await definitionOf(name);
  const work = join(how.place, "work");
  await using octopus = await Octopus.open({
    dataDir: join(how.place, "data"),
    functions,
    tasks: typed,
    slots: how.slots ?? 4,
  });
  const handle = await octopus.run(text, {
    source,
    cwd: join(examples, name),
    params: { work, ...how.params },
    ...(how.executor !== undefined && { executor: how.executor }),
  });
  await how.meanwhile?.(octopus, handle.id);
  const run = await handle.wait(RUN_MS_MAX);
  const folder = join(work, run.id);
  const file = join(folder, "report.txt");
  // With members of lists, which the run itself does not show.
  const tasks = octopus.tasks({ run: run.id, limit: 1000 }).items;
  return { run, tasks, folder, report: existsSync(file) ? readFileSync(file, "utf8") : "" };
}
