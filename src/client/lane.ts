/**
 * One kept connection for submissions, with just the HTTP/1.1 that they need. node:http costs 0.15 ms a request, twice
 * what this costs, and submissions one by one are the only calls that come by the ten thousand.
 *
 * N1  One request is under way at a time; a second one is declined, and goes the usual way.
 * N2  A request whose answer does not come fails. It is sent again only if it may be, and its connection was a kept one
 *     that broke before the first byte of an answer (TR1).
 * N3  An answer that cannot be read to its end breaks the connection, so no answer is taken for another's.
 */
import type { Socket } from "node:net";
import type { Pinned } from "../trust/pin.ts";
import {
  brokenOff,
  type Call,
  FRESH_MS,
  isClosedByPeer,
  mayRepeat,
  type Reply,
  SEQUENCE,
  silent,
  unreachable,
} from "./transport.ts";

/** An answer to a submission lists ids; longer heads and bodies are not from our server. */
const HEAD_BYTES_MAX = 64 * 1024;
/** Idle connections are given up this long before the server says that it will. */
const IDLE_MARGIN_MS = 1000;

const SEQUENCE_LINE = new RegExp(`\\r\\n${SEQUENCE}: *([^\\r]*)`, "i");

interface Current {
  call: Call;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
  /** It travels on a connection that was used before. */
  isKept: boolean;
}

export class Lane {
  readonly #url: URL;
  readonly #base: string;
  readonly #authorization: string;
  #pinned: Pinned | undefined;
  #socket: Socket | undefined;
  #current: Current | undefined;
  #received: Buffer = Buffer.alloc(0);
  /** When the connection became idle, and how long the server keeps it then. */
  #idleSince = 0;
  #idleMs = Number.POSITIVE_INFINITY;

  /** `authorization`: a header that each request carries. */
  constructor(base: string, authorization?: string) {
    this.#base = base;
    this.#url = new URL(base);
    this.#authorization = authorization === undefined ? "" : `authorization: ${authorization}\r\n`;
  }

  /** Connections are made with this from now on. To be called before the first, when the server's certificate is pinned. */
  trust(pinned: Pinned): void {
    this.#pinned = pinned;
  }

