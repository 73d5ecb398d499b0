/** Small values of the cluster: keys of the bucket below `values.`, one level of the name after the other. */
import { setTimeout as delay } from "node:timers/promises";
import type { SharedValues } from "../ports.ts";
import { type Stored, forEachOf, newestOf, subjectsOf } from "./bucket.ts";
import type { NatsLink } from "./link.ts";
import { type NatsNames, tokens, untokens } from "./settings.ts";
import { JS, isNobody, natsError, refusalOf } from "./words.ts";

const AGAIN_MS = 100;
const TRIES_MAX = 20;

export class NatsValues implements SharedValues {
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #root: string;

  constructor(link: NatsLink, names: NatsNames) {
    this.#link = link;
    this.#stream = names.kvStream;
    this.#root = names.key("values");
  }

  get(name: string): Promise<string | undefined> {
    return this.#does(`read the value ${name}`, async () => textOf(await this.#newest(name)));
  }

  createOnce(name: string, value: string): Promise<string> {
    return this.#does(`keep the value ${name}`, async () => {
      let seen = 0;
      for (;;) {
        try {
          const head = { "Nats-Expected-Last-Subject-Sequence": String(seen) };
          await this.#link.store(this.#subject(name), bytesOf(value), head);
          return value;
        } catch (error) {
          const code = refusalOf(error)?.code;
          if (code !== JS.wrongLast && code !== JS.wrongLastUnknown) throw error;
          const there = await this.#newest(name);
          const text = textOf(there);
          if (text !== undefined) return text;
          // It was removed: what stands for that is replaced.
          seen = there?.seq ?? 0;
        }
      }
    });
  }

  async set(name: string, value: string): Promise<void> {
    await this.#does(`set the value ${name}`, () => this.#link.store(this.#subject(name), bytesOf(value)));
  }

  async remove(name: string): Promise<void> {
    await this.#does(`remove the value ${name}`, async () => {
      if (textOf(await this.#newest(name)) === undefined) return;
      await this.#link.store(this.#subject(name), new Uint8Array(), { "KV-Operation": "DEL" });
    });
  }

  list(prefix: string): Promise<{ name: string; value: string }[]> {
    return this.#does(`list the values ${prefix}`, async () => {
      const levels = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      const filter = levels === "" ? this.#root : `${this.#root}.${tokens(levels.slice(0, -1))}`;
      const subjects = await subjectsOf(this.#link, this.#stream, `${filter}.>`);
      const names = subjects.map((subject) => untokens(subject.slice(this.#root.length + 1)));
      const wanted = names.filter((name) => name.startsWith(prefix)).toSorted();
      const values = await forEachOf(wanted, async (name) => ({ name, value: textOf(await this.#newest(name)) }));
      return values.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
    });
  }

  #subject(name: string): string {
    return `${this.#root}.${tokens(name)}`;
  }

  #newest(name: string): Promise<Stored | undefined> {
    return newestOf(this.#link, this.#stream, this.#subject(name));
  }

  /** All of these may be done again: a moment without a leader is waited for. */
  async #does<T>(doing: string, act: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await act();
      } catch (error) {
        if (!isNobody(error) || tries >= TRIES_MAX) throw natsError(error, doing);
        await delay(AGAIN_MS);
      }
    }
  }
}

function bytesOf(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function textOf(found: Stored | undefined): string | undefined {
  return found === undefined || found.isGone ? undefined : found.data.toString("utf8");
}
