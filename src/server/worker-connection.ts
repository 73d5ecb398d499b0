/**
 * One worker's connection, from its first frame to its last: who it is, in which order it may speak, and what happens to
 * one that speaks nonsense.
 *
 * WC1  The engine hears nothing of a connection before its hello, nor of a hello before its key was proven and trusted.
 * WC2  `closed` is said exactly once for each session.
 * WC3  Whoever breaks a rule is told which, in words; the log and the audit hear of it; and nobody else does.
 */
import type { IncomingMessage } from "node:http";
import type { RawData } from "ws";
import { show } from "../protocol/parse.ts";
import type { Principal } from "../protocol/access.ts";
import {
  type Challenge,
  FRAME_BYTES_MAX,
  type FromWorker,
  type Hello,
  type Proof,
  type ToWorker,
} from "../protocol/link.ts";
import type { WorkerOrigin, WorkerSession } from "../engine/api.ts";
import { addressOf, isOwnMachine } from "./access/address.ts";
import type { Complaints } from "./complaints.ts";
import type { Lent } from "./access/guard.ts";
import { certificateOf } from "./forward/certificate.ts";
import { forwardedOf } from "./forward/forwarded.ts";
import { drawChallenge, isProven, keyFingerprint } from "./join/challenge.ts";
import { readFrame } from "./link-check.ts";
import { HELLO_BYTES_MAX, textOfFrame } from "./link-frames.ts";
import type { LinkSocket } from "./link-socket.ts";
import { Outbox } from "./outbox.ts";
import { paceOf } from "./pace.ts";
import type { ServerScope } from "./scope.ts";

/** Close codes of RFC 6455. */
const NORMAL = 1000;
const POLICY = 1008;

/** Time for a close to be answered. */
const CLOSE_MS_MAX = 2_000;
/** Addresses of a cluster that a welcome names, at most. */
const SERVERS_MAX = 50;

interface ConnectionOptions {
  scope: ServerScope;
  principal: Principal;
  complaints: Complaints;
  /** Called when its hello was taken. */
  greeted: () => void;
  /** How many are connected. */
  workers: () => number;
  /** Whether the other side answers within this time. */
  isThere: (ms: number) => Promise<boolean>;
}

export class WorkerConnection {
  readonly address: string;
  readonly #socket: LinkSocket;
  readonly #scope: ServerScope;
  readonly #outbox: Outbox;
  readonly #certificate: () => string;
  readonly #greeted: () => void;
  readonly #complaints: Complaints;
  readonly #workers: () => number;
  readonly #isThere: (ms: number) => Promise<boolean>;
  /** Who asks; a worker with a key becomes somebody when it has proven it. */
  #principal: Principal;
  /** What it has to answer before its hello. */
  #challenge: Challenge | undefined;
  #proven: Proof | undefined;
  #lent: Lent | undefined;
  #session: WorkerSession | undefined;
  #name: string | undefined;
  #readsPacked = false;
  /** It was told to go: what it still says is not heard. */
  #isOver = false;

