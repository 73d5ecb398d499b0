/**
 * One worker's session over NATS, as the server sees it: looks like a socket to `worker-connection.ts`, and carries the
 * streams of bytes by which the worker asks for files.
 *
 * NS1  What came before its end is handed over first; `close` is told once, and nothing after it.
 * NS2  It ends when a message was lost, when nobody listens on the other side any more, and after the lease without a sign.
 *      The worker then comes again and says what it holds.
 */
import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { Channel } from "../../nats/channel.ts";
import { stretches } from "../../nats/kinds.ts";
import type { SessionEnd } from "../../nats/opening.ts";
import { Streams } from "../../nats/streams.ts";
import { FRAME_BYTES_MAX, type ToWorker } from "../../protocol/link.ts";
import { packFrames } from "../frames.ts";
import { HELLO_BYTES_MAX, packed } from "../link-frames.ts";
import type { LinkSocket } from "../link-socket.ts";

const OPEN = 1;
const CLOSED = 3;
/** Without a sign for so long, it is asked for one. */
const ASK_MS = 7000;
/** Until the welcome says how long the lease is. */
const SILENT_MS = 30_000;

export interface SessionOptions {
  link: string;
  name: string;
  payloadMax: number;
  publish(kind: string, data: Uint8Array, header?: string): void;
  /** A stream of bytes that the worker opened. */
  accept(stream: Duplex): void;
  now(): number;
}

export class NatsSession extends EventEmitter implements LinkSocket {
  readonly OPEN = OPEN;
  readonly isOverheard = true;
  readyState = OPEN;
  readonly link: string;
  readonly name: string;
  readonly #options: SessionOptions;
  readonly #channel: Channel;
  readonly #streams: Streams;
  /** As the engine has called it in its welcome. */
  engineSession: string | undefined;
  #silentMs = SILENT_MS;
  #heardAt: number;
  #askedAt = 0;
  #patience: (() => void)[] = [];

  constructor(options: SessionOptions) {
    super();
    const { link, name, payloadMax, now } = options;
    this.#options = options;
    this.link = link;
    this.name = name;
    this.#heardAt = now();
    this.#channel = new Channel(
      {
        publish: (kind, data, header) => options.publish(kind, data, header),
        frame: (kind, data, isPacked) => this.#frame(kind, data, isPacked),
        broken: (problem) => this.#lost(problem),
      },
      payloadMax,
    );
    this.#channel.bytesMax = HELLO_BYTES_MAX;
    this.#streams = new Streams({
      send: (piece) => this.#channel.send("stream", piece),
      accept: (stream) => options.accept(stream),
    });
  }

  get bufferedAmount(): number {
    return this.#channel.waiting;
  }

  /** It is somebody whom we know: its frames may be as large as frames may be. */
  greeted(): void {
    this.#channel.bytesMax = FRAME_BYTES_MAX;
  }

  send(frame: string | Buffer): void {
    this.#channel.send("frame", frame, typeof frame !== "string");
  }

  carry(messages: readonly ToWorker[], isPacked: boolean): void {
    if (this.readyState !== OPEN) return;
    const [first] = messages;
    if (first?.type === "welcome") {
      this.engineSession = first.session;
      this.#silentMs = Math.max(first.leaseMs, 3 * first.heartbeatMs);
    }
    for (const { kind, messages: same } of stretches(messages)) {
      for (const text of packFrames(same)) {
        const frame = isPacked ? packed(text) : text;
        this.#channel.send(kind, frame, typeof frame !== "string");
      }
    }
  }

  /** A message came on one of its subjects. */
  take(kind: string, header: string, data: Uint8Array): void {
    if (this.readyState !== OPEN) return;
    this.alive();
    this.#channel.take(kind, header, data);
    if (this.readyState === OPEN) this.emit("ping");
  }

  /** A sign of life. */
  alive(): void {
    this.#heardAt = this.#options.now();
    this.#askedAt = 0;
    for (const answer of this.#patience.splice(0)) answer();
  }

  /** NATS says that nobody listens there. */
  deserted(): void {
    this.#end();
  }

  /** To be called now and then: asks for a sign, and ends a session that gives none. */
  look(now: number): void {
    const silentMs = now - this.#heardAt;
    if (silentMs > this.#silentMs) return this.terminate();
    if (silentMs < ASK_MS || now - this.#askedAt < ASK_MS) return;
    this.#askedAt = now;
    this.#channel.ping();
  }

  /** Whether it answers within this time. */
  async isThere(ms: number): Promise<boolean> {
    if (this.readyState !== OPEN) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#patience.push(() => resolve(true));
    this.once("close", () => resolve(false));
    const timer = setTimeout(resolve, ms, false);
    this.#channel.ping();
    return promise.finally(() => clearTimeout(timer));
  }

  close(_code: number, reason: string): void {
    if (this.readyState !== OPEN) return;
    this.#say(reason);
    this.#end();
  }

  terminate(): void {
    if (this.readyState !== OPEN) return;
    this.#say("the server ended the connection");
    this.#end();
  }

  #frame(kind: string, data: Buffer, isPacked: boolean): void {
    if (kind === "stream") return this.#streams.take(data);
    this.emit("message", data, isPacked);
  }

  #lost(problem: string): void {
    // Its messages did not arrive in order: not its fault, and not worth a complaint.
    this.#say(problem);
    this.#end();
  }

  /** The worker said that it goes. */
  left(): void {
    this.#end();
  }

  /** Without a number: also the end of what has lost a message is heard. It comes after what was sent before it. */
  #say(reason: string): void {
    const word: SessionEnd = { reason };
    this.#options.publish("end", Buffer.from(JSON.stringify(word)));
  }

  #end(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#channel.close();
    this.#streams.close();
    this.emit("close", 1006, Buffer.alloc(0));
  }
}
