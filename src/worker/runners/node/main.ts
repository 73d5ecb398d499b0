/**
 * Runs the actions of one plugin in JavaScript or TypeScript for a worker, one call after the other, for as long as the worker
 * wants. Started by the worker alone.
 *
 * NR1  An answer is written before the next call begins, and a call begins only when what the one before it wrote has been read.
 * NR2  What a plugin throws where nobody catches it ends the call that runs, and this process after it: its state is in doubt.
 */
import type { Json } from "../../../base/words.ts";
import { keepCompiled } from "../../compile-cache.ts";
import { type CallMessage, LOOK_MS, type Question, type ToRunner } from "../messages.ts";
import { Channel } from "./channel.ts";
import { PluginContext } from "./context.ts";
import { Plugin, type RunnerSettings } from "./plugin.ts";
import { beginTraces, endTraces, watchOutput } from "./traces.ts";

const RESULT_CHARS_MAX = 16 * 1024 * 1024;

interface Running {
  call: CallMessage;
  context: PluginContext;
  begun: number;
  cpu: NodeJS.CpuUsage;
  isOver: boolean;
}

class Runner {
  readonly #plugin: Plugin;
  readonly #channel: Channel;
  readonly #inbox: CallMessage[] = [];
  readonly #answers = new Map<number, (message: Extract<ToRunner, { t: "answer" }>) => void>();
  readonly #cwd = process.cwd();
  #asked = 0;
  #isHeld = false;
  #isServing = false;
  /** It runs nothing more. */
  #isRetired = false;
  #lookedAt = 0;
  #going: (() => void) | undefined;
  #running: Running | undefined;
  #env: string[] = [];
  /** Of a call that had not begun when it came. */
  #stopped: Extract<ToRunner, { t: "stop" }> | undefined;

  constructor(settings: RunnerSettings) {
    this.#plugin = new Plugin(settings);
    this.#channel = new Channel(
      settings,
      (message) => this.#receive(message),
      () => this.#wake(),
    );
    const { pid, version, execPath } = process;
    this.#channel.send({ t: "ready", pid, version: version.slice(1), program: execPath });
  }

  /** Something was thrown, or rejected, that nobody waits for. */
  async uncaught(error: unknown): Promise<void> {
    const running = this.#running;
    // Of no call: the next one shall not suffer from it. The worker starts another process.
    if (running === undefined || running.isOver) {
      this.#channel.send({ t: "bye" });
      process.exit(1);
    }
    await this.#fail(running, error, true);
  }

  #receive(message: ToRunner): void {
    switch (message.t) {
      case "call":
        this.#inbox.push(message);
        return;
      case "hold":
        this.#isHeld = true;
        return;
      case "go":
        return this.#going?.();
      case "stop":
        if (this.#running?.call.n === message.n) this.#running.context.stop(message.reason);
        else this.#stopped = message;
        return;
      case "answer": {
        const answer = this.#answers.get(message.id);
        this.#answers.delete(message.id);
        return answer?.(message);
      }
    }
  }

  #wake(): void {
    if (this.#isServing) return;
    this.#lookedAt = performance.now();
    void this.#serve();
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    while (this.#inbox.length > 0 || this.#isHeld) {
      if (performance.now() - this.#lookedAt >= LOOK_MS) {
        await turn();
        this.#lookedAt = performance.now();
      }
      if (this.#isHeld) {
        this.#isHeld = false;
        this.#inbox.length = 0;
        this.#channel.send({ t: "held" });
        continue;
      }
      const waits = this.#begin(this.#inbox.shift()!);
      if (waits !== undefined) await waits;
    }
    this.#isServing = false;
  }

  /** Runs the call; answers undefined when it is over already. */
  #begin(call: CallMessage): Promise<void> | undefined {
    this.#prepare(call);
    beginTraces();
    const context = new PluginContext(
      (message) => this.#channel.send(message),
      (question) => this.#ask(question),
      this.#plugin.settings.sendsFiles === true,
      call,
    );
    const running: Running = { call, context, begun: performance.now(), cpu: process.cpuUsage(), isOver: false };
    this.#running = running;
    if (this.#stopped?.n === call.n) context.stop(this.#stopped.reason);
    const action = this.#plugin.find(call.action);
    if (action === undefined) return this.#loadAndRun(running);
    let value: unknown;
    try {
      value = action(...argumentsOf(running));
    } catch (error) {
      return this.#fail(running, error);
    }
    if (isThenable(value)) return this.#await(running, value);
    return this.#succeed(running, value);
  }

  async #loadAndRun(running: Running): Promise<void> {
    try {
      const action = await this.#plugin.load(running.call.action);
      await this.#await(running, action(...argumentsOf(running)));
    } catch (error) {
      // A module that failed once fails always in this process.
      await this.#fail(running, error, !this.#plugin.isLoaded);
    }
  }

  async #await(running: Running, value: unknown): Promise<void> {
    let settled: unknown;
    try {
      settled = await value;
      if (isGenerator(settled)) settled = await collect(settled);
    } catch (error) {
      return this.#fail(running, error);
    }
    await this.#succeed(running, settled);
  }

  #succeed(running: Running, value: unknown): Promise<void> | undefined {
    let text: string | undefined;
    try {
      if (isGenerator(value)) return this.#await(running, value);
      text = encode(value);
    } catch (error) {
      return this.#fail(running, error);
    }
    return this.#answer(running, text === undefined ? "" : `,"value":${text}`);
  }

  async #fail(running: Running, thrown: unknown, shallRetire = false): Promise<void> {
    const { describe } = await import("./describe-error.ts");
    const error = JSON.stringify(describe(thrown, this.#plugin));
    this.#isRetired ||= shallRetire;
    await this.#answer(running, `,"error":${error}`);
  }

  #answer(running: Running, rest: string): Promise<void> | undefined {
    if (running.isOver) return undefined;
    running.isOver = true;
    const ms = (performance.now() - running.begun).toFixed(3);
    const { user, system } = process.cpuUsage(running.cpu);
    const { isDirty, hasLeft, isSpoiled } = endTraces();
    this.#isRetired ||= isSpoiled;
    const stopped = running.context.isStopped ? ',"stopped":1' : "";
    const traces = `${isDirty ? ',"dirty":1' : ""}${hasLeft ? ',"left":1' : ""}${this.#isRetired ? ',"retire":1' : ""}`;
    const head = `{"t":"done","n":${running.call.n},"ms":${ms},"cpu":${(user + system) / 1000}`;
    this.#channel.sendText(`${head}${stopped}${traces}${rest}}`);
    this.#running = undefined;
    // Until the worker lets it end: the calls that wait here are run elsewhere.
    if (this.#isRetired) return new Promise(() => undefined);
    if (!isDirty && !hasLeft) return undefined;
    return new Promise((resolve) => (this.#going = resolve));
  }

  #prepare({ env = {} }: CallMessage): void {
    for (const name of this.#env) if (!(name in env)) delete process.env[name];
    this.#env = Object.keys(env);
    for (const name of this.#env) process.env[name] = env[name];
    if (process.cwd() !== this.#cwd) process.chdir(this.#cwd);
  }

  #ask(question: Question): Promise<Json | undefined> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ value, error }) => {
        if (error === undefined) resolve(value);
        else reject(new Error(error));
      });
      this.#channel.send({ t: "ask", id, ...question });
    });
  }
}

