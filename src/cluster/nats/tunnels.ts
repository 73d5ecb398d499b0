/**
 * The streams of bytes of one server, over one subscription: `octopus.<cluster>.tunnel.<server>.<stream>`. Each message names as
 * its reply the end that sent it, so that NATS itself tells when nobody listens at the other one.
 */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Msg, Subscription } from "@nats-io/transport-node";
import type { NatsLink } from "./link.ts";
import type { NatsNames } from "./settings.ts";
import { FRAME, type Frame, REFUSED, TunnelStream, frameOf, toBytes } from "./tunnel-stream.ts";

const LOOK_MS = 1000;
const NO_RESPONDERS = 503;
/** Instead of a stream: whether there is a server of this name. */
const WHO = "who";
const WHO_MS_MAX = 500;

export class Tunnels {
  readonly #link: NatsLink;
  readonly #names: NatsNames;
  readonly #server: string;
  readonly #instance = randomBytes(9).toString("hex");
  /** Ends at this server, by the last token of their subject. */
  readonly #ends = new Map<string, TunnelStream>();
  readonly #listeners = new Set<(stream: Duplex) => void>();
  readonly #subscription: Subscription;
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;

  constructor(link: NatsLink, names: NatsNames, server: string) {
    this.#link = link;
    this.#names = names;
    this.#server = server;
    this.#subscription = link.connection.subscribe(`${names.tunnel(server)}.*`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
      },
    });
    this.#forget = link.onConnected((isConnected) => {
      if (!isConnected) this.#loseAll("the connection to NATS is lost");
    });
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Whether another process of this name is connected. */
  static async isTaken(link: NatsLink, names: NatsNames, server: string): Promise<boolean> {
    const subject = `${names.tunnel(server)}.${WHO}`;
    return link.request(subject, new Uint8Array(), { timeoutMs: WHO_MS_MAX }).then(
      () => true,
      // Nobody, or one that is gone and whose connection NATS still has.
      () => false,
    );
  }

  connect(server: string): Duplex {
    const id = randomBytes(9).toString("hex");
    const stream = this.#end(`${id}c`, `${this.#names.tunnel(server)}.${id}s`);
    if (this.#link.isConnected) stream.open({ from: this.#server });
    else queueMicrotask(() => stream.miss("there is no connection to NATS"));
    return stream;
  }

  accept(listener: (stream: Duplex) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    for (const stream of [...this.#ends.values()]) stream.breakUp("the server is stopping");
    this.#subscription.unsubscribe();
    this.#forget();
    clearInterval(this.#timer);
  }

  #end(id: string, to: string): TunnelStream {
    const reply = `${this.#names.tunnel(this.#server)}.${id}`;
    const send = (bytes: Uint8Array): void => {
      if (this.#link.isConnected) this.#link.connection.publish(to, bytes, { reply });
    };
    const stream = new TunnelStream(send, () => this.#ends.delete(id));
    this.#ends.set(id, stream);
    return stream;
  }

  #receive(message: Msg): void {
    const id = message.subject.slice(message.subject.lastIndexOf(".") + 1);
    if (id === WHO) return void message.respond(this.#instance);
    const stream = this.#ends.get(id);
    if (message.headers?.code === NO_RESPONDERS) return stream?.miss("the other server is not there");
    const frame = frameOf(message.data);
    if (frame === undefined) return;
    if (stream !== undefined) return stream.receive(frame);
    if (frame.type === FRAME.open) return this.#open(id, message.reply, frame);
    // An end that is over here: the other one learns it, unless that is what it says.
    if (frame.type !== FRAME.reset) this.#refuse(message.reply, "the other end of the stream is gone");
  }

  #open(id: string, from: string | undefined, frame: Frame): void {
    if (!this.#isEnd(from)) return;
    const [listener] = this.#listeners;
    if (listener === undefined) return this.#refuse(from, "the other server takes no streams", REFUSED);
    const stream = this.#end(id, from);
    stream.receive(frame);
    stream.greet();
    listener(stream);
  }

  #refuse(to: string | undefined, words: string, number = 0): void {
    if (this.#isEnd(to)) this.#link.connection.publish(to, toBytes(FRAME.reset, number, Buffer.from(words)));
  }

  /** Answers go to ends of streams of this cluster, and nowhere else. */
  #isEnd(subject: string | undefined): subject is string {
    return subject?.startsWith(`${this.#names.root}.tunnel.`) === true && !/[*>\s]/.test(subject);
  }

  #look(): void {
    const now = performance.now();
    for (const stream of [...this.#ends.values()]) stream.look(now);
  }

  #loseAll(words: string): void {
    for (const stream of [...this.#ends.values()]) stream.lose(words);
  }
}
