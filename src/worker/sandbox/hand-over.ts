/** Folders of the worker for a command that runs as somebody else. */
import { lchownSync, lstatSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SystemUser } from "./users.ts";

/** Gives files, and folders with all that is in them, to a user; answers why that user could not get there. */
export function handOver(paths: readonly string[], user: SystemUser): string | undefined {
  for (const path of paths) {
    const problem = cannotReach(path, user);
    if (problem !== undefined) return problem;
  }
  for (const path of paths) {
    lchownSync(path, user.uid, user.gid);
    if (!lstatSync(path).isDirectory()) continue;
    for (const entry of readdirSync(path, { recursive: true, encoding: "utf8" }))
      lchownSync(join(path, entry), user.uid, user.gid);
  }
  return undefined;
}

/** A folder on the way that does not let this user pass. */
function cannotReach(path: string, { uid, gid, name }: SystemUser): string | undefined {
  if (uid === 0) return undefined;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const stat = statSync(folder);
    const bit = stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001;
    if ((stat.mode & bit) === 0) {
      const way = `${folder} does not let the user ${name ?? uid} pass to its own files`;
      return `sandbox.user: ${way}; open it with chmod o+x, or start the worker with another TMPDIR`;
    }
    if (folder === dirname(folder)) return undefined;
  }
}
