/**
 * Hands files of attempts to the server over HTTP: `PUT /api/v1/artifacts`. A server that is away or has no room is asked
 * again, with growing waits, until it takes the file or nobody waits for it any more.
 */
import type http from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { OctopusError } from "../base/errors.ts";
import { type KeepFile, type OpenedSource, openSource } from "./keep-file.ts";
import type { FileServer } from "./work.ts";

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 5000;
/** Times in a row that a server may break off an upload: one that finds the file too large may do so and say nothing. */
const BROKEN_MAX = 5;
/** It is told of at first, and then about once a minute: on a full disk no log has room for it either. */
const TOLD_EVERY = 12;
/** The server says nothing for so long: the connection is taken for dead. */
const SILENCE_MS = 60_000;

export function keepOverHttp(server: FileServer): KeepFile {
  return async (source, { bytesMax, signal, onWait }) => {
    const opened = await openSource(source, bytesMax);
    try {
      for (let failures = 0, broken = 0; ; failures++) {
        const send = put((options) => server.request("/api/v1/artifacts", options), opened, signal);
        const answer = await send.catch((error: NodeJS.ErrnoException) => {
          signal.throwIfAborted();
          // What is wrong with the file will be wrong next time.
          if (error instanceof OctopusError) throw error;
          broken = error.code === "ECONNRESET" || error.code === "EPIPE" ? broken + 1 : 0;
          return undefined;
        });
        if (broken >= BROKEN_MAX) {
          throw new OctopusError("failed", "the server broke off its upload again and again; see limits.artifact");
        }
        if (answer?.status === 201) {
          const { sha256: hash, bytes } = JSON.parse(answer.text) as { sha256: string; bytes: number };
          return { hash, bytes };
        }
        if (answer !== undefined && !server.mayAnswerOtherwise(answer.status)) throw refusal(answer);
        if (failures % TOLD_EVERY === 0)
          onWait?.(answer === undefined ? "the server does not answer" : refusal(answer).message);
        await wait(Math.min(WAIT_MS_MIN * 2 ** failures, WAIT_MS_MAX), undefined, { signal });
      }
    } finally {
      await opened.close();
    }
  };
}

interface Answer {
  status: number;
  text: string;
}

type Request = (options: http.RequestOptions) => http.ClientRequest;

function put(request: Request, opened: OpenedSource, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/octet-stream", "content-length": opened.bytes };
    const sent = request({ method: "PUT", headers, signal, timeout: SILENCE_MS });
    sent.on("timeout", () => sent.destroy(new Error("the server fell silent")));
    sent.on("error", reject);
    // A server that refuses the file answers before it has read it; what becomes of the rest does not matter then.
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    pipeline(Readable.from(opened.chunks(), { objectMode: false }), sent).catch(reject);
  });
}

function refusal({ status, text }: Answer): OctopusError {
  let detail = `the server answered ${status}`;
  try {
    detail = (JSON.parse(text) as { detail?: string }).detail ?? detail;
  } catch {
    // Not our server's words; the status must do.
  }
  return new OctopusError(status === 413 ? "too_large" : "failed", detail);
}
