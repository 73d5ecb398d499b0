/** A worker that does what the test says: it takes attempts, prints, tells progress and ends them. */
import type { LogStream } from "../../base/words.ts";
import type { EngineApi } from "../../engine/api.ts";
import type { Assignment, AttemptReport, FromWorker, ToWorker } from "../../protocol/link.ts";
import { LINK_VERSION } from "../../protocol/link.ts";

export class HandWorker {
  readonly #running = new Map<string, Assignment>();
  readonly #waiting = new Set<() => void>();
  #receive: (messages: FromWorker[]) => void = () => {};
  #results = 0;
  #acknowledged = 0;

  constructor(engine: EngineApi, functions: string[], slots = 4) {
    const session = engine.connectWorker({ send: (messages) => this.#take(messages), close: () => {} });
    this.#receive = session.receive;
    const facts = { name: "hand", instance: "1", slots, holds: [], host: "here", pid: 1, octopus: "test" };
    const abilities = { kinds: ["shell" as const, "http" as const, "call" as const], functions };
    session.receive([{ type: "hello", version: LINK_VERSION, abilities, resources: { cpu: 4000 }, ...facts }]);
  }

  /** Resolves with the attempt once it has been handed over. */
  async starts(id: string, attempt = 1): Promise<Assignment> {
    await this.#until(() => this.#running.get(id)?.attempt === attempt);
    return this.#running.get(id)!;
  }

  print(id: string, text: string | Buffer, stream: LogStream = "stdout"): void {
    const content = typeof text === "string" ? { text } : { base64: text.toString("base64") };
    this.#receive([{ type: "log", chunks: [{ ...this.#ref(id), stream, at: Date.now(), ...content }] }]);
  }

  progress(id: string, value: number, message = ""): void {
    this.#receive([{ type: "progress", ...this.#ref(id), value, message }]);
  }

  /** Ends the attempt; resolves when that is durable. */
  async end(id: string, report: AttemptReport = { outcome: "succeeded" }): Promise<void> {
    const n = ++this.#results;
    this.#receive([{ type: "result", n, ...this.#ref(id), report }]);
    this.#running.delete(id);
    await this.#until(() => this.#acknowledged >= n);
  }

  #ref(id: string): { task: number; attempt: number } {
    const { task, attempt } = this.#running.get(id)!;
    return { task, attempt };
  }

  #take(messages: ToWorker[]): void {
    for (const message of messages) {
      if (message.type === "assign") for (const task of message.tasks) this.#running.set(task.id, task);
      if (message.type === "ack") this.#acknowledged = message.n;
    }
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }
}