  constructor(
    socket: LinkSocket,
    request: IncomingMessage,
    { scope, principal, greeted, complaints, workers, isThere }: ConnectionOptions,
  ) {
    this.#socket = socket;
    this.#scope = scope;
    this.#principal = principal;
    this.#greeted = greeted;
    this.#complaints = complaints;
    this.#workers = workers;
    this.#isThere = isThere;
    this.address = addressOf(request);
    // What the worker saw is the certificate of the server that it reached, which may have passed it on to this one.
    const forwarded = forwardedOf(request);
    this.#certificate = () => (forwarded === undefined ? certificateOf(request.socket) : (forwarded.certificate ?? ""));
    this.#outbox = new Outbox(socket, () => {
      this.#complain("refused.reader", "it does not read what it is sent; its connection is cut");
      socket.terminate();
    });
    socket.on("message", (data: RawData, isBinary: boolean) => this.#frame(data, isBinary));
    socket.on("ping", () => this.#outbox.check());
    socket.on("close", () => this.#closed());
    socket.on("error", (error: Error) => this.#failed(error));
    if (principal.role === "none") this.#ask();
  }

  /** Who it is, as far as it has shown so far. */
  get principal(): Principal {
    return this.#principal;
  }

  /** Says why, and ends the connection even when nobody answers. */
  end(code: number, reason: string): void {
    this.#isOver = true;
    // After the frame of this turn, which may hold the refusal that the worker is to read. A reason has room for 123 bytes.
    queueMicrotask(() => this.#socket.close(code, reason.replace(/[^\x20-\x7e]/g, "?").slice(0, 120)));
    const timer = setTimeout(() => this.#socket.terminate(), CLOSE_MS_MAX);
    this.#socket.on("close", () => clearTimeout(timer));
  }

  /** It has sent too much for somebody who may be anybody. */
  cutTooMuch(): void {
    this.#isOver = true;
    this.#complain("refused.frame", "too much was sent before its proof; its connection is cut");
    this.#socket.terminate();
  }

  /** It says nothing, and others wait for its place. */
  cut(): void {
    this.#complain("refused.silence", "it did not say hello");
    this.#socket.terminate();
  }

  #ask(): void {
    this.#challenge = drawChallenge(this.#scope.options.engine.access.cluster());
    this.#outbox.send([this.#challenge as unknown as ToWorker]);
  }

  #frame(data: RawData, isBinary: boolean): void {
    if (this.#isOver || this.#socket.readyState !== this.#socket.OPEN) return;
    if (isBinary && !this.#readsPacked)
      return this.#garbage("a frame must be text: this worker did not say that it packs");
    const text = textOfFrame(data as Buffer, isBinary, this.#session === undefined ? HELLO_BYTES_MAX : FRAME_BYTES_MAX);
    if (typeof text === "object") return this.#garbage(text.fault);
    const messages = readFrame(text);
    if (typeof messages === "string") return this.#garbage(messages);
    if (this.#session === undefined) this.#entrance(messages);
    else if (messages.some(({ type }) => type === "hello")) this.#garbage("hello was said before");
    else if (messages.some(({ type }) => type === "proof")) this.#garbage("a proof stands before hello");
    else this.#session.receive(messages as FromWorker[]);
  }

  #entrance(messages: (FromWorker | Proof)[]): void {
    let [first, ...rest] = messages;
    if (this.#challenge !== undefined && this.#proven === undefined) {
      if (first?.type !== "proof") return this.#garbage("the first message must be the proof that was asked for");
      const [next] = rest;
      if (!this.#prove(first, next?.type === "hello" ? next.host : undefined)) return;
      [first, ...rest] = rest;
      // Hello may come in a frame of its own.
      if (first === undefined) return;
    }
    if (first?.type !== "hello") return this.#garbage("the first message must be hello");
    if (rest.some(({ type }) => type === "hello" || type === "proof")) return this.#garbage("hello was said before");
    this.#hello(first, rest as FromWorker[]);
  }

  /** Whether it has the key, and whether that key may be a worker of this name. */
  #prove(proof: Proof, host: string | undefined): boolean {
    const { waiting, options } = this.#scope;
    const { name, key } = proof;
    this.#name = name;
    this.#principal = { who: `key:${name}`, role: "worker", worker: name };
    if (!this.#isTaken(name)) return false;
    if (!isProven(this.#challenge!, proof, this.#certificate())) {
      this.#refuse("refused.key", "its proof does not fit its key, or was made for another connection", {});
      return false;
    }
    if (waiting.isDenied(name, key)) {
      this.#refuse("refused.key", `worker ${name} was turned away by a person of this server`, {});
      return false;
    }
    if (!options.engine.access.keys(name).has(key)) {
      this.#letWait(name, key, host);
      return false;
    }
    this.#proven = proof;
    return true;
  }

  #letWait(name: string, key: string, host: string | undefined): void {
    const isNoted = this.#scope.waiting.ask(name, key, this.address, host);
    const how = `on the server, \`octopus workers approve ${name}\` lets it in`;
    const reason = isNoted
      ? `worker ${name} with the key ${keyFingerprint(key)} waits to be let in: ${how}`
      : "too many workers of this address wait to be let in already";
    this.#refuse("refused.key", reason, { retryable: true, waits: true });
  }

  #hello(hello: Hello, rest: FromWorker[]): void {
    const { engine } = this.#scope.options;
    const { name } = hello;
    this.#name = name;
    if (this.#proven !== undefined && this.#proven.name !== name)
      return this.#garbage(`hello says ${show(name)}, the proof ${show(this.#proven.name)}`);
    if (!this.#isTaken(name)) return;
    if (this.#proven === undefined && this.#isAnothers(name))
      return this.#refuse(
        "refused.worker",
        `${name} is the name of a worker that has a key; choose another --name`,
        {},
      );
    this.#readsPacked = hello.features?.includes("zstd") === true;
    if (this.#readsPacked && !isOwnMachine(this.address)) this.#outbox.pack();
    if (this.#proven !== undefined && this.#socket.isOverheard !== true)
      this.#lent = this.#scope.guard.lend(this.#principal);
    this.#session = engine.connectWorker(
      {
        send: (messages) => this.#outbox.send(messages[0]?.type === "welcome" ? this.#welcome(messages) : messages),
        close: () => this.end(NORMAL, "the server ends this session"),
        isThere: this.#isThere,
        complain: (action, detail) => this.#complain(action, detail),
      },
      this.#origin(),
    );
    this.#greeted();
    this.#session.receive([hello, ...rest]);
  }

  /** Whether a worker of this name is wanted at all; refused if not. */
  #isTaken(name: string): boolean {
    const allowed = this.#scope.options.access?.workers;
    if (allowed == null || allowed.includes(name)) return true;
    const reason = `this server takes no worker named ${name}: access.workers names those that it takes`;
    this.#refuse("refused.worker", reason, {});
    return false;
  }

  /** A person has given the name to whoever has a certain key: a token that is not bound to the name does not get it. */
  #isAnothers(name: string): boolean {
    const { role, worker } = this.#principal;
    return role === "worker" && worker !== name && this.#scope.options.engine.access.keys(name).size > 0;
  }

  /** It is the first that a worker hears. One without an access token needs a token for what it sends over HTTP. */
  #welcome([first, ...rest]: ToWorker[]): ToWorker[] {
    const message = first as Extract<ToWorker, { type: "welcome" }>;
    const heartbeatMs = paceOf(this.#workers(), message);
    const servers = message.version === undefined ? [] : this.#scope.clusterUrls().slice(0, SERVERS_MAX);
    const welcome = {
      ...{ ...message, heartbeatMs },
      ...(this.#lent !== undefined && { token: this.#lent.token }),
      ...(servers.length > 0 && { servers: [...servers] }),
    };
    return [welcome, ...rest];
  }

  #origin(): WorkerOrigin {
    const { who, arms, worker } = this.#principal;
    const token = this.#scope.options.engine.access.token(who);
    return {
      ...{ address: this.address, arms, worker },
      ...(token !== undefined && { token: who, expiresAt: token.expiresAt }),
      ...(this.#proven !== undefined && { key: this.#proven.key }),
    };
  }

  /** It may not come in; the worker is told so by a message, before anything else. */
  #refuse(action: string, reason: string, how: { retryable?: boolean; waits?: true }): void {
    this.#complain(action, reason);
    this.#outbox.send([{ type: "refuse", reason, retryable: false, ...how }]);
    this.end(POLICY, reason);
  }

  /** What it says is no message. */
  #garbage(reason: string): void {
    this.#complain("refused.frame", reason);
    this.end(POLICY, reason);
  }

  #failed(error: Error & { code?: string }): void {
    // The library has ended the connection: a frame too large, a reserved bit, text that is no text.
    if (error.code?.startsWith("WS_ERR_") === true) this.#complain("refused.frame", error.message);
    else this.#scope.options.log.debug({ err: error, worker: this.#name }, "a worker's connection failed");
  }

  #complain(action: string, detail: string): void {
    const { who } = this.#principal;
    this.#complaints.tell({ who, address: this.address, action, detail, subject: this.#name });
  }

  #closed(): void {
    this.#lent?.end();
    this.#session?.closed();
  }
}
