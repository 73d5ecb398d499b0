/**
 * Streams of bytes that are served as connections: those that other servers of the cluster open, and those that bring what a
 * worker sends on another way than a socket. Owns an HTTP server that listens nowhere.
 *
 * TN1  Every open stream is ended by `close`.
 * TN2  Whoever is known to be at the other end is known to this server alone: no namespace is asked on his stream.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type Forwarded, knowForwarded, readForwarded } from "./forwarded.ts";
import type { NamespaceHandler } from "../namespaces/door.ts";
import type { Log } from "../options.ts";

export interface TunnelsOptions {
  /** Serves what other servers send. */
  entry: NamespaceHandler;
  /** Serves what those send who are known. */
  own: NamespaceHandler;
  log: Log;
}

export class Tunnels {
  readonly #server: Server;
  readonly #open = new Set<Duplex>();
  /** Of streams that are not another server's: who is at their other end. */
  readonly #known = new WeakMap<object, Forwarded>();

  constructor({ entry, own, log }: TunnelsOptions) {
    // Whoever opened a stream decides how long it stays.
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      if (this.#known.has(request.socket)) own.request(this.#readKnown(request), response);
      else if (readForwarded(request)) entry.request(request, response);
      else response.writeHead(400).end();
    });
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (this.#known.has(request.socket)) own.upgrade(this.#readKnown(request), socket, head);
      else if (readForwarded(request)) entry.upgrade(request, socket, head);
      else socket.destroy();
    });
    this.#server.on("clientError", (error: Error, socket: Duplex) => {
      log.debug({ cause: error.message }, "a stream of another server could not be read");
      socket.destroy();
    });
  }

  /** `who`: whoever is at its other end; absent: another server, which says of each request from where it comes. */
  accept(stream: Duplex, who?: Forwarded): void {
    if (who !== undefined) this.#known.set(stream, who);
    this.#open.add(stream);
    stream.on("error", () => stream.destroy());
    stream.once("close", () => this.#open.delete(stream));
    this.#server.emit("connection", stream);
  }

  close(): void {
    for (const stream of this.#open) stream.destroy();
  }

  #readKnown(request: IncomingMessage): IncomingMessage {
    knowForwarded(request, this.#known.get(request.socket)!);
    return request;
  }
}
