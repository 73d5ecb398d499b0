/**
 * Fetches files of other tasks over HTTP: `GET /api/v1/artifacts/{sha256}`. A server that is away is asked again, with
 * growing waits, until it gives the file or nobody waits for it any more.
 */
import type http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { OctopusError } from "../../base/errors.ts";
import type { FileServer } from "../work.ts";
import { BrokenContent, type FetchFile, notKept, writeChecked } from "./fetch-file.ts";

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 5000;
/** Times in a row that other bytes may come than those that were asked for. */
const BROKEN_MAX = 3;
/** It is told of at first, and then about once a minute. */
const TOLD_EVERY = 12;
/** The server says nothing for so long: the connection is taken for dead. */
const SILENCE_MS = 60_000;

export function fetchOverHttp(server: FileServer): FetchFile {
  return async (file, target, { signal, onWait }) => {
    for (let failures = 0, broken = 0; ; failures++) {
      const sent = server.request(`/api/v1/artifacts/${file.sha256}`, { signal, timeout: SILENCE_MS });
      let why = "the server does not answer";
      try {
        const response = await answerOf(sent);
        if (response.statusCode === 200) return await writeChecked(file, target, response, signal);
        response.resume();
        if (response.statusCode === 404) throw notKept(file);
        why = `the server answered ${response.statusCode}`;
        if (!server.mayAnswerOtherwise(response.statusCode!))
          throw new OctopusError("failed", `the file ${file.path} could not be fetched: ${why}`);
      } catch (error) {
        sent.destroy();
        signal.throwIfAborted();
        if (error instanceof OctopusError || isOfThisMachine(error)) throw error;
        if (error instanceof BrokenContent) {
          why = error.message;
          if (++broken >= BROKEN_MAX)
            throw new OctopusError("failed", `the file ${file.path} came broken ${broken} times: ${why}`);
        }
      }
      if (failures % TOLD_EVERY === 0) onWait?.(why);
      await wait(Math.min(WAIT_MS_MIN * 2 ** failures, WAIT_MS_MAX), undefined, { signal });
    }
  };
}

function answerOf(sent: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on("timeout", () => sent.destroy(new Error("the server fell silent")));
    sent.on("error", reject);
    sent.on("response", resolve);
    sent.end();
  });
}

/** No room, no rights: trying again at once brings nothing. */
function isOfThisMachine(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  return ["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "ENOENT", "EISDIR", "ENOTDIR", "EMFILE"].includes(code);
}
