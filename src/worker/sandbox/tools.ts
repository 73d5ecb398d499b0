/**
 * The programs of util-linux that a sandbox is made of. They are found once, in the usual folders and not in a PATH that a
 * task could set: whoever names the program names what is kept from the command.
 */
import { accessSync, constants } from "node:fs";

const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
const NAMES = ["sh", "unshare", "mount", "mountpoint", "setpriv", "prlimit", "getent", "perl"] as const;
export type ToolName = (typeof NAMES)[number];

/** Where each is; absent = not on this machine. */
export type Tools = Readonly<Partial<Record<ToolName, string>>>;

export function findTools(): Tools {
  const tools: Partial<Record<ToolName, string>> = {};
  for (const name of NAMES) {
    const path = FOLDERS.map((folder) => `${folder}/${name}`).find(isProgram);
    if (path !== undefined) tools[name] = path;
  }
  return tools;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
