/**
 * Files of the cluster in an object store of NATS, in its own format: other tools read it. An object is a number of chunks below
 * a name drawn for this very content, and then a description that names them.
 *
 * NOB1  The description comes last: without it nothing is there, and whoever reads follows one description to its end. What an
 *       interrupted `put` left is let go of by `sweep`.
 * NOB2  What is read is counted and hashed; where it is not what was put, reading fails instead of ending.
 */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { nuid } from "@nats-io/transport-node";
import { OctopusError } from "../../base/errors.ts";
import type { Objects } from "../ports.ts";
import { forEachOf, newestOf, subjectsOf } from "./bucket.ts";
import { cut } from "./cut.ts";
import type { NatsLink } from "./link.ts";
import { pull } from "./pull.ts";
import type { NatsNames } from "./settings.ts";
import { natsError } from "./words.ts";

const CHUNK_BYTES = 128 * 1024;
const IN_FLIGHT_MAX = 8;
const READ_TRIES_MAX = 5;
const READ_AGAIN_MS = 200;

/** What the format calls the description. */
interface Description {
  name: string;
  nuid: string;
  size: number;
  chunks: number;
  digest: string;
  mtime: string;
  bucket: string;
  deleted?: boolean;
  options?: { max_chunk_size?: number };
}

type Content = Pick<Description, "size" | "chunks" | "digest">;

export class NatsObjects implements Objects {
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #bucket: string;
  /** Ends what is being read when the server stops. */
  readonly #signal: AbortSignal;

  constructor(link: NatsLink, names: NatsNames, signal: AbortSignal) {
    this.#link = link;
    this.#stream = names.objectStream;
    this.#bucket = names.bucket;
    this.#signal = signal;
  }

  async put(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const id = nuid.next();
    const doing = `put the object ${name}`;
    let content: Content;
    try {
      content = await this.#store(this.#chunks(id), chunks);
    } catch (error) {
      await this.#purge(this.#chunks(id)).catch(() => {});
      throw natsError(error, doing);
    }
    // From here on nobody knows whether the description is there when an answer is lost: then the chunks stay.
    const before = await this.#does(doing, () => this.#describe(name));
    await this.#does(doing, () => this.#publish({ name, nuid: id, ...content }));
    if (before !== undefined && before.nuid !== id) await this.#purge(this.#chunks(before.nuid)).catch(() => {});
  }

