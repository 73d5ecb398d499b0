/**
 * Passes requests on to the server that leads: the bytes of HTTP, over a stream between servers. Owns how long is waited
 * for somebody to lead, what is sent again, and what the client is told when nobody answers. It knows no route.
 *
 * FD1  Bodies are streamed both ways; of one request at most what `repeat.ts` keeps is in memory.
 * FD2  A client that goes takes its request along, and a leader that goes its answer: half an answer is never made whole.
 * FD3  A client gets one answer. What is sent again had no answer yet, and `mayRepeat` says that a second one does no harm.
 * FD4  What came from another server is never passed on: there are no circles.
 */
import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { OctopusError } from "../../base/errors.ts";
import type { ClusterDoor, Leader } from "../cluster-door.ts";
import { NOT_LEADER } from "../problem.ts";
import { Agents } from "./agents.ts";
import { FORWARDED, type Forwarded, writeForwarded } from "./forwarded.ts";
import { passedOn } from "./headers.ts";
import { type Fate, KeptBody, mayRepeat } from "./repeat.ts";

/** How long a request waits for somebody to lead: a fail-over takes three seconds. */
export const LEADER_MS_MAX = 10_000;
/** Between two tries at the same leader. */
const AGAIN_MS = 100;

const UPGRADE_NAMES: ReadonlySet<string> = new Set(["connection", "upgrade"]);

/** What became of one try. */
type Tried =
  | { end: "answered" }
  /** It broke before an answer came. */
  | { end: "unanswered"; fate: Fate; error: OctopusError };

/** The way to whoever leads. */
export type Way = Pick<ClusterDoor, "server" | "leader" | "onLeader" | "connect">;

export interface ForwarderOptions {
  cluster: Way;
  /** What stands before the paths of what is asked; the server that leads is told it, too. */
  prefix: string;
  closing: AbortSignal;
  /** A stream whose other end is served here. */
  loop(): Duplex;
  /** Answers an error. */
  fail(response: ServerResponse, error: unknown): void;
  waitMs?: number;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #agents: Agents;
  readonly #stop: () => void;
  forwarded = 0;
  repeated = 0;
  refused = 0;

  constructor(options: ForwarderOptions) {
    const { cluster, loop } = options;
    this.#options = options;
    // A server that came to lead while a request waited serves it as if another had passed it on.
    this.#agents = new Agents((server) => (server === cluster.server ? loop() : cluster.connect(server)));
    this.#stop = cluster.onLeader((leader) => this.#agents.turnTo(leader?.server));
  }

  close(): void {
    this.#stop();
    this.#agents.close();
  }

