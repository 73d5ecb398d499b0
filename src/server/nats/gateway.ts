/**
 * Workers over NATS, beside `gateway.ts`: takes requests for sessions while this server leads, and hands each session to
 * `worker-connection.ts`, which checks all that is said on it.
 *
 * NG1  It hears only sessions that it has opened itself: their subjects hold its epoch, which is drawn anew each time that it
 *      begins. What is meant for a server that led before reaches nobody, and NATS tells the worker so.
 * NG2  A connection to NATS that was lost may have lost messages: every session ends with it.
 * NG3  What no honest worker sends is counted, noted in the audit, and changes nothing.
 */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { OctopusError } from "../../base/errors.ts";
import { HEADER } from "../../nats/channel.ts";
import { connectTo } from "../../nats/connect.ts";
import type { LeaderWord, OpenAnswer, OpenRefusal, SessionEnd } from "../../nats/opening.ts";
import { type Msg, type NatsConnection, publish, type Subscription } from "../../nats/publish.ts";
import type { NatsSettings } from "../../nats/settings.ts";
import { NOBODY, readSubject, Subjects } from "../../nats/subjects.ts";
import type { Principal } from "../../protocol/access.ts";
import { DEFAULT_NAMESPACE } from "../../protocol/namespace-name.ts";
import { Complaints } from "../complaints.ts";
import { unknownNamespace } from "../namespaces/dispatch.ts";
import type { ServerScope } from "../scope.ts";
import { WorkerConnection } from "../worker-connection.ts";
import { Door, isFinal, type Origin, readOpen, readThere } from "./door.ts";
import { publishEvents } from "./events.ts";
import { NatsSession } from "./session.ts";

const LOOK_MS = 1000;
/** A session without a hello after this time is ended. */
const HELLO_MS_MAX = 10_000;
/** Sessions without a hello. */
const SILENT_MAX = 2000;
/** A worker of the same name, whose place another process asks for, has this time to show that it lives. */
const OTHER_MS = 1500;
const POLICY = 1008;
const GOING_AWAY = 1001;

export interface NatsWorkersOptions {
  nats: NatsSettings;
  cluster: string;
  shard: string;
  /** This server's name in the cluster. */
  server: string;
  /** Also what becomes of tasks and runs is published, for watching. */
  events?: boolean | undefined;
  /** Of its leadership; of two servers that both think that they lead, the one with the larger term does. */
  term: number;
}

export interface NatsWorkers {
  /** Counts since the start. */
  readonly counts: Readonly<{ opened: number; refused: number; garbage: number }>;
  /** Ends every session and lets others lead. */
  close(): Promise<void>;
}

/** A door by which streams of bytes become connections of this server. */
export interface StreamDoor {
  accept(stream: Duplex, who: { address: string; principal?: Principal }): void;
}

export async function openNatsWorkers(
  scope: ServerScope,
  options: NatsWorkersOptions,
  door: StreamDoor,
): Promise<NatsWorkers> {
  const { nats, cluster, shard, server } = options;
  const connection = await connectTo(nats, `octopus ${cluster} ${server}: workers`);
  const gateway = new Gateway(scope, options, door, connection);
  if (options.events !== true) return gateway;
  const subjects = new Subjects(cluster, shard);
  const events = await publishEvents(scope.options, subjects, nats, `octopus ${cluster} ${server}: events`);
  return {
    counts: gateway.counts,
    async close() {
      await events.close();
      await gateway.close();
    },
  };
}

class Gateway implements NatsWorkers {
  readonly counts = { opened: 0, refused: 0, garbage: 0 };
  readonly #scope: ServerScope;
  readonly #options: NatsWorkersOptions;
  readonly #streams: StreamDoor;
  readonly #connection: NatsConnection;
  readonly #subjects: Subjects;
  #epoch = "";
  #hearing: Subscription | undefined;
  readonly #door: Door;
  readonly #complaints: Complaints;
  readonly #sessions = new Map<string, NatsSession>();
  /** Those that have not said hello, the oldest first. */
  readonly #silent = new Map<NatsSession, WorkerConnection>();
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;

