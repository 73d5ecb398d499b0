/** The door to sandboxes for those who start processes: what to start instead, or why it cannot be done here. */
import { access } from "node:fs/promises";
import { type SandboxPart, type SandboxWish, sandboxParts } from "../../protocol/work/sandbox-parts.ts";
import { composeArgv } from "./argv.ts";
import { detectSandbox, listDevices, type SandboxAbilities } from "./detect.ts";
import { readMounts } from "./mounts.ts";
import { findUser, type SystemUser } from "./users.ts";

/** Variables by which a program is told to load or run something: they must not reach those that make the sandbox. */
const LOADED = /^(?:LD_|PERL|BASH|GLIBC_|MALLOC_|LIBMOUNT_|(?:GCONV_PATH|LOCPATH|NLSPATH|SHELLOPTS|PS4|ENV|IFS)$)/;
/** Says them to the command alone. */
const ENV_PROGRAM = "/usr/bin/env";

export interface SandboxNeeds {
  /** What its environment has beside that of the worker. */
  env: Readonly<Record<string, string>>;
  /** Files and folders that it can write to, beside those that the sandbox names. They exist. */
  write: readonly string[];
  /** For temporary files; one of `write`, or inside one. */
  tmp?: string | undefined;
  /** False: its memory is bounded by other means (`--max-old-space-size`), and not by what it may map. Default true. */
  boundsMemory?: boolean;
}

/** What to start. */
export interface Wrapped {
  argv: string[];
  /** `env` with what belongs to the sandbox, where it said nothing of that. */
  env: Record<string, string>;
  /** What it runs as, when that is somebody else: its own folders must be that user's. */
  user?: SystemUser;
}

/** Why it cannot be done on this worker; another one may be able to. */
export interface NotWrapped {
  problem: string;
}

export async function wrapArgv(
  argv: readonly string[],
  sandbox: SandboxWish,
  needs: SandboxNeeds,
): Promise<Wrapped | NotWrapped> {
  const abilities = await detectSandbox();
  const problem = lacks(abilities, sandbox) ?? (await notThere(sandbox));
  if (problem !== undefined) return { problem };
  const { tools, mode } = abilities;
  const { user: wanted } = sandbox;
  const user = wanted === undefined ? undefined : await findUser(wanted, tools);
  if (wanted !== undefined && user === undefined)
    return { problem: `sandbox.user: this machine has no user ${JSON.stringify(wanted)}` };
  const { env, late } = environment(needs, user);
  const isReadonly = sandbox.files === "readonly";
  const composed = composeArgv(late.length === 0 ? argv : [ENV_PROGRAM, ...late, ...argv], {
    mode,
    tools,
    sandbox,
    write: [...needs.write, ...(sandbox.write ?? [])],
    mounts: isReadonly ? await readMounts() : [],
    devices: isReadonly ? await listDevices() : [],
    user,
    self: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    boundsMemory: needs.boundsMemory ?? true,
  });
  return { argv: composed, env, ...(user !== undefined && { user }) };
}

function environment({ env: own, tmp }: SandboxNeeds, user: SystemUser | undefined) {
  const env: Record<string, string> = {};
  const late: string[] = [];
  if (tmp !== undefined) env["TMPDIR"] = tmp;
  if (user !== undefined) env["HOME"] = user.home ?? tmp ?? "/";
  if (user?.name !== undefined) Object.assign(env, { USER: user.name, LOGNAME: user.name });
  for (const [name, value] of Object.entries(own)) {
    if (LOADED.test(name)) late.push(`${name}=${value}`);
    else env[name] = value;
  }
  return { env, late };
}

function lacks({ can, why }: SandboxAbilities, sandbox: SandboxWish): string | undefined {
  const parts = sandboxParts(sandbox).filter((part) => !can.has(part));
  if (parts.length === 0) return undefined;
  const said = parts.map((part) => `${WORDS[part]} (sandbox.${part}: ${why.get(part) ?? "not tried"})`);
  return `this worker's machine cannot ${said.join(", nor ")}`;
}

const WORDS: Record<SandboxPart, string> = {
  network: "keep a command from the network",
  files: "make files read-only for a command",
  processes: "hide other processes from a command",
  user: "start a command as another user",
  limits: "limit what a command uses",
};

async function notThere({ files, write = [] }: SandboxWish): Promise<string | undefined> {
  if (files !== "readonly") return undefined;
  for (const path of write) {
    try {
      await access(path);
    } catch (error) {
      return `sandbox.write: ${path} cannot be used on this worker (${(error as NodeJS.ErrnoException).code})`;
    }
  }
  return undefined;
}
