/**
 * Compiles large workflows in a thread of their own: reading ten megabytes takes a second, in which nothing else would be
 * answered. The thread starts with the first of them and ends when it has had nothing to do for a while.
 */
import { Worker } from "node:worker_threads";
import { type ErrorCode, type Issue, OctopusError } from "../base/errors.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import type { CompileOptions } from "../workflow/mod.ts";

/** Texts of at least so many characters are compiled apart; less takes no longer than starting a thread. */
export const APART_MIN = 256 * 1024;

const IDLE_MS = 30_000;

/** What the thread is asked. */
export type Ask =
  | { type: "compile"; id: number; definition: string; options: CompileOptions }
  | { type: "more"; id: number };

/** What it answers. */
export type Tell =
  | { type: "begun"; id: number; run: Omit<RunSpec, "tasks"> }
  | { type: "tasks"; id: number; tasks: TaskSpec[]; last: boolean }
  | { type: "failed"; id: number; code: ErrorCode; message: string; issues: Issue[] };

interface Pending {
  definition: string;
  run: RunSpec | undefined;
  done(run: RunSpec): void;
  failed(error: Error): void;
}

let thread: Worker | undefined;
let idle: NodeJS.Timeout | undefined;
let last = 0;
const pending = new Map<number, Pending>();

/** True for what should not be compiled on a thread that others wait for. */
export function isLarge(definition: string, files: Readonly<Record<string, string>> = {}): boolean {
  let size = definition.length;
  for (const text of Object.values(files)) size += text.length;
  return size >= APART_MIN;
}

export function compileApart(definition: string, options: CompileOptions): Promise<RunSpec> {
  const id = ++last;
  clearTimeout(idle);
  thread ??= start();
  thread.ref();
  thread.postMessage({ type: "compile", id, definition, options } satisfies Ask);
  return new Promise((done, failed) => void pending.set(id, { definition, run: undefined, done, failed }));
}

function start(): Worker {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const made = new Worker(new URL(`./compile-thread.${extension}`, import.meta.url));
  made.on("message", (message: Tell) => hear(made, message));
  made.on("error", (error) => fail(made, error as Error));
  made.on("exit", () => fail(made, new Error("it ended")));
  return made;
}

function hear(from: Worker, message: Tell): void {
  const one = pending.get(message.id);
  if (one === undefined) return;
  if (message.type === "failed") {
    const { code, message: words, issues } = message;
    one.failed(new OctopusError(code, words, { issues }));
    return over(message.id);
  }
  if (message.type === "begun") one.run = { ...message.run, tasks: [], definition: one.definition };
  else {
    for (const task of message.tasks) one.run!.tasks.push(task);
    if (message.last) {
      one.done(one.run!);
      return over(message.id);
    }
  }
  // Whatever else is due comes first.
  setImmediate(() => from.postMessage({ type: "more", id: message.id } satisfies Ask));
}

function over(id: number): void {
  pending.delete(id);
  if (pending.size > 0) return;
  thread?.unref();
  idle = setTimeout(() => {
    const ended = thread;
    thread = undefined;
    void ended?.terminate();
  }, IDLE_MS).unref();
}

/** The thread is gone: out of memory, for one. */
function fail(from: Worker, error: Error): void {
  if (thread !== from) return;
  thread = undefined;
  for (const [id, { failed }] of pending) {
    pending.delete(id);
    failed(new OctopusError("internal", `the workflow could not be compiled: ${error.message}`, { cause: error }));
  }
}
