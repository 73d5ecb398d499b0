/**
 * One session of this worker over NATS, from the request for it to its end. `link.ts` decides when there is another one.
 *
 * NL1  `closed` is told exactly once, last of all, and never while a caller of ours is still at it.
 * NL2  A session ends with the first message that is missing, with the connection to NATS, with the server that opened it,
 *      and after three heartbeats without a sign. What was not known to have arrived is said again on the next one.
 */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { Channel, HEADER } from "../../nats/channel.ts";
import { stretches } from "../../nats/kinds.ts";
import {
  type LeaderWord,
  type OpenAnswer,
  type OpenRefusal,
  type OpenRequest,
  type SessionEnd,
  type ThereRequest,
  WIRE_VERSION,
} from "../../nats/opening.ts";
import type { Msg } from "../../nats/publish.ts";
import { Streams } from "../../nats/streams.ts";
import { NOBODY, readSubject } from "../../nats/subjects.ts";
import { proveToken, tokenId } from "../../nats/token-proof.ts";
import { type Challenge, type FromWorker, LINK_FEATURES, type ToWorker } from "../../protocol/link.ts";
import type { OpenLink, OpenLinkEvents } from "../link.ts";
import { decodeFrame, encodeFrames } from "../reach/frames.ts";
import type { WorkerKey } from "../worker-key.ts";
import type { NatsPlace } from "./place.ts";
import { SilenceWatch } from "./silence.ts";

const OPEN_MS_MAX = 5000;
/** Until the server says another one. */
const HEARTBEAT_MS = 5000;

/** What the worker shows: a token, else its key. */
export interface Shown {
  token?: string | undefined;
  key?: WorkerKey | undefined;
}

export class NatsSession implements OpenLink {
  readonly #place: NatsPlace;
  readonly #shown: Shown;
  readonly #events: OpenLinkEvents;
  readonly #link = randomBytes(8).toString("hex");
  readonly #channel: Channel;
  readonly #streams: Streams;
  readonly #silence: SilenceWatch;
  readonly #stopListening: () => void;
  readonly #patience: NodeJS.Timeout;
  #epoch: string | undefined;
  #term = 0;
  #openedAt: number | undefined;
  #isChallenged = false;
  #isOver = false;
  /** It was asked whether the namespace is there. */
  #hasLooked = false;
  #packs = false;
  /** As the server has called the session in its welcome. */
  name: string | undefined;

