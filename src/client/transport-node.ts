/**
 * The transport for Node: node:http with kept connections costs a third of what `fetch` does per request. The modules are
 * taken from `process`, not imported, so that a bundler for browsers finds nothing of Node here.
 */
import type { Agent, IncomingMessage, RequestOptions } from "node:http";
import { Lane } from "./lane.ts";
import { pin, type Pinned } from "../trust/pin.ts";
import {
  brokenOff,
  type Call,
  type Credentials,
  FRESH_MS,
  isClosedByPeer,
  mayRepeat,
  type Reply,
  SEQUENCE,
  silent,
  type StreamReply,
  type Transport,
} from "./transport.ts";

/** Connections kept open while nothing is asked. */
const IDLE_SOCKETS_MAX = 64;

/** A transport for the server at `base`, an http or https address without a slash at its end. */
export function createNodeTransport(base: string, { token, fingerprint }: Credentials = {}): Transport {
  const { request, shared, prefix, isNamed } = wayTo(new URL(base), token);
  const { agent } = shared;
  const dropIdle = idleDropper(agent);

  /** Sends, and settles with the head of the answer. `again`: a kept connection had been closed, and this is the second try. */
  const open = (call: Call, again = false): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = { ...shared.headers, ...call.headers };
      if (call.body !== undefined) {
        headers["content-type"] = call.contentType ?? "application/json";
        headers["content-length"] = Buffer.byteLength(call.body);
      }
      if (!mayRepeat(call)) dropIdle();
      const options: RequestOptions = {
        ...shared,
        // What closed one kept connection, a restart above all, has closed the others too.
        agent: again ? false : agent,
        method: call.method,
        path: prefix + call.path,
        headers,
        timeout: call.silenceMs,
      };
      if (call.signal !== undefined) options.signal = call.signal;
      let isSilent = false;
      const sent = request(options, resolve);
      sent.on("timeout", () => {
        isSilent = true;
        sent.destroy();
      });
      sent.on("error", (error: NodeJS.ErrnoException) => {
        if (call.signal?.aborted) return reject(call.signal.reason);
        if (isSilent) return reject(silent(base, call));
        const wasClosed = sent.reusedSocket && isClosedByPeer(error);
        if (wasClosed && mayRepeat(call) && !again) return resolve(open(call, true));
        return reject(brokenOff(base, error));
      });
      sent.end(call.body);
    });

  const lane = isNamed ? undefined : new Lane(base, shared.headers.authorization);
  const trust = createTrust(new URL(base), fingerprint, (pinned) => {
    Object.assign(shared, pinned);
    lane?.trust(pinned);
  });

  return {
    async call(call: Call): Promise<Reply> {
      if (!trust.isSettled) await trust.settle();
      const quick = call.isFrequent === true ? lane?.send(call) : undefined;
      if (quick !== undefined) return quick;
      const response = await open(call);
      const body = await readAll(response, (error) => broken(base, call, error));
      return { ...headOf(response), body };
    },
    async stream(call: Call): Promise<StreamReply> {
      if (!trust.isSettled) await trust.settle();
      const response = await open(call);
      return { ...headOf(response), chunks: chunksOf(response, (error) => broken(base, call, error)) };
    },
    close() {
      agent.destroy();
      lane?.close();
    },
  };
}

/** Gives up the kept connections that were not used within `FRESH_MS` (TR2). */
function idleDropper(agent: Agent): () => void {
  const freeSince = new WeakMap<Socket, number>();
  agent.on("free", (socket: Socket) => freeSince.set(socket, performance.now()));
  return () => {
    const now = performance.now();
    for (const sockets of Object.values(agent.freeSockets))
      for (const socket of sockets ?? []) if (now - (freeSince.get(socket) ?? 0) > FRESH_MS) socket.destroy();
  };
}

type Socket = IncomingMessage["socket"];

interface Way {
  request: typeof import("node:http").request;
  shared: Omit<RequestOptions, "headers"> & { agent: Agent; headers: { authorization?: string } };
  /** Path of the server's address. */
  prefix: string;
  /** The address holds a name and a password. */
  isNamed: boolean;
}

/** What all requests to a server have in common. */
function wayTo(url: URL, token: string | undefined): Way {
  const secure = url.protocol === "https:";
  const http = process.getBuiltinModule(secure ? "node:https" : "node:http") as typeof import("node:http");
  const shared: Way["shared"] = {
    agent: new http.Agent({ keepAlive: true, maxFreeSockets: IDLE_SOCKETS_MAX }),
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 443 : 80) : url.port,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  };
  const isNamed = url.username !== "" && token === undefined;
  if (isNamed) shared.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { request: http.request, shared, prefix: url.pathname === "/" ? "" : url.pathname, isNamed };
}

interface Trust {
  readonly isSettled: boolean;
  settle(): Promise<void>;
}

/** Nothing is sent before it is known that this is the server that was meant; `use` gets what makes connections safe. */
function createTrust(url: URL, fingerprint: string | undefined, use: (pinned: Pinned) => void): Trust {
  let pinning: Promise<void> | undefined;
  let isSettled = fingerprint === undefined || url.protocol === "http:";
  const look = async (): Promise<void> => {
    try {
      use(await pin(url, fingerprint!));
      isSettled = true;
    } finally {
      // The next call looks again: the server may be away for a moment.
      pinning = undefined;
    }
  };
  return {
    get isSettled() {
      return isSettled;
    },
    settle: () => (pinning ??= look()),
  };
}

function broken(base: string, call: Call, error: NodeJS.ErrnoException): unknown {
  return call.signal?.aborted ? call.signal.reason : brokenOff(base, error);
}

function headOf({ statusCode, headers }: IncomingMessage) {
  const sequence = headers[SEQUENCE] as string | undefined;
  return {
    status: statusCode!,
    contentType: headers["content-type"] ?? "",
    ...(sequence !== undefined && { sequence }),
  };
}

function readAll(response: IncomingMessage, explain: (error: Error) => unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("end", () => resolve((parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString("utf8")));
    response.on("error", (error) => reject(explain(error)));
  });
}

async function* chunksOf(response: IncomingMessage, explain: (error: Error) => unknown): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    throw explain(error as Error);
  }
}
