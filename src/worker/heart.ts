/**
 * Signs of life from a thread of their own. A function that computes for a minute without a pause holds the worker's loop,
 * and with it every message; the worker lives all the same, and its lease must not run out. A suspended or dead process has
 * no living threads, so the lease still means what it says.
 */
import type { ServerAccess } from "./reach/server-access.ts";

export interface Beat {
  /** Base URL of the server. */
  url: string;
  name: string;
  session: string;
  everyMs: number;
  /** What shows who asks; empty where nobody has to. */
  headers: Record<string, string>;
  /** What the server's certificate must come from; absent: what the machine trusts. */
  authority: ServerAccess["authority"];
}

/** A beat for this session. */
export function beatOf(server: ServerAccess, name: string, welcome: { session: string; heartbeatMs: number }): Beat {
  const { session, heartbeatMs: everyMs } = welcome;
  const { url, authority } = server;
  return { url, name, session, everyMs, headers: server.headers(), authority };
}

export interface Heart {
  /** Beats for this session from now on, instead of the one before. */
  beat(beat: Beat): void;
  stop(): void;
}

/** A small heap: the thread keeps nothing. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 };

export function startHeart(): Heart {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  // As text, because a thread that loads a module brings a module loader of its own: 12 MB instead of 28, and 44 from source.
  const thread = new Worker(`(${beatForever.toString()})()`, { eval: true, resourceLimits: LIMITS });
  thread.unref();
  // Without it the worker's own heartbeats go on; only a function that holds the loop is then taken for a dead worker.
  thread.on("error", (error) => process.emitWarning(`the heartbeat thread ended: ${String(error)}`));
  return {
    beat: (beat) => thread.postMessage(beat),
    stop: () => void thread.terminate(),
  };
}

/** What the thread does: a post at each interval, as long as the server knows the session. It sees nothing around it, so it has no imports. */
function beatForever(): void {
  const http = require("node:http") as typeof import("node:http");
  const https = require("node:https") as typeof import("node:https");
  const { parentPort } = require("node:worker_threads") as typeof import("node:worker_threads");
  let timer: NodeJS.Timeout | undefined;

  parentPort!.on("message", (beat: Beat) => {
    clearInterval(timer);
    timer = setInterval(() => send(beat), beat.everyMs);
  });

  function send({ url, name, session, headers: shown, authority }: Beat): void {
    const target = new URL(`${url}/api/v1/workers/${encodeURIComponent(name)}/beat`);
    const body = JSON.stringify({ session });
    const headers = { ...shown, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const client = target.protocol === "https:" ? https : http;
    const pinned =
      authority === undefined
        ? {}
        : {
            ca: authority.pem,
            allowPartialTrustChain: true,
            rejectUnauthorized: true,
            ...(authority.anyName && { checkServerIdentity: () => undefined }),
          };
    const request = client.request(target, { method: "POST", headers, ...pinned }, (response) => {
      response.resume();
      // The session is over, or the right to it; the worker's next welcome starts the beats again.
      if ([401, 403, 404].includes(response.statusCode!)) clearInterval(timer);
    });
    request.setTimeout(10_000, () => request.destroy());
    // A server that is away is the link's business.
    request.on("error", () => undefined);
    request.end(body);
  }
}