  async get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const found = await this.#does(`read the object ${name}`, () => this.#describe(name));
    return found && this.#read(found);
  }

  async has(name: string): Promise<boolean> {
    return (await this.#does(`look for the object ${name}`, () => this.#describe(name))) !== undefined;
  }

  list(prefix: string): Promise<{ name: string; bytes: number; at: number }[]> {
    return this.#does(`list the objects ${prefix}`, async () => {
      const subjects = await subjectsOf(this.#link, this.#stream, `$O.${this.#bucket}.M.>`);
      const names = subjects.map(nameOf).filter((name) => name.startsWith(prefix));
      const found = await forEachOf(names.toSorted(), (name) => this.#describe(name));
      return found.flatMap((one) =>
        one === undefined ? [] : [{ name: one.name, bytes: one.size, at: Date.parse(one.mtime) }],
      );
    });
  }

  async remove(name: string): Promise<void> {
    await this.#does(`remove the object ${name}`, async () => {
      const found = await this.#describe(name);
      if (found === undefined) return;
      await this.#purge(this.#description(name));
      await this.#purge(this.#chunks(found.nuid));
    });
  }

  /** Lets go of chunks that no description names, when the newest of them is older than `ageMs`. Answers of how many puts. */
  async sweep(ageMs: number): Promise<number> {
    // The chunks first: what is described after that is not among them, or is found.
    const chunks = await subjectsOf(this.#link, this.#stream, `$O.${this.#bucket}.C.>`);
    const described = await subjectsOf(this.#link, this.#stream, `$O.${this.#bucket}.M.>`);
    const found = await forEachOf(described, (subject) => this.#describe(nameOf(subject)));
    const named = new Set(found.map((one) => one && this.#chunks(one.nuid)));
    const lost = chunks.filter((subject) => !named.has(subject));
    // By the clock that gave the times: with one of its own that is wrong, a server would remove what another one is putting.
    const { ts } = await this.#link.ask<{ ts?: string }>(`STREAM.INFO.${this.#stream}`);
    const now = ts === undefined ? Date.now() : Date.parse(ts);
    const swept = await forEachOf(lost, async (subject) => {
      const newest = await newestOf(this.#link, this.#stream, subject);
      if (newest === undefined || newest.at > now - ageMs) return false;
      await this.#purge(subject);
      return true;
    });
    return swept.filter(Boolean).length;
  }

  get #chunkBytes(): number {
    return Math.min(CHUNK_BYTES, this.#link.payloadMax - 1024);
  }

  /** Some on their way at once. They must arrive in the order in which they were sent: their numbers show it. */
  async #store(subject: string, chunks: AsyncIterable<Uint8Array>): Promise<Content> {
    const hash = createHash("sha256");
    const flying: Promise<number>[] = [];
    let size = 0;
    let count = 0;
    let newest = 0;
    const land = async (): Promise<void> => {
      const seq = await flying.shift()!;
      if (seq <= newest) throw new Error("chunks of an object arrived in another order");
      newest = seq;
    };
    try {
      for await (const chunk of cut(chunks, this.#chunkBytes)) {
        hash.update(chunk);
        size += chunk.length;
        count++;
        flying.push(this.#link.store(subject, chunk));
        if (flying.length >= IN_FLIGHT_MAX) await land();
      }
      while (flying.length > 0) await land();
    } finally {
      await Promise.allSettled(flying);
    }
    return { size, chunks: count, digest: `SHA-256=${padded(hash.digest("base64url"))}` };
  }

  /** Once more when the answer was lost: the same description replaces itself. */
  async #publish(content: Content & { name: string; nuid: string }): Promise<void> {
    const description: Description = {
      ...{ ...content, bucket: this.#bucket, mtime: new Date().toISOString() },
      options: { max_chunk_size: this.#chunkBytes },
    };
    const bytes = new TextEncoder().encode(JSON.stringify(description));
    const publish = () => this.#link.store(this.#description(content.name), bytes, { "Nats-Rollup": "sub" });
    await publish().catch((error: unknown) => (natsError(error, "").retryable ? publish() : Promise.reject(error)));
  }

  async *#read(wanted: Description): AsyncIterable<Uint8Array> {
    const hash = createHash("sha256");
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, this.#signal]);
    const wish = { stream: this.#stream, filter: this.#chunks(wanted.nuid), untilNow: true, signal };
    let count = 0;
    let from = 1;
    try {
      for (let tries = 0; count < wanted.chunks && tries < READ_TRIES_MAX; tries++) {
        for await (const some of pull(this.#link, { ...wish, from })) {
          tries = 0;
          for (const { seq, data } of some) {
            from = seq + 1;
            count++;
            hash.update(data);
            yield data;
          }
        }
        // The replica that gave them may lag behind the one that took them.
        if (count < wanted.chunks) await delay(READ_AGAIN_MS, undefined, { signal });
      }
    } finally {
      ending.abort();
    }
    const digest = `SHA-256=${padded(hash.digest("base64url"))}`;
    if (count === wanted.chunks && digest === wanted.digest) return;
    throw new OctopusError(
      "storage_failed",
      `the object ${wanted.name} is not whole: ${count} of ${wanted.chunks} pieces came, and their content is not what ` +
        `was put. It was replaced or removed meanwhile, or is damaged`,
      { retryable: true },
    );
  }

  async #describe(name: string): Promise<Description | undefined> {
    const found = await newestOf(this.#link, this.#stream, this.#description(name));
    if (found === undefined) return undefined;
    const description = JSON.parse(found.data.toString("utf8")) as Description;
    return description.deleted === true ? undefined : description;
  }

  async #purge(filter: string): Promise<void> {
    await this.#link.ask(`STREAM.PURGE.${this.#stream}`, { filter }, 30_000);
  }

  #chunks(id: string): string {
    return `$O.${this.#bucket}.C.${id}`;
  }

  #description(name: string): string {
    return `$O.${this.#bucket}.M.${padded(Buffer.from(name).toString("base64url"))}`;
  }

  async #does<T>(doing: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw natsError(error, doing);
    }
  }
}

function nameOf(subject: string): string {
  return Buffer.from(subject.slice(subject.lastIndexOf(".") + 1), "base64url").toString("utf8");
}

/** The format pads its base64. */
function padded(text: string): string {
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}
