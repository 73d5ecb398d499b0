/** The server of this machine, if there is one. */
import { readServerFile } from "../../config/server-file.ts";
import type { ServerRef } from "../../worker/reach/server-access.ts";

const ANSWER_MS_MAX = 1000;

/** The one whose data directory this is, by the file that it keeps there while it runs. */
export function onThisMachine(dataDir: string): ServerRef | undefined {
  const own = readServerFile(dataDir);
  return own && { urls: [own.url], fingerprint: own.fingerprint, token: own.token };
}

/** Whether a server answers at this address. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL("/livez", url), { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
