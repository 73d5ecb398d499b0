/**
 * Output of attempts on a stream of its own, of which the oldest goes by age and size.
 *
 * NO1  A message is published until it is there (`output-queue.ts` gives one after the other), and one that was published twice
 *      is there once (`Nats-Msg-Id`).
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { LogChunk } from "../../protocol/link.ts";
import { OutputQueue } from "../output-queue.ts";
import type { OutputStream } from "../ports.ts";
import type { NatsLink } from "./link.ts";
import { type Pulled, pull } from "./pull.ts";
import { type StreamInfo, streamInfo } from "./streams.ts";
import { natsError } from "./words.ts";

const PACK_BYTES_MIN = 4096;
const AGAIN_MS = 200;
const FOLLOW_AGAIN_MS = 1000;
/** The first byte of a zstd frame; JSON never begins with it. */
const ZSTD_BYTE = 0x28;

/** The stream is not the one that was read before: its numbers begin anew. */
class OtherStreamError extends Error {
  override name = "OtherStreamError";
}

type Listener = (chunks: readonly LogChunk[], position: string) => void;

export class NatsOutput implements OutputStream {
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #subject: string;
  readonly #warn: (words: string) => void;
  readonly #queue: OutputQueue;

  constructor(link: NatsLink, { config }: StreamInfo, warn: (words: string) => void) {
    this.#link = link;
    this.#stream = config.name;
    this.#subject = config.subjects[0]!;
    this.#warn = warn;
    this.#queue = new OutputQueue({
      send: (message) => this.#send(message),
      isClosed: () => link.isClosed,
      lost: (pieces) => warn(`${pieces} pieces of output were lost while NATS took none`),
    });
  }

  publish(chunks: readonly LogChunk[]): void {
    this.#queue.publish(chunks);
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  follow(position: string | undefined, listener: (chunks: readonly LogChunk[], position: string) => void): () => void {
    const stopping = new AbortController();
    void this.#follow(position, stopping.signal, listener);
    return () => stopping.abort();
  }

  async #send(text: string): Promise<void> {
    const plain = Buffer.from(text);
    const bytes = plain.length > PACK_BYTES_MIN ? zstdCompressSync(plain) : plain;
    const head = { "Nats-Msg-Id": randomUUID() };
    while (!this.#link.isClosed) {
      try {
        return void (await this.#link.store(this.#subject, bytes, head));
      } catch (error) {
        const { retryable, message } = natsError(error, "keep output");
        if (!retryable) return this.#warn(`output is lost: ${message}`);
        await delay(AGAIN_MS);
      }
    }
  }

  async #follow(position: string | undefined, signal: AbortSignal, listener: Listener): Promise<void> {
    let place = parsedPosition(position);
    while (!signal.aborted && !this.#link.isClosed) {
      try {
        const made = (await this.#info()).made;
        if (made !== place.made) place = { made, seq: 0 };
        const check = async (from: number): Promise<void> => {
          const now = await this.#info();
          if (now.made !== made || now.last < from - 1) throw new OtherStreamError();
        };
        const wish = { stream: this.#stream, from: place.seq + 1, signal, check, isPatient: true };
        for await (const some of pull(this.#link, wish)) {
          if (signal.aborted) return;
          tell(some, made, listener);
          place.seq = some.at(-1)!.seq;
        }
      } catch (error) {
        // Its end went back, or it is another one: from the first that is there.
        if (error instanceof OtherStreamError) place = { made: "", seq: 0 };
        else if (!signal.aborted) this.#warn(`output is not followed: ${natsError(error, "read output").message}`);
      }
      await delay(FOLLOW_AGAIN_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #info(): Promise<{ made: string; last: number }> {
    const info = await streamInfo(this.#link, this.#stream);
    if (info === undefined) throw new OtherStreamError();
    return { made: Date.parse(info.created).toString(36), last: info.state.last_seq };
  }
}

function parsedPosition(position: string | undefined): { made: string; seq: number } {
  const [made = "", seq = "0"] = position?.split("-") ?? [];
  return { made, seq: Number(seq) || 0 };
}

function tell(messages: readonly Pulled[], made: string, listener: Listener): void {
  for (const one of messages) {
    const chunks = chunksOf(one);
    if (chunks.length > 0) listener(chunks, `${made}-${one.seq}`);
  }
}

/** What is no output is passed over. */
function chunksOf({ data }: Pulled): LogChunk[] {
  try {
    const plain = data[0] === ZSTD_BYTE ? zstdDecompressSync(data) : data;
    const chunks = JSON.parse(new TextDecoder().decode(plain)) as unknown;
    return Array.isArray(chunks) ? (chunks as LogChunk[]) : [];
  } catch {
    return [];
  }
}
