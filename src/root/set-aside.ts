/**
 * Folders of a data directory that were set aside: namespaces that were deleted, and replicas of such that a server of a
 * cluster found when it came back. They go after a while (`data.keep.deleted`).
 *
 * SA1  A folder that is being removed has another name first: what was begun is ended later, and nobody brings half of it back.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { asideIn, asideFolder, GOING, goingIn, letGo, namespacesFolder } from "./namespace-folders.ts";
import type { Log } from "../engine/ports.ts";

const LOOK_MS = 600_000;

export interface AsideSweeper {
  /** Looks now. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** Looks at once, and then every ten minutes. */
export function sweepAside(dataDir: string, keepMs: number, log: Log): AsideSweeper {
  const folder = namespacesFolder(dataDir);
  let last = Promise.resolve();
  const look = (): Promise<void> => {
    last = last.then(() => (folder === undefined ? undefined : sweep(folder, keepMs, log)));
    return last;
  };
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  void look();
  return {
    look,
    close() {
      clearInterval(timer);
      return last;
    },
  };
}

/** Removes one for good. */
export async function removeAside(folder: string, id: string): Promise<void> {
  letGo(folder, id);
  await rm(join(asideFolder(folder), GOING + id), { recursive: true, force: true });
}

async function sweep(folder: string, keepMs: number, log: Log): Promise<void> {
  try {
    for (const { id, at } of asideIn(folder)) {
      if (Date.now() - at < keepMs) continue;
      await removeAside(folder, id);
      log.info({ folder: join(asideFolder(folder), id) }, "what was kept of a deleted namespace is gone");
    }
    for (const rest of goingIn(folder)) await rm(join(asideFolder(folder), rest), { recursive: true, force: true });
  } catch (error) {
    log.warn({ cause: String(error) }, "what is kept of deleted namespaces could not be looked through");
  }
}
