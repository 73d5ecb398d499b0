/** Says what was at fault when a command did not start. */
import { accessSync, constants, statSync } from "node:fs";

/** The system has no more of something, for now. */
const SHORTAGES = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ENOSPC"]);

/** ENOENT, ENOTDIR and EACCES are said of the program and of the folder alike: looks which one it was. */
export function blame(code: string, cwd: string | undefined): "program" | "cwd" | "system" {
  if (SHORTAGES.has(code)) return "system";
  if (cwd === undefined) return "program";
  try {
    accessSync(cwd, constants.X_OK);
    return statSync(cwd).isDirectory() ? "program" : "cwd";
  } catch {
    return "cwd";
  }
}
