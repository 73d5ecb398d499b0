/**
 * What of a sandbox this machine can do. Versions and settings tell little of that (containers, AppArmor, sysctls each have a
 * say), so every part is tried once, for real, with a command that says whether it is kept from what it is to be kept from.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SANDBOX_PARTS, type SandboxPart, type SandboxWish, sandboxLabel } from "../../protocol/work/sandbox-parts.ts";
import { composeArgv, type SandboxMode, type SandboxPlan } from "./argv.ts";
import { HAS_PERL_WAY } from "./files.ts";
import { readMounts } from "./mounts.ts";
import { findTools, type ToolName, type Tools } from "./tools.ts";

export interface SandboxAbilities {
  mode: SandboxMode;
  tools: Tools;
  /** The parts that work here. */
  can: ReadonlySet<SandboxPart>;
  /** Why each of the others does not. */
  why: ReadonlyMap<SandboxPart, string>;
}

const TRY_MS = 5000;
/** Anybody who is not root will do. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const NEEDS: Record<SandboxPart, readonly ToolName[]> = {
  network: ["unshare", "setpriv"],
  files: ["unshare", "setpriv", "mount", "mountpoint", "sh"],
  processes: ["unshare", "setpriv", "sh"],
  user: ["setpriv"],
  limits: ["prlimit"],
};

let known: Promise<SandboxAbilities> | undefined;

/** Found out once in the life of a process: what a kernel allows does not change by itself. */
export function detectSandbox(): Promise<SandboxAbilities> {
  known ??= detect().catch((error: unknown) => {
    known = undefined;
    throw error;
  });
  return known;
}

/** What the worker says of itself because of it. */
export function sandboxLabels({ can }: SandboxAbilities): Record<string, string> {
  return Object.fromEntries([...can].map((part) => [sandboxLabel(part), "yes"]));
}

async function detect(): Promise<SandboxAbilities> {
  const { perl, ...tools } = findTools();
  if (process.platform !== "linux") {
    const why = `needs Linux, and this is ${process.platform}`;
    return { mode: "user", tools, can: new Set(), why: new Map(SANDBOX_PARTS.map((part) => [part, why])) };
  }
  const isRoot = process.getuid!() === 0;
  const modes: SandboxMode[] = isRoot ? ["root", "user"] : ["user"];
  const sets = perl !== undefined && HAS_PERL_WAY ? [{ ...tools, perl }, tools] : [tools];
  let best: SandboxAbilities | undefined;
  // Root in a container may have been left no right to namespaces, and may still have those that anybody has.
  for (const mode of modes) {
    for (const set of sets) {
      const found = await tryMode(mode, set);
      if (best === undefined || found.can.size > best.can.size) best = found;
      if (found.can.has("files")) return best;
    }
  }
  return best!;
}

async function tryMode(mode: SandboxMode, tools: Tools): Promise<SandboxAbilities> {
  const can = new Set<SandboxPart>();
  const why = new Map<SandboxPart, string>();
  const work = await mkdtemp(join(tmpdir(), "octopus-sandbox-"));
  try {
    // Everybody may write there, but for what is tried.
    await chmod(work, 0o711);
    const [denied, allowed] = [join(work, "denied"), join(work, "allowed")];
    for (const folder of [denied, allowed]) {
      await mkdir(folder);
      await chmod(folder, 0o777);
    }
    const place = { mode, tools, denied, allowed };
    // Where all of it works, and that is the usual, one try says so.
    if ((await tryParts(SANDBOX_PARTS, place)) === undefined) for (const part of SANDBOX_PARTS) can.add(part);
    else {
      const tries = SANDBOX_PARTS.map(async (part) => {
        const problem = await tryParts([part], place);
        if (problem === undefined) can.add(part);
        else why.set(part, problem);
      });
      await Promise.all(tries);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  // In the order of the words, whichever answered first.
  return { mode, tools, can: new Set(SANDBOX_PARTS.filter((part) => can.has(part))), why };
}

interface TryPlace {
  mode: SandboxMode;
  tools: Tools;
  denied: string;
  allowed: string;
}

async function tryParts(parts: readonly SandboxPart[], place: TryPlace): Promise<string | undefined> {
  const { mode, tools, denied, allowed } = place;
  const missing = parts.flatMap((part) => NEEDS[part]).filter((name) => tools[name] === undefined);
  if (missing.length > 0) return `${missing.join(", ")} is not installed (package util-linux)`;
  const self = { uid: process.getuid!(), gid: process.getgid!() };
  const hasUser = parts.includes("user");
  if (hasUser && self.uid !== 0) return "only a worker that runs as root can start commands as somebody else";
  const plan: SandboxPlan = {
    mode,
    tools,
    sandbox: Object.assign({}, ...parts.map((part) => TRIES[part][0])) as SandboxWish,
    write: [allowed],
    mounts: parts.includes("files") ? await readMounts() : [],
    devices: parts.includes("files") ? await listDevices() : [],
    user: hasUser ? NOBODY : undefined,
    self,
    boundsMemory: true,
  };
  const checks = parts.map((part) => TRIES[part][1]).join("\n");
  return attempt(composeArgv([tools.sh ?? "/bin/sh", "-c", checks, "sh", denied, allowed], plan));
}

/** What is asked for, and a command that succeeds only when it is so. */
const TRIES: Record<SandboxPart, [SandboxWish, string]> = {
  network: [
    { network: "none" },
    'while read -r line; do case "$line" in *"|"*|lo:*) ;; *) echo "still has $line" >&2; exit 1;; esac; done </proc/net/dev',
  ],
  files: [
    { files: "readonly" },
    ': >"$2/x" || exit 1; if ( : >"$1/x" ) 2>/dev/null; then echo "still could write" >&2; exit 1; fi; : >/dev/null',
  ],
  processes: [{ processes: "own" }, 'if [ $$ -gt 9 ]; then echo "still sees other processes" >&2; exit 1; fi'],
  user: [{}, 'if [ "$(id -u)" != 65534 ]; then echo "is still $(id -u)" >&2; exit 1; fi'],
  limits: [{ openFiles: 64 }, 'if [ "$(ulimit -n)" != 64 ]; then echo "still may have $(ulimit -n)" >&2; exit 1; fi'],
};

function attempt([program, ...args]: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program!, args, { timeout: TRY_MS, killSignal: "SIGKILL" }, (error, _, stderr) => {
      if (error === null) return resolve(undefined);
      const said = stderr.trim().split("\n").at(-1)!;
      resolve(said === "" ? `${program} was tried and failed (${error.signal ?? `code ${error.code}`})` : said);
    });
  });
}

/** Paths of the devices of this machine. */
export async function listDevices(): Promise<string[]> {
  const entries = await readdir("/dev", { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isCharacterDevice()).map(({ name }) => `/dev/${name}`);
}
