/**
 * The front of a server in a cluster: who answers a request, this replica or the leader, and what it has to wait for first.
 * How a request is answered is the dispatcher's, how it is passed on the forwarder's.
 *
 * FR1  A read sees what its `Octopus-After` names, or is refused: no server answers with less than the caller has seen. What
 *      is named of an epoch that is over is what was settled then.
 * FR2  A read of the leader waits until memory holds nothing that is not durable.
 * FR3  An answer says by `Octopus-Sequence` how far the replica was when it was made, which is at least where its own
 *      change stands.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { OctopusError } from "../../base/errors.ts";
import type { Guard } from "../access/guard.ts";
import { addressOf } from "../access/address.ts";
import type { ClusterDoor, Position } from "../cluster-door.ts";
import { sendProblem } from "../problem.ts";
import type { ServerScope } from "../scope.ts";
import { certificateOf } from "./certificate.ts";
import { type Forwarded, forwardedOf } from "./forwarded.ts";
import { Forwarder } from "./forwarder.ts";
import { isAskedOfEach, isOwnAffair, placeOf } from "./place.ts";

export const SEQUENCE = "octopus-sequence";
export const AFTER = "octopus-after";

const NUMBER = /^\d{1,15}$/;

/** How long a read waits for what it names. */
const AFTER_MS_MAX = 5000;

type Serve = (request: IncomingMessage, response: ServerResponse) => void;
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface FrontOptions {
  scope: ServerScope;
  cluster: ClusterDoor;
  /** Throws for what comes from another web site. */
  checkHost(request: IncomingMessage): void;
  serve: Serve;
  upgrade: Upgrade;
  /** A stream whose other end is served here. */
  loop(): Duplex;
  /** Refuses a connection that is no HTTP any more. */
  refuseRaw(socket: Duplex, error: unknown): void;
}

export class Front {
  readonly #options: FrontOptions;
  readonly #guard: Guard;
  readonly #cluster: ClusterDoor;
  readonly #forwarder: Forwarder;

