/** The output of attempts as one simulated server reaches it. */
import type { OutputStream } from "../../../src/cluster/ports.ts";
import type { LogChunk } from "../../../src/protocol/link.ts";
import type { Service, Who } from "./service.ts";

/** Chunks that are gone with a break are gone: losing output loses no task. */
export class SimOutput implements OutputStream {
  readonly #service: Service;
  readonly #who: Who;
  readonly #shard: string;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(service: Service, who: Who, shard: string) {
    this.#service = service;
    this.#who = who;
    this.#shard = shard;
  }

  get #kept(): LogChunk[][] {
    const { outputs } = this.#service;
    let kept = outputs.get(this.#shard);
    if (kept === undefined) outputs.set(this.#shard, (kept = []));
    return kept;
  }

  publish(chunks: readonly LogChunk[]): void {
    const copy = JSON.parse(JSON.stringify(chunks)) as LogChunk[];
    this.#sending = Promise.allSettled([
      this.#sending,
      this.#service.call(this.#who, () => {
        this.#kept.push(copy);
        this.#service.log(`${this.#shard}\nout`).changed();
      }),
    ]);
  }

  async flush(): Promise<void> {
    await this.#sending;
  }

  follow(position: string | undefined, listener: (chunks: readonly LogChunk[], position: string) => void): () => void {
    const { world } = this.#service;
    const { server, process } = this.#who;
    let next = position === undefined ? 0 : Number(position);
    let stopped = false;
    let asked = false;
    const look = (): void => {
      if (asked || stopped) return;
      asked = true;
      world.time.after(this.#service.delay(), () =>
        process.enter(() => {
          asked = false;
          while (!stopped && this.#service.reaches(server) && next < this.#kept.length) {
            const chunks = this.#kept[next++]!;
            listener(chunks, String(next));
          }
        }),
      );
    };
    const stops = [this.#service.log(`${this.#shard}\nout`).onChange(look), this.#service.onLink(server, look)];
    look();
    return () => {
      stopped = true;
      for (const stop of stops) stop();
    };
  }
}
