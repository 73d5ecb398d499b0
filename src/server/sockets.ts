/**
 * The sockets of a server: plain or TLS, who may have how many, and what is said to those who speak something else.
 *
 * SK1  One address has at most so many connections at once, the loopback address aside; one more is ended at once.
 * SK2  Plain HTTP on a TLS port gets an answer that says so, in plain HTTP; it is never served.
 * SK3  Every open socket is in `open`, so that a close can end all of them.
 */
import { createServer as createPlainServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { SecureContextOptions } from "node:tls";
import { isOwnMachine, plain, sourceOf } from "./access/address.ts";
import { plainAnswer } from "./plain-answer.ts";
import type { TlsIdentity } from "./tls/files.ts";

/** Idle connections are kept this long for the next request. */
const KEEP_ALIVE_MS = 60_000;
const KEEP_ALIVE_PROBE_MS = 15_000;
/** Time for the first byte, and for the handshake after it. */
const HANDSHAKE_MS = 10_000;
/** First byte of a TLS handshake. */
const TLS_HANDSHAKE = 0x16;

export interface Sockets {
  readonly server: Server;
  readonly open: ReadonlySet<Socket>;
  renew(tls: TlsIdentity): void;
}

export interface SocketsOptions {
  tls: TlsIdentity | undefined;
  /** Most connections of one address. */
  connectionsMax: number;
  /** One connection more than allowed came from this address. */
  onTooMany(address: string): void;
  /** Something that is no TLS came to a TLS port. */
  onPlain(address: string): void;
}

export function createSockets(options: SocketsOptions): Sockets {
  const { tls, connectionsMax } = options;
  const shared = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS };
  const secure =
    tls === undefined
      ? undefined
      : https().createServer({ ...shared, ...contextOf(tls), handshakeTimeout: HANDSHAKE_MS });
  const server = secure ?? createPlainServer(shared);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const open = new Set<Socket>();
  const counts = new Map<string, number>();

  const admit = (socket: Socket): boolean => {
    open.add(socket);
    const address = plain(socket.remoteAddress ?? "unknown");
    if (isOwnMachine(address)) {
      socket.on("close", () => open.delete(socket));
      return true;
    }
    const source = sourceOf(address);
    const count = (counts.get(source) ?? 0) + 1;
    counts.set(source, count);
    socket.on("close", () => {
      open.delete(socket);
      const left = counts.get(source)! - 1;
      if (left === 0) counts.delete(source);
      else counts.set(source, left);
    });
    if (count <= connectionsMax) return true;
    options.onTooMany(address);
    socket.on("error", () => undefined);
    socket.destroy();
    return false;
  };

  if (secure === undefined) server.prependListener("connection", admit);
  else {
    // The listeners that were there begin the handshake; they get a socket when its first byte is one of TLS.
    const begin = secure.listeners("connection") as ((socket: Socket) => void)[];
    secure.removeAllListeners("connection");
    secure.on("connection", (socket: Socket) => {
      if (!admit(socket)) return;
      sniff(socket, {
        tls: () => begin.forEach((listener) => listener.call(secure, socket)),
        other: () => options.onPlain(plain(socket.remoteAddress ?? "unknown")),
      });
    });
    // A handshake that fails is the other side's affair; what is left of it must not stay open.
    secure.on("tlsClientError", (_error, socket) => socket.destroy());
  }
  return { server, open, renew: (fresh) => secure?.setSecureContext(contextOf(fresh)) };
}

/** A server that speaks plain HTTP need not load it. */
function https(): typeof import("node:https") {
  return process.getBuiltinModule("node:https");
}

function contextOf({ cert, key }: TlsIdentity): SecureContextOptions {
  return { cert, key, minVersion: "TLSv1.2" };
}

function sniff(socket: Socket, then: { tls(): void; other(): void }): void {
  const onError = (): void => void socket.destroy();
  socket.on("error", onError);
  socket.setTimeout(HANDSHAKE_MS, onError);
  socket.once("data", (chunk: Buffer) => {
    socket.setTimeout(0);
    socket.off("timeout", onError);
    if (chunk[0] === TLS_HANDSHAKE) {
      socket.off("error", onError);
      socket.pause();
      socket.unshift(chunk);
      return then.tls();
    }
    then.other();
    socket.end(plainAnswer(chunk), () => socket.destroy());
  });
}