  constructor(place: NatsPlace, shown: Shown, events: OpenLinkEvents) {
    this.#place = place;
    this.#shown = shown;
    this.#events = events;
    this.#channel = new Channel(
      {
        publish: (kind, data, header) => this.#publish(kind, data, header),
        frame: (kind, data, isPacked) => this.#frame(kind, data, isPacked),
        broken: (problem) => this.#end(problem),
      },
      place.payloadMax,
    );
    this.#streams = new Streams({ send: (piece) => this.#channel.send("stream", piece) });
    this.#silence = new SilenceWatch({
      ask: () => this.#channel.ping(),
      silent: () => this.#end("the server fell silent"),
      isBusy: () => events.isBusy(),
    });
    const down = place.subjects.allDown(place.name, this.#link);
    this.#stopListening = place.listen(
      down,
      (message) => this.#heard(message),
      () => this.#end("the connection to NATS is lost"),
    );
    this.#patience = setTimeout(() => this.#end("no server answers over NATS"), OPEN_MS_MAX);
    this.#ask();
  }

  get isOpen(): boolean {
    return this.#openedAt !== undefined && !this.#isOver;
  }

  /** Where signs of life of this session go. */
  get beatSubject(): string {
    return this.#place.subjects.up(this.#place.name, { epoch: this.#epoch!, link: this.#link }, "beat");
  }

  send(messages: FromWorker[]): void {
    if (!this.isOpen) return;
    for (const { kind, messages: same } of stretches(messages)) {
      for (const frame of encodeFrames(same, this.#packs)) this.#channel.send(kind, frame, typeof frame !== "string");
    }
  }

  waiting(): number {
    return this.#channel.waiting;
  }

  confirm(done: () => void): void {
    this.#channel.confirm(done);
  }

  /** A stream of bytes to the server that leads; undefined: there is no session that it could go over. */
  stream(): Duplex | undefined {
    return this.isOpen ? this.#streams.open() : undefined;
  }

  close(): void {
    if (this.#isOver) return;
    const word: SessionEnd = { reason: "the worker closed it" };
    if (this.#epoch !== undefined) this.#publish("end", Buffer.from(JSON.stringify(word)));
    this.#end("the worker closed it");
  }

  /** Somebody leads. True: this session is of no use any more. */
  led({ server, term, epoch }: LeaderWord): boolean {
    if (this.#isOver || this.#epoch === undefined) return false;
    const isGone = epoch === this.#epoch ? server === "" : server !== "" && term >= this.#term;
    if (isGone) this.#end(server === "" ? "the server leads no more" : `server ${server} leads now`);
    return isGone;
  }

  #ask(more: Pick<OpenRequest, "proof" | "epoch"> = {}): void {
    const { token, key } = this.#shown;
    const { name, subjects } = this.#place;
    const id = token === undefined ? undefined : tokenId(token);
    const request: OpenRequest = {
      ...{ wire: WIRE_VERSION, link: this.#link, name, ...more },
      ...(token !== undefined && { token: id ?? "-" }),
      ...(token === undefined && key !== undefined && { key: key.publicKey }),
    };
    const reply = subjects.down(name, { epoch: "0", link: this.#link }, NOBODY);
    this.#place.publish({ subject: subjects.open(name), data: JSON.stringify(request), reply });
  }

  #publish(kind: string, data: Uint8Array, header?: string): void {
    const { name, subjects } = this.#place;
    const mark = { epoch: this.#epoch!, link: this.#link };
    const subject = subjects.up(name, mark, kind);
    this.#place.publish({ subject, data, header, reply: subjects.down(name, mark, NOBODY) });
  }

  #heard(message: Msg): void {
    if (this.#isOver) return;
    const { epoch, kind } = readSubject(message.subject);
    if (kind === NOBODY) {
      if (message.headers?.code === 503) this.#deserted();
      return;
    }
    try {
      if (this.#epoch === undefined) return this.#opening(kind, epoch!, message);
      // Of a server that answered as well, and is not the one that this session is with.
      if (epoch !== this.#epoch) return;
      if (kind === "end") return this.#end(message.json<SessionEnd>().reason);
      this.#silence.heard();
      this.#channel.take(kind, message.headers?.get(HEADER) ?? "", message.data);
    } catch (error) {
      this.#end(`the server sent what is no message: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Nobody listens. One that leads no more and a namespace that is gone look the same from here: who leads `default` knows. */
  #deserted(): void {
    if (this.#epoch !== undefined || this.#hasLooked) return this.#end("no server listens over NATS");
    this.#hasLooked = true;
    const { name, subjects } = this.#place;
    const request: ThereRequest = { link: this.#link };
    const reply = subjects.down(name, { epoch: "0", link: this.#link }, NOBODY);
    this.#place.publish({ subject: subjects.there(name), data: JSON.stringify(request), reply });
  }

  #opening(kind: string, epoch: string, message: Msg): void {
    if (kind === "refused") {
      const { reason, final, missing } = message.json<OpenRefusal>();
      this.#end(reason);
      if (missing === true) this.#events.missing(reason);
      if (final) this.#events.forbidden(reason);
      return;
    }
    if (kind !== "open") return;
    const answer = message.json<OpenAnswer>();
    const { token } = this.#shown;
    if ("nonce" in answer) {
      if (token === undefined) return;
      const { nonce } = answer;
      return this.#ask({ epoch, proof: proveToken(token, { nonce, link: this.#link, name: this.#place.name }) });
    }
    clearTimeout(this.#patience);
    this.#epoch = epoch;
    this.#term = answer.term;
    this.#openedAt = performance.now();
    this.#silence.start(HEARTBEAT_MS);
    this.#isChallenged = answer.challenge === true;
    if (!this.#isChallenged) this.#events.open(this);
  }

  #frame(kind: string, data: Buffer, isPacked: boolean): void {
    if (kind === "stream") return this.#streams.take(data);
    const messages = decodeFrame(data, isPacked);
    if (this.#isChallenged && messages[0]?.type !== "refuse") {
      this.#isChallenged = false;
      return this.#prove(messages[0] as unknown as Challenge);
    }
    for (const message of messages) if (message.type === "welcome") this.#welcomed(message);
    this.#events.receive(messages);
  }

  #prove(challenge: Challenge): void {
    const { key } = this.#shown;
    if (challenge.type !== "challenge" || key === undefined) throw new TypeError("its first message is no challenge");
    this.#channel.send("proof", JSON.stringify([key.prove(challenge, "", this.#place.name)]));
    this.#events.open(this);
  }

  #welcomed({ session, features = [], heartbeatMs }: Extract<ToWorker, { type: "welcome" }>): void {
    this.name = session;
    this.#packs = features.includes(LINK_FEATURES[0]);
    this.#silence.start(heartbeatMs);
  }

  #end(problem: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#patience);
    this.#silence.stop();
    this.#stopListening?.();
    this.#streams.close();
    this.#channel.close();
    const openedAt = this.#openedAt;
    queueMicrotask(() =>
      this.#events.closed(problem, openedAt === undefined ? undefined : performance.now() - openedAt),
    );
  }
}