/** Values in order, then those with names as one object, then the context. */
function argumentsOf({ call: { args, kwargs }, context }: Running): unknown[] {
  const values: unknown[] = args ?? [];
  if (kwargs !== undefined && Object.keys(kwargs).length > 0) values.push(kwargs);
  values.push(context);
  return values;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

type Generated = Iterable<unknown> | AsyncIterable<unknown>;

/** What a generator function returns, and not every list. */
function isGenerator(value: unknown): value is Generated {
  if (typeof value !== "object" || value === null) return false;
  const kind = Object.prototype.toString.call(value);
  return kind === "[object Generator]" || kind === "[object AsyncGenerator]";
}

async function collect(values: Generated): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values) all.push(value);
  return all;
}

function encode(value: unknown): string | undefined {
  let text: string | undefined;
  try {
    if (typeof value === "function" || typeof value === "symbol") throw new TypeError(`it is a ${typeof value}`);
    text = JSON.stringify(value);
  } catch (error) {
    throw notJson(`it returned what JSON cannot carry: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (text === undefined || text.length <= RESULT_CHARS_MAX) return text;
  const size = Math.round(text.length / 1024 / 1024);
  throw notJson(
    `it returned ${size} MiB, and a result may have 16 MiB: keep it as a file with context.artifact(path, content), and return what it is`,
  );
}

function notJson(message: string): Error {
  return Object.assign(new Error(message), { name: "NotJson" });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Warnings that only say how the plugin was read. */
const OF_READING = new Set(["MODULE_TYPELESS_PACKAGE_JSON"]);

keepCompiled();
const settings = JSON.parse(process.argv[2]!) as RunnerSettings;
process.argv.splice(2);
watchOutput();
process.removeAllListeners("warning");
process.on("warning", (warning: Error & { code?: string }) => {
  if (!OF_READING.has(warning.code ?? "") && warning.name !== "ExperimentalWarning")
    process.stderr.write(`${warning.stack ?? warning.message}\n`);
});
// The worker decides when a call has to end: it says so, and kills what does not listen.
process.on("SIGTERM", () => undefined);
const runner = new Runner(settings);
process.on("uncaughtException", (error) => void runner.uncaught(error));
