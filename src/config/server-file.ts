/**
 * `server.json` in a data directory: where its server is, and the right to ask it, for commands of the same user on the
 * same machine. It is there while the server runs; its tokens are good as long.
 *
 * SF1  Nobody but its owner can read it, from the moment that it exists.
 * SF2  A file that a killed server left behind is not believed: its process is gone, or is another one that does not know
 *      the token.
 * SF3  A file of another user is not believed: he may have laid it into a folder that all may write, and would have
 *      whoever starts a worker there run his commands. Root may be the other one, and believes whom he asks.
 */
import { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

export interface ServerFile {
  url: string;
  pid: number;
  /** Of the certificate authority; absent: plain HTTP. */
  fingerprint?: string | undefined;
  /** Absent: no token is needed. */
  token?: string | undefined;
  /** With it one can be a worker, and nothing else; an older server writes none. */
  workerToken?: string | undefined;
}

/** Where it lies, whatever folder is the present one later. */
export function serverFileOf(dir: string): string {
  return resolve(dir, "server.json");
}

export function writeServerFile(dir: string, file: ServerFile): void {
  const path = serverFileOf(dir);
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(file)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(`${path}.new`, path);
}

/** What the server that runs on this data directory says; undefined when none runs. `user`: who asks, where there are users. */
export function readServerFile(dir: string, user = process.getuid?.()): ServerFile | undefined {
  let content: unknown;
  try {
    const file = openSync(serverFileOf(dir), "r");
    try {
      const owner = fstatSync(file).uid;
      if (user !== undefined && user !== 0 && owner !== user && owner !== 0) return undefined;
      content = JSON.parse(readFileSync(file, "utf8"));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
  return isServerFile(content) && isAlive(content.pid) ? content : undefined;
}

function isServerFile(content: unknown): content is ServerFile {
  if (typeof content !== "object" || content === null) return false;
  const { url, pid, fingerprint, token, workerToken } = content as Record<string, unknown>;
  if (typeof url !== "string" || !/^https?:\/\//.test(url)) return false;
  if (!Number.isSafeInteger(pid) || (pid as number) <= 0) return false;
  return [fingerprint, token, workerToken].every((one) => one === undefined || typeof one === "string");
}

export function removeServerFile(dir: string): void {
  rmSync(serverFileOf(dir), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