  constructor(scope: ServerScope, options: NatsWorkersOptions, streams: StreamDoor, connection: NatsConnection) {
    this.#scope = scope;
    this.#options = options;
    this.#streams = streams;
    this.#connection = connection;
    this.#subjects = new Subjects(options.cluster, options.shard);
    this.#door = new Door(scope.guard);
    this.#complaints = new Complaints(scope);
    this.#begin();
    connection.subscribe(this.#subjects.allOpen(), { callback: (_error, message) => this.#asked(message) });
    // The others hear that there is nobody, and know no more than who asks.
    if (scope.options.namespaces !== undefined)
      connection.subscribe(Subjects.allThere(options.cluster), {
        callback: (_error, message) => this.#sought(message),
      });
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
    void this.#watch();
    this.#tell();
  }

  /** Hears sessions that are opened from now on, and none from before (NG1). */
  #begin(): void {
    this.#hearing?.unsubscribe();
    this.#epoch = randomBytes(6).toString("hex");
    const callback = (_error: Error | null, message: Msg): void => this.#heard(message);
    this.#hearing = this.#connection.subscribe(this.#subjects.allUp(this.#epoch), { callback });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const session of [...this.#sessions.values()]) session.close(GOING_AWAY, "this server leads no more");
    this.#tell();
    // What was published is out before the end; a NATS that is away is not waited for.
    const isOut = this.#connection.flush().catch(() => undefined);
    await Promise.race([isOut, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
    await this.#connection.close();
  }

  /** Word of who leads: workers of another one come here at once. */
  #tell(): void {
    const { server, term } = this.#options;
    const word: LeaderWord = { server: this.#isClosed ? "" : server, term, epoch: this.#epoch };
    this.#publish(this.#subjects.leader(), JSON.stringify(word));
  }

  /** NG2 */
  async #watch(): Promise<void> {
    const { log } = this.#scope.options;
    for await (const { type } of this.#connection.status()) {
      if (this.#isClosed) return;
      if (type === "disconnect") {
        log.warn({ sessions: this.#sessions.size }, "the connection to NATS for workers is lost; it is made again");
        for (const session of [...this.#sessions.values()]) session.left();
      } else if (type === "reconnect") {
        log.info({}, "the connection to NATS for workers stands again");
        // Workers whose own connection was not lost do not know of it: what they say goes nowhere now, and they hear that.
        this.#begin();
        this.#tell();
      }
    }
  }

  #look(): void {
    const now = performance.now();
    for (const session of [...this.#sessions.values()]) session.look(now);
  }

  #publish(subject: string, data: string | Uint8Array, header?: string, reply?: string): void {
    publish(this.#connection, { subject, data, header, reply });
  }

  /** Something on a subject of ours within a session. */
  #heard(message: Msg): void {
    if (this.#isClosed) return;
    const { worker, link = "", kind } = readSubject(message.subject);
    const session = this.#sessions.get(link);
    if (session === undefined || session.name !== worker) {
      // What was on its way when the session ended is nobody's fault.
      if (kind !== NOBODY && session !== undefined)
        this.#garbage(worker, `a message on the session of ${session.name}`);
      // Its end may have been lost: whoever asks for a sign hears of it.
      if (kind === "ping" && session === undefined) this.#deny(worker, link);
      return;
    }
    if (kind === NOBODY) return void (message.headers?.code === 503 && session.deserted());
    if (kind === "end") return session.left();
    if (kind === "beat") return this.#beat(session, message);
    const header = message.headers?.get(HEADER) ?? "";
    if (header === "") return this.#garbage(worker, `a message of kind ${kind} without ${HEADER}`);
    session.take(kind, header, message.data);
  }

  #deny(worker: string, link: string): void {
    const word: SessionEnd = { reason: "the server knows of no such session" };
    this.#publish(this.#subjects.down(worker, { epoch: this.#epoch, link }, "end"), JSON.stringify(word));
  }

  /** A sign of life from a thread of its own: a function may hold the worker's loop for minutes. */
  #beat(session: NatsSession, message: Msg): void {
    if (session.engineSession === undefined) return;
    if (Buffer.from(message.data).toString("utf8") !== session.engineSession) return;
    session.alive();
    this.#scope.options.engine.beat(session.name, session.engineSession);
  }

  /** Somebody asks for a session. */
  #asked(message: Msg): void {
    if (this.#isClosed || this.#scope.closing.aborted) return;
    const { worker } = readSubject(message.subject);
    const request = readOpen(message.data, worker);
    if (typeof request === "string") return this.#garbage(worker, request);
    const { link, name, epoch = this.#epoch } = request;
    // It answers another server, which also thinks that it leads.
    if (epoch !== this.#epoch) return;
    if (this.#sessions.has(link)) return this.#garbage(worker, "a request for a session that stands already");
    const mark = { epoch: this.#epoch, link };
    const answer = (kind: string, value: OpenAnswer | OpenRefusal): void =>
      this.#publish(this.#subjects.down(name, mark, kind), JSON.stringify(value));
    try {
      this.#makeRoom();
      const entered = this.#door.enter(request, ORIGIN);
      if ("nonce" in entered) return answer("open", entered);
      void this.#place(name).then(() => {
        if (this.#isClosed || this.#sessions.has(link)) return;
        this.#open(link, name, entered);
        const { server, term } = this.#options;
        answer("open", { server, term, ...(entered.role === "none" && { challenge: true }) });
      });
    } catch (error) {
      this.counts.refused++;
      const reason = error instanceof OctopusError ? error.message : "the server could not take the request";
      if (!(error instanceof OctopusError)) this.#scope.options.log.error({ err: error }, "a session could not begin");
      answer("refused", { reason, final: isFinal(error) });
    }
  }

  /** A worker to which nobody listens asks whether its namespace is there. */
  #sought(message: Msg): void {
    if (this.#isClosed || this.#scope.closing.aborted) return;
    const { shard, worker } = readSubject(message.subject);
    const link = readThere(message.data);
    if (link === undefined) return this.#garbage(worker, "a question for a namespace without a link");
    const isThere = shard === DEFAULT_NAMESPACE || this.#scope.options.namespaces!.find(shard) !== undefined;
    const refusal: OpenRefusal = isThere
      ? { reason: "no server listens over NATS", final: false }
      : { reason: unknownNamespace(shard).message, final: false, missing: true };
    const subject = new Subjects(this.#options.cluster, shard).down(worker, { epoch: this.#epoch, link }, "refused");
    this.#publish(subject, JSON.stringify(refusal));
  }

  /** A session of the same name whose worker is gone, or was started anew, ends before the new one begins. */
  async #place(name: string): Promise<void> {
    const others = [...this.#sessions.values()].filter((session) => session.name === name);
    await Promise.all(
      others.map(async (session) => {
        if (!(await session.isThere(OTHER_MS))) session.left();
      }),
    );
  }

  #open(link: string, name: string, principal: Principal): void {
    const mark = { epoch: this.#epoch, link };
    const nobody = this.#subjects.up(name, mark, NOBODY);
    const session = new NatsSession({
      link,
      name,
      payloadMax: this.#connection.info?.max_payload ?? 1024 * 1024,
      publish: (kind, data, header) => this.#publish(this.#subjects.down(name, mark, kind), data, header, nobody),
      // Whoever has said hello is known; nobody else asks for files.
      accept: (stream) => {
        if (this.#silent.has(session)) return void stream.destroy();
        this.#streams.accept(stream, { address: ADDRESS, principal: connection.principal });
      },
      now: () => performance.now(),
    });
    this.#sessions.set(link, session);
    this.counts.opened++;
    const greeted = (): void => {
      clearTimeout(impatience);
      this.#silent.delete(session);
      session.greeted();
    };
    session.on("close", () => {
      clearTimeout(impatience);
      this.#silent.delete(session);
      this.#sessions.delete(link);
    });
    const { complaints, workers } = { complaints: this.#complaints, workers: () => this.#sessions.size };
    const isThere = (ms: number): Promise<boolean> => session.isThere(ms);
    const shared = { scope: this.#scope, principal, greeted, complaints, workers, isThere };
    // After the answer, so that a challenge comes behind it.
    const connection = new WorkerConnection(session, ORIGIN, shared);
    const impatience = setTimeout(() => connection.end(POLICY, "say hello first"), HELLO_MS_MAX);
    this.#silent.set(session, connection);
  }

  /** The one that is silent for longest makes room. */
  #makeRoom(): void {
    if (this.#silent.size < SILENT_MAX) return;
    const [oldest] = this.#silent.values();
    oldest!.cut();
  }

  #garbage(worker: string, detail: string): void {
    this.counts.garbage++;
    this.#complaints.tell({ who: "anonymous", address: ADDRESS, action: "refused.frame", detail, subject: worker });
  }
}

const ADDRESS = "nats";
const ORIGIN: Origin = { socket: { remoteAddress: ADDRESS }, headers: {} } as unknown as Origin;
