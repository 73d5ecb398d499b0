/**
 * Puts before a command what keeps it in: `unshare` for namespaces, a script that furnishes them (`script.ts`), `prlimit`
 * for limits and `setpriv` (or a second user namespace) that takes away what the furnishing needed.
 *
 * SW1  Whoever runs inside cannot undo it: no capability over the namespaces that were made is left to it, and no program
 *      gives it new ones (`no_new_privs`, or a user namespace below that of the mounts).
 * SW2  Standard input and output, other files that are open, the working folder and the process group are the caller's.
 */
import type { SandboxWish } from "../../protocol/work/sandbox-parts.ts";
import type { FilesPlan } from "./files.ts";
import type { Mount } from "./mounts.ts";
import { sandboxScript } from "./script.ts";
import type { Tools } from "./tools.ts";
import type { SystemUser } from "./users.ts";

/** How namespaces are had: by the rights of root, or by being root in a user namespace. */
export type SandboxMode = "root" | "user";

/** What root keeps inside: its own files and users, and no way to change the machine. */
const ROOT_KEEPS = ["chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "net_bind_service"];

export interface SandboxPlan {
  mode: SandboxMode;
  tools: Tools;
  sandbox: SandboxWish;
  /** Paths that exist; for `files: readonly`. */
  write: readonly string[];
  mounts: readonly Mount[];
  devices: readonly string[];
  user: SystemUser | undefined;
  /** The worker's own. */
  self: { uid: number; gid: number };
  /** False: its memory is bounded by other means. */
  boundsMemory: boolean;
}

export function composeArgv(argv: readonly string[], plan: SandboxPlan): string[] {
  const { mode, tools, sandbox, user, self } = plan;
  const hasNetwork = sandbox.network !== "none";
  const isReadonly = sandbox.files === "readonly";
  const isInit = sandbox.processes === "own";
  const hasNamespaces = !hasNetwork || isReadonly || isInit;
  const limits = limitArgv(plan);
  const rights = user === undefined ? [] : userArgv(tools, user);
  if (!hasNamespaces) return [...limits, ...rights, ...argv];
  const namespaces = [
    ...(hasNetwork ? [] : ["--net"]),
    ...(isReadonly ? ["--mount"] : []),
    ...(isInit ? ["--pid", "--fork", "--kill-child", "--mount-proc"] : []),
  ];
  const { mounts, devices, write } = plan;
  const isRoot = mode === "root" && user === undefined;
  const files: FilesPlan | undefined = isReadonly
    ? { tools, mounts, devices, write, isRoot, keepsProc: mode === "user", hasNewProc: isInit }
    : undefined;
  const script = isReadonly || isInit ? [tools.sh!, "-c", sandboxScript(files, isInit), "octopus-sandbox"] : [];
  if (mode === "root") {
    const bound = user === undefined ? rootArgv(tools) : rights;
    return [tools.unshare!, ...namespaces, "--", ...script, ...limits, ...bound, ...argv];
  }
  // Whoever is root in the namespace could undo what was done there: the command is in one below it, as who it was.
  const { uid, gid } = user ?? self;
  const back = [tools.unshare!, "--user", `--map-user=${uid}`, `--map-group=${gid}`, "--"];
  // Another user enters as that: in a namespace of anybody's there are no others.
  const enter = [...rights, tools.unshare!, "--user", "--map-root-user", ...namespaces, "--"];
  return [...enter, ...script, ...limits, ...back, ...noNewPrivileges(tools), ...argv];
}

function limitArgv({ tools, sandbox, boundsMemory }: SandboxPlan): string[] {
  const flags: string[] = [];
  if (sandbox.memory !== undefined && boundsMemory) flags.push(`--as=${sandbox.memory}`);
  if (sandbox.cpuTime !== undefined) {
    const seconds = Math.max(1, Math.ceil(sandbox.cpuTime / 1000));
    // The first ends what does not listen to XCPU; the second is for what does.
    flags.push(`--cpu=${seconds}:${seconds + 1}`);
  }
  if (sandbox.fileSize !== undefined) flags.push(`--fsize=${sandbox.fileSize}`);
  if (sandbox.openFiles !== undefined) flags.push(`--nofile=${sandbox.openFiles}`);
  return flags.length === 0 ? [] : [tools.prlimit!, ...flags, "--"];
}

function userArgv(tools: Tools, { uid, gid, name }: SystemUser): string[] {
  const groups = name === undefined ? "--clear-groups" : "--init-groups";
  const drop = uid === 0 ? boundingSet() : ["--bounding-set=-all"];
  return [
    tools.setpriv!,
    `--reuid=${uid}`,
    `--regid=${gid}`,
    groups,
    ...drop,
    "--inh-caps=-all",
    "--no-new-privs",
    "--",
  ];
}

function rootArgv(tools: Tools): string[] {
  return [tools.setpriv!, ...boundingSet(), "--inh-caps=-all", "--no-new-privs", "--"];
}

function boundingSet(): string[] {
  return [`--bounding-set=-all,${ROOT_KEEPS.map((name) => `+${name}`).join(",")}`];
}

function noNewPrivileges(tools: Tools): string[] {
  return tools.setpriv === undefined ? [] : [tools.setpriv, "--no-new-privs", "--"];
}