  /** Sends, or declines because another request is under way. */
  send(call: Call): Promise<Reply> | undefined {
    if (this.#current !== undefined) return undefined;
    return new Promise((resolve, reject) => {
      if (call.signal?.aborted) return reject(call.signal.reason as Error);
      call.signal?.addEventListener("abort", this.#onAbort);
      this.#current = { call, resolve, reject, isKept: this.#canTake(call) };
      this.#write(this.#current);
    });
  }

  /** Whether the connection that there is can be used for it. */
  #canTake(call: Call): boolean {
    if (this.#socket === undefined || this.#socket.destroyed) return false;
    const idleMs = performance.now() - this.#idleSince;
    return idleMs <= this.#idleMs && (mayRepeat(call) || idleMs <= FRESH_MS);
  }

  #write({ call, isKept }: Current): void {
    const socket = isKept ? this.#socket! : this.#open();
    socket.ref();
    socket.setTimeout(call.silenceMs);
    const body = call.body ?? "";
    const prefix = this.#url.pathname === "/" ? "" : this.#url.pathname;
    const head =
      `${call.method} ${prefix}${call.path} HTTP/1.1\r\nhost: ${this.#url.host}\r\n${this.#authorization}` +
      `content-type: ${call.contentType ?? "application/json"}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    socket.write(head + body, "utf8");
  }

  close(): void {
    this.#socket?.destroy();
  }

  readonly #onAbort = (): void => this.#fail(this.#current!.call.signal!.reason);

  #open(): Socket {
    this.#socket?.destroy();
    const socket = this.#connect();
    // Events of a connection that has been given up must not touch the one after it.
    const isOwn = (): boolean => this.#socket === socket;
    socket.on("data", (bytes: Buffer) => isOwn() && this.#read(bytes));
    socket.on(
      "timeout",
      () => isOwn() && this.#current !== undefined && this.#fail(silent(this.#base, this.#current.call)),
    );
    socket.on("error", (error: NodeJS.ErrnoException) => isOwn() && this.#broke(error));
    socket.on("close", () => isOwn() && this.#broke());
    this.#received = Buffer.alloc(0);
    this.#idleMs = Number.POSITIVE_INFINITY;
    return (this.#socket = socket);
  }

  #connect(): Socket {
    const host = this.#url.hostname.replace(/^\[|\]$/g, "");
    const net = process.getBuiltinModule("node:net");
    if (this.#url.protocol === "http:") return net.connect({ host, port: Number(this.#url.port || 80), noDelay: true });
    const servername = net.isIP(host) === 0 ? { servername: host } : {};
    const options = { host, port: Number(this.#url.port || 443), noDelay: true, ...servername, ...this.#pinned };
    return process.getBuiltinModule("node:tls").connect(options);
  }

  #read(bytes: Buffer): void {
    if (this.#current === undefined) return this.#fail(undefined);
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) {
      if (this.#received.length > HEAD_BYTES_MAX) this.#fail(unreachable(this.#base, "its answer is not HTTP"));
      return;
    }
    const head = this.#received.toString("latin1", 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const bodyEnd = end + 4 + Number(length ?? Number.NaN);
    if (length === undefined) {
      const body = /\r\ntransfer-encoding: *chunked/i.test(head) ? readChunks(this.#received, end + 4) : null;
      if (body === null) this.#fail(unreachable(this.#base, "its answer says no length"));
      else if (body !== undefined) this.#answer(head, body);
    } else if (this.#received.length >= bodyEnd) this.#answer(head, this.#received.toString("utf8", end + 4, bodyEnd));
  }

  #answer(head: string, body: string): void {
    const current = this.#settle()!;
    this.#received = Buffer.alloc(0);
    this.#idleSince = performance.now();
    const seconds = /\r\nkeep-alive: *timeout=(\d+)/i.exec(head)?.[1];
    this.#idleMs =
      seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Number(seconds) * 1000 - IDLE_MARGIN_MS);
    // Nobody waits for an idle connection: it must not keep the process alive, nor time out.
    this.#socket!.setTimeout(0);
    this.#socket!.unref();
    if (/\r\nconnection: *close/i.test(head)) this.#socket!.destroy();
    const contentType = /\r\ncontent-type: *([^\r]*)/i.exec(head)?.[1] ?? "";
    const sequence = SEQUENCE_LINE.exec(head)?.[1];
    const status = Number(head.slice(9, 12));
    current.resolve({ status, contentType, body, ...(sequence !== undefined && { sequence }) });
  }

  /** `error`: what it broke by; absent: the other side closed it. */
  #broke(error?: NodeJS.ErrnoException): void {
    const current = this.#current;
    const wasClosed = error === undefined || isClosedByPeer(error);
    if (wasClosed && current?.isKept === true && this.#received.length === 0 && mayRepeat(current.call)) {
      current.isKept = false;
      return this.#write(current);
    }
    const closed = unreachable(this.#base, "the connection was closed");
    this.#fail(error === undefined ? closed : brokenOff(this.#base, error));
  }

  #fail(error: unknown): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
    this.#settle()?.reject(error);
  }

  #settle(): Current | undefined {
    const current = this.#current;
    this.#current = undefined;
    current?.call.signal?.removeEventListener("abort", this.#onAbort);
    return current;
  }
}

/** The text of a chunked body that begins at `from`; undefined while it is not complete, null when it is no such body. */
function readChunks(bytes: Buffer, from: number): string | undefined | null {
  const parts: Buffer[] = [];
  for (let at = from; ;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = /^([0-9a-f]+)/i.exec(bytes.toString("latin1", at, lineEnd))?.[1];
    if (size === undefined) return null;
    const start = lineEnd + 2;
    const length = Number.parseInt(size, 16);
    if (bytes.length < start + length + 2) return undefined;
    if (length === 0) return Buffer.concat(parts).toString("utf8");
    parts.push(bytes.subarray(start, start + length));
    at = start + length + 2;
  }
}