  constructor(options: FrontOptions) {
    const { scope, cluster, loop } = options;
    this.#options = options;
    this.#guard = scope.guard;
    this.#cluster = cluster;
    this.#forwarder = new Forwarder({
      ...{ cluster, loop, prefix: scope.prefix },
      closing: scope.closing,
      fail: (response, error) => sendProblem(response, error, scope.options.log),
    });
  }

  /** A client's request, or one that another server has passed on. */
  request(request: IncomingMessage, response: ServerResponse): void {
    if (forwardedOf(request) !== undefined) return this.#passed(request, response);
    if (!this.#goesToLeader(request)) return this.#here(request, response);
    const { scope, checkHost } = this.#options;
    try {
      checkHost(request);
    } catch (error) {
      response.setHeader("connection", "close");
      return sendProblem(response, error, scope.options.log);
    }
    scope.metrics.route(request, "forwarded");
    void this.#forwarder.request(request, response, this.forwarded(request));
  }

  /** A client's connection that asks to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (forwardedOf(request) !== undefined) return this.#passedUpgrade(request, socket, head);
    const { scope, checkHost, upgrade, refuseRaw } = this.#options;
    if (this.#cluster.leader()?.isHere === true || scope.closing.aborted) return upgrade(request, socket, head);
    socket.on("error", () => socket.destroy());
    try {
      checkHost(request);
    } catch (error) {
      return refuseRaw(socket, error);
    }
    this.#forwarder
      .upgrade(request, socket, head, this.forwarded(request))
      .catch((error: unknown) => refuseRaw(socket, error));
  }

  /** Lines of metrics. */
  metrics(): string {
    const { forwarded, repeated, refused } = this.#forwarder;
    const line = (name: string, help: string, value: number): string =>
      `# HELP octopus_cluster_${name} ${help}\n# TYPE octopus_cluster_${name} counter\noctopus_cluster_${name} ${value}\n`;
    return (
      line("forwarded_total", "Requests that were passed on to the leader.", forwarded) +
      line("forwarded_repeats_total", "Of these, those that were sent again.", repeated) +
      line("forwarded_refused_total", "Of these, those that no leader answered.", refused)
    );
  }

  close(): void {
    this.#forwarder.close();
  }

  #goesToLeader(request: IncomingMessage): boolean {
    const { method = "", url = "" } = request;
    if (this.#options.scope.closing.aborted || this.#cluster.leader()?.isHere === true) return false;
    if (isOwnAffair(method, url)) return false;
    if (placeOf(method, url) === "leader") return true;
    // A replica that is not there yet knows less than the others; a token that was just made, or that the leader lent, only
    // the leader knows.
    return (
      this.#cluster.leader() !== undefined && (this.#cluster.notReady() !== undefined || !this.#guard.knows(request))
    );
  }

  /** What another server is told of a request. */
  forwarded(request: IncomingMessage): Forwarded {
    const certificate = certificateOf(request.socket);
    return {
      address: addressOf(request),
      principal: this.#guard.voucherFor(request),
      ...(certificate !== "" && { certificate }),
    };
  }

  /** What another server has passed on. FD4: it goes no further. */
  #passed(request: IncomingMessage, response: ServerResponse): void {
    const { method = "", url = "" } = request;
    if (this.#cluster.leader()?.isHere === true || isAskedOfEach(method, url)) return this.#here(request, response);
    request.resume();
    sendProblem(response, this.#notLeading(), this.#options.scope.options.log);
  }

  #passedUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { upgrade, refuseRaw } = this.#options;
    if (this.#cluster.leader()?.isHere === true) upgrade(request, socket, head);
    else refuseRaw(socket, this.#notLeading());
  }

  #notLeading(): OctopusError {
    const message = `the server ${this.#cluster.server} does not lead, and nothing was done`;
    return new OctopusError("not_leader", message, { retryable: true });
  }

  /** Answers from this replica. */
  #here(request: IncomingMessage, response: ServerResponse): void {
    const { scope, serve } = this.#options;
    this.#mark(response);
    const waiting = this.#waitsFor(request);
    if (waiting === undefined) return serve(request, response);
    waiting.then(
      () => serve(request, response),
      (error: unknown) => {
        request.resume();
        sendProblem(response, error, scope.options.log);
      },
    );
  }

  /** Undefined: nothing. */
  #waitsFor(request: IncomingMessage): Promise<void> | undefined {
    const { method = "", url = "", headers } = request;
    if (isOwnAffair(method, url)) return undefined;
    const reason = this.#cluster.notReady();
    if (reason !== undefined) return Promise.reject(new OctopusError("not_ready", reason, { retryable: true }));
    const after = this.#after(headers[AFTER]);
    const { engine } = this.#options.scope.options;
    const isRead = method === "GET" || method === "HEAD";
    if (after === undefined && !(isRead && engine.settled() !== undefined)) return undefined;
    return this.#waitFor(after, isRead);
  }

  async #waitFor(after: Position | undefined, isRead: boolean): Promise<void> {
    const isThere = after === undefined || (await this.#cluster.waitFor(after, AFTER_MS_MAX));
    const { engine } = this.#options.scope.options;
    // While one append is under way, another turn may begin the next.
    for (let settled = engine.settled(); isRead && settled !== undefined; settled = engine.settled()) await settled;
    if (isThere) return;
    const message =
      `this replica has applied record ${wordsOf(this.#cluster.position())} and was asked for what stands at ` +
      `${wordsOf(after)}: ` +
      "it is behind; ask again, or ask another server";
    throw new OctopusError("not_ready", message, { retryable: true });
  }

  /** The position that is named for our shard. Undefined: none is, or it is here already. */
  #after(header: string | string[] | undefined): Position | undefined {
    if (header === undefined) return undefined;
    const own = this.#cluster.position();
    for (const part of String(header).split(",")) {
      const [shard, seq = "", epoch] = part.trim().split(":", 3);
      if (shard !== this.#cluster.shard || !NUMBER.test(seq)) continue;
      const named = { seq: Number(seq), epoch: epoch !== undefined && NUMBER.test(epoch) ? Number(epoch) : own.epoch };
      const isHere = own.epoch! > named.epoch! || (own.epoch === named.epoch && own.seq >= named.seq);
      return isHere ? undefined : named;
    }
    return undefined;
  }

  /** FR3: the position is that of the moment in which the answer begins. */
  #mark(response: ServerResponse): void {
    const cluster = this.#cluster;
    const { writeHead } = response;
    response.writeHead = function (this: ServerResponse, ...words: unknown[]): ServerResponse {
      if (!response.headersSent) response.setHeader(SEQUENCE, `${cluster.shard}:${wordsOf(cluster.position())}`);
      return Reflect.apply(writeHead, this, words) as ServerResponse;
    };
  }
}

/** As it stands in headers. Who knows of no epochs reads the number before it. */
function wordsOf({ seq, epoch }: Position): string {
  return epoch === undefined ? String(seq) : `${seq}:${epoch}`;
}
