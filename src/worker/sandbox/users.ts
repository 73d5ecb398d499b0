/** The user that a command runs as, by name or number. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Tools } from "./tools.ts";

const run = promisify(execFile);

export interface SystemUser {
  uid: number;
  gid: number;
  /** Absent: a number that has no entry among the machine's users. */
  name?: string;
  home?: string;
}

/** Undefined: no such user here. */
export async function findUser(wanted: string, tools: Tools): Promise<SystemUser | undefined> {
  const entry = tools.getent === undefined ? undefined : await lookUp(tools.getent, wanted);
  if (entry !== undefined) return entry;
  if (!/^\d{1,10}$/.test(wanted)) return undefined;
  const uid = Number(wanted);
  return uid > 0xffff_fffe ? undefined : { uid, gid: uid };
}

async function lookUp(getent: string, wanted: string): Promise<SystemUser | undefined> {
  try {
    const { stdout } = await run(getent, ["passwd", "--", wanted], { timeout: 5000 });
    const [name, , uid, gid, , home] = stdout.split("\n")[0]!.split(":");
    if (name === undefined || uid === undefined || gid === undefined) return undefined;
    return { name, uid: Number(uid), gid: Number(gid), ...(home !== undefined && home !== "" && { home }) };
  } catch {
    // It exits with 2 for one that it does not know.
    return undefined;
  }
}
