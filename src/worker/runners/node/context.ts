/** What an action gets as its last argument: the task, and ways to say something of it. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Json } from "../../../base/words.ts";
import type { FromRunner, Question, TaskSaid } from "../messages.ts";

/** What asks the worker something on behalf of the plugin. */
export type Ask = (question: Question) => Promise<Json | undefined>;

/** Calls an action of an adapter: values in order, or one object of values by name. */
type AdapterAction = (...args: Json[]) => Promise<Json | undefined>;

export class PluginContext {
  readonly #send: (message: FromRunner) => void;
  readonly #ask: Ask;
  readonly #sendsFiles: boolean;
  #controller: AbortController | undefined;
  #stopped: string | undefined;
  /** The task that it runs for. */
  readonly task: TaskSaid | undefined;
  /** Folder with the files of other tasks that its task asked for; undefined without them. */
  readonly inputs: string | undefined;
  /** Settings of the adapter, when it is called as one. */
  readonly config: Record<string, unknown> | undefined;

  constructor(
    send: (message: FromRunner) => void,
    ask: Ask,
    sendsFiles: boolean,
    said: { task?: TaskSaid | undefined; inputs?: string | undefined; config?: Record<string, unknown> | undefined },
  ) {
    this.#send = send;
    this.#ask = ask;
    this.#sendsFiles = sendsFiles;
    this.task = said.task;
    this.inputs = said.inputs;
    this.config = said.config;
  }

  /** Aborts when the attempt must stop: cancelled, timed out, or its worker is stopping. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#stopped !== undefined) this.#controller.abort(this.#stopped);
    return this.#controller.signal;
  }

  /** Whether it was told to stop. */
  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** Adds a line to the attempt's log. */
  // oxlint-disable-next-line no-unnecessary-type-conversion -- plugins in JavaScript pass anything
  log = (text: string): void => this.#send({ t: "log", text: String(text) });

  /** Says how far it is: 0 to 1. */
  progress = (value: number, message?: string): void => {
    if (!Number.isFinite(value)) throw new TypeError(`progress takes a number from 0 to 1, not ${String(value)}`);
    // oxlint-disable-next-line no-unnecessary-type-conversion -- plugins in JavaScript pass anything
    this.#send({ t: "progress", value, ...(message !== undefined && { message: String(message) }) });
  };

  /** Keeps a file with the attempt: text, bytes, or a file of this machine. Resolves when the server has it. */
  artifact = async (path: string, content: string | Uint8Array | { readonly file: string }): Promise<void> => {
    // oxlint-disable-next-line no-unnecessary-type-conversion -- plugins in JavaScript pass anything
    const question: Question = { what: "artifact", path: String(path) };
    if (typeof content === "string") question.text = content;
    else if (ArrayBuffer.isView(content)) {
      question.base64 = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64");
    } else if (this.#sendsFiles) question.base64 = await contentOf(content.file);
    else question.file = resolve(content.file);
    await this.#ask(question);
  };

  /** The adapters that the deployment has configured: `await context.adapters.alerts.send({ text: "hello" })`. */
  get adapters(): Record<string, Record<string, AdapterAction>> {
    return named((name) =>
      named((action): AdapterAction => async (...args) => {
        const last = args.at(-1);
        const isNamed = args.length === 1 && typeof last === "object" && last !== null && !Array.isArray(last);
        const values = isNamed ? { kwargs: last } : { args };
        return this.#ask({ what: "adapter", name, action, ...values });
      }),
    );
  }

  /** The worker wants it to end. */
  stop(reason: string): void {
    this.#stopped = reason;
    this.#controller?.abort(reason);
  }
}

const SENT_BYTES_MAX = 32 * 1024 * 1024;

async function contentOf(file: string): Promise<string> {
  const content = await readFile(file);
  if (content.length <= SENT_BYTES_MAX) return content.toString("base64");
  throw new Error(`${file} has more than 32 MiB: a plugin in a sandbox can keep no larger files`);
}

/** An object that has whatever name is asked for; `then` is nobody's name, or it could not be awaited. */
function named<T>(make: (name: string) => T): Record<string, T> {
  return new Proxy<Record<string, T>>(
    {},
    {
      get: (_target, name) => (typeof name === "string" && name !== "then" ? make(name) : undefined) as T,
    },
  );
}