  async request(request: IncomingMessage, response: ServerResponse, forwarded: Forwarded): Promise<void> {
    this.forwarded++;
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const body = new KeptBody(request);
    const deadline = performance.now() + (this.#options.waitMs ?? LEADER_MS_MAX);
    try {
      for (;;) {
        const leader = await this.#leader(deadline, gone.signal);
        const tried = await this.#try(leader, { request, response, body, forwarded, gone: gone.signal });
        if (tried.end === "answered") return;
        if (performance.now() > deadline || !mayRepeat(request, body, tried.fate)) throw tried.error;
        this.repeated++;
        await this.#pause(leader, gone.signal);
      }
    } catch (error) {
      if (gone.signal.aborted) return;
      this.refused++;
      if (!body.isComplete) response.setHeader("connection", "close");
      this.#options.fail(response, error);
    }
  }

  /** A connection that asks to become a WebSocket: its bytes, both ways, from the first one on. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, forwarded: Forwarded): Promise<void> {
    this.forwarded++;
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    socket.once("close", onClose);
    const { server } = await this.#leader(performance.now() + (this.#options.waitMs ?? LEADER_MS_MAX), gone.signal);
    socket.off("close", onClose);
    const stream = this.#agents.raw(server);
    const lines = passedOn(request.rawHeaders, UPGRADE_NAMES);
    let text = `${request.method} ${this.#options.prefix}${request.url} HTTP/1.1\r\n${FORWARDED}: ${writeForwarded(forwarded)}\r\n`;
    for (let at = 0; at < lines.length; at += 2) text += `${lines[at]}: ${lines[at + 1]}\r\n`;
    stream.write(Buffer.concat([Buffer.from(`${text}\r\n`, "latin1"), head]));
    join(socket, stream);
  }

  /** Waits for somebody to lead. */
  #leader(deadline: number, gone: AbortSignal): Promise<Leader> {
    const { cluster, closing } = this.#options;
    const now = cluster.leader();
    if (now !== undefined) return Promise.resolve(now);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        stop();
        gone.removeEventListener("abort", onEnd);
        closing.removeEventListener("abort", onEnd);
      };
      const onEnd = (): void => {
        end();
        reject(nobody());
      };
      const timer = setTimeout(onEnd, Math.max(0, deadline - performance.now()));
      const stop = cluster.onLeader((leader) => {
        if (leader === undefined) return;
        end();
        resolve(leader);
      });
      gone.addEventListener("abort", onEnd);
      closing.addEventListener("abort", onEnd);
      if (gone.aborted || closing.aborted) onEnd();
    });
  }

  /** A moment, or until somebody else leads. */
  #pause(before: Leader, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        stop();
        gone.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, AGAIN_MS);
      const stop = this.#options.cluster.onLeader((leader) => {
        if (leader?.server !== before.server) end();
      });
      gone.addEventListener("abort", end);
    });
  }

  #try(leader: Leader, exchange: Exchange): Promise<Tried> {
    const { request, response, body, forwarded, gone } = exchange;
    return new Promise((resolve) => {
      let isAnswered = false;
      let stopBody = (): void => {};
      const out = this.#send(leader.server, request, forwarded, body);
      const onGone = (): void => void out.destroy();
      const settle = (tried: Tried): void => {
        stopBody();
        gone.removeEventListener("abort", onGone);
        resolve(tried);
      };
      const broke = (error: NodeJS.ErrnoException): void => {
        if (isAnswered) return;
        isAnswered = true;
        if (error.code === "ECONNREFUSED") settle({ end: "unanswered", fate: "never sent", error: nobody() });
        else settle({ end: "unanswered", fate: "unknown", error: lost(leader.server, error) });
      };
      out.on("error", broke);
      out.on("close", () => broke(new Error("it was closed")));
      out.on("response", (answer) => {
        if (isAnswered) return void answer.destroy();
        isAnswered = true;
        if (answer.statusCode === 503 && answer.headers[NOT_LEADER] !== undefined) {
          answer.resume();
          return settle({ end: "unanswered", fate: "refused", error: nobody() });
        }
        passAnswer(answer, response).then(() => settle({ end: "answered" }), onGone);
      });
      gone.addEventListener("abort", onGone);
      if (gone.aborted) return onGone();
      stopBody = body.sendTo(out);
    });
  }

  #send(server: string, request: IncomingMessage, forwarded: Forwarded, body: KeptBody): ClientRequest {
    const headers = passedOn(request.rawHeaders);
    headers.push(FORWARDED, writeForwarded(forwarded));
    if (request.headers["transfer-encoding"] !== undefined && !body.isEmpty)
      headers.push("transfer-encoding", "chunked");
    return httpRequest({
      agent: this.#agents.to(server),
      method: request.method!,
      path: this.#options.prefix + request.url!,
      headers,
      setHost: false,
    });
  }
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  body: KeptBody;
  forwarded: Forwarded;
  gone: AbortSignal;
}

/** Resolves when the client has all of it, or is gone. What breaks off breaks off there, too. */
function passAnswer(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.writeHead(answer.statusCode!, answer.statusMessage, passedOn(answer.rawHeaders));
    response.flushHeaders();
    answer.on("error", () => response.destroy());
    answer.on("close", () => {
      if (!answer.complete) response.destroy();
    });
    response.on("close", () => {
      answer.destroy();
      resolve();
    });
    response.on("finish", resolve);
    answer.pipe(response);
  });
}

/** Bytes both ways; the end of one is the end of the other. */
function join(one: Duplex, other: Duplex): void {
  const end = (): void => {
    one.destroy();
    other.destroy();
  };
  for (const stream of [one, other]) stream.on("error", end).on("close", end);
  one.pipe(other);
  other.pipe(one);
}

function nobody(): OctopusError {
  return new OctopusError("not_leader", "no server of the cluster leads now, so nothing can be changed", {
    retryable: true,
  });
}

function lost(server: string, cause: Error): OctopusError {
  const message =
    `the server ${server}, which led, went away before it answered: ` +
    "whether it did what was asked is not known; give tasks ids of their own to ask again without harm";
  return new OctopusError("outcome_unknown", message, { cause, retryable: true });
}
