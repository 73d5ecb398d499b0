/** The server of this machine, if there is one. */
import { below } from "../../base/namespace-url.ts";
import { readServerFile, serverFileOf } from "../../config/server-file.ts";
import type { ServerRef } from "../../worker/reach/server-access.ts";

const ANSWER_MS_MAX = 1000;

/** The one whose data directory this is, by the file that it keeps there while it runs; with the right of a worker. */
export function onThisMachine(dataDir: string): ServerRef | undefined {
  const own = readServerFile(dataDir);
  if (own === undefined) return undefined;
  const { url, fingerprint, token: any, workerToken: token = any } = own;
  return { urls: [url], fingerprint, token, ...(token !== undefined && { tokenFile: serverFileOf(dataDir) }) };
}

/** Whether a server answers at this address. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(below(url, "/livez"), { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
