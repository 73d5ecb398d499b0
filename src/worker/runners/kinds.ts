/**
 * How a plugin is run: by which program, with which arguments, in which sandbox. Attempts that agree in all of that share
 * their processes.
 */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OctopusError } from "../../base/errors.ts";
import type { PluginCopy } from "../../protocol/plugin.ts";
import type { SandboxWish } from "../../protocol/work/sandbox-parts.ts";
import { WITHHELD } from "../attempt-env.ts";
import type { PluginCopies } from "../plugins/copies.ts";
import { RUNNER_ANSWER_FD, RUNNER_FD } from "./guard.ts";
import { RUNNER_MARK } from "./left-behind.ts";
import type { PreparedRunner, RunnerKind } from "./pool.ts";

export interface RunnerPlace {
  copies: PluginCopies;
  /** The interpreter, by the name of its virtual environment (`""`: the worker's own); throws with words. */
  python(venv: string | undefined): string;
  /** Folder for what runners write in a sandbox, for this worker alone; absent = one for temporary files. */
  scratch?: string | undefined;
}

export interface RunnerWish {
  copy: PluginCopy;
  venv: string | undefined;
  sandbox: SandboxWish | undefined;
  /** Which units of its worker it may use; a library that has taken one at its start does not let it go. */
  devices: string | undefined;
  /** Told of files that are waited for. */
  onWait(why: string): void;
}

/** What cannot be done on this worker and may be on another one. */
export class NotHere extends Error {}

let last = 0;

export function runnerKind(place: RunnerPlace, wish: RunnerWish): RunnerKind {
  const { copy, venv, sandbox, devices } = wish;
  const isPlain = venv === undefined && sandbox === undefined && devices === undefined;
  return {
    key: isPlain ? copy.hash : JSON.stringify([copy.hash, venv, sandbox, devices]),
    prepare: (signal) => prepare(place, wish, signal),
  };
}

async function prepare(place: RunnerPlace, wish: RunnerWish, signal: AbortSignal): Promise<PreparedRunner> {
  const { copy, sandbox, devices } = wish;
  const held = await place.copies.take(copy, { signal, onWait: wish.onWait });
  const made: string[] = [];
  const release = (): void => {
    held.release();
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const env: Record<string, string> = { [RUNNER_MARK]: `${process.pid}-${++last}` };
    if (devices !== undefined) env["CUDA_VISIBLE_DEVICES"] = devices;
    const base = { cwd: process.cwd(), release };
    if (sandbox === undefined)
      return { ...base, argv: argvOf(place, wish, held.folder), env: { ...inherited(), ...env } };
    const own = sandbox.user === undefined ? place.scratch : undefined;
    const folder = scratchFolder(own);
    made.push(folder);
    const code = sandbox.user === undefined ? held.folder : lendCopy(held.folder, folder);
    const inside = await inSandbox(argvOf(place, wish, code), sandbox, env, folder, copy.language !== "python");
    return { ...base, argv: inside.argv, env: { ...inherited(), ...inside.env } };
  } catch (error) {
    release();
    throw error;
  }
}

function argvOf(place: RunnerPlace, { copy, venv, sandbox }: RunnerWish, folder: string): string[] {
  const settings = {
    name: copy.name,
    folder,
    entry: copy.files[0]!.path,
    control: RUNNER_FD,
    answers: RUNNER_ANSWER_FD,
    sendsFiles: sandbox !== undefined,
  };
  const text = JSON.stringify(settings);
  if (copy.language === "python") return [place.python(venv), program("./python/runner.py"), text];
  if (copy.language === "wasm") {
    const message = `the plugin ${copy.name} is a WebAssembly module: run it as a task of the kind wasm`;
    throw new OctopusError("invalid", message);
  }
  const memory = sandbox?.memory === undefined ? [] : [`--max-old-space-size=${mebibytes(sandbox.memory)}`];
  const main = program(`./node/main${extname(import.meta.url)}`);
  return [process.execPath, "--disable-warning=ExperimentalWarning", ...memory, main, text];
}

function program(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

function mebibytes(bytes: number): number {
  return Math.max(8, Math.floor(bytes / 1024 / 1024));
}

/** What a runner gets of the worker's own environment. */
function inherited(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) if (!WITHHELD.test(name)) env[name] = value;
  // Flags for the worker (a debugger, a loader) are not for this process.
  delete env["NODE_OPTIONS"];
  return env;
}

function scratchFolder(parent: string | undefined): string {
  if (parent === undefined) return mkdtempSync(join(tmpdir(), "octopus-runner-"));
  mkdirSync(parent, { recursive: true, mode: 0o711 });
  return mkdtempSync(join(parent, "run-"));
}

async function inSandbox(
  argv: string[],
  sandbox: SandboxWish,
  env: Record<string, string>,
  folder: string,
  isNode: boolean,
): Promise<{ argv: string[]; env: Record<string, string> }> {
  const { wrapArgv } = await import("../sandbox/wrap.ts");
  const wrapped = await wrapArgv(argv, sandbox, { env, write: [folder], tmp: folder, boundsMemory: !isNode });
  if ("problem" in wrapped) throw new NotHere(wrapped.problem);
  if (wrapped.user !== undefined) {
    const { handOver } = await import("../sandbox/hand-over.ts");
    const problem = handOver([folder], wrapped.user);
    if (problem !== undefined) throw new NotHere(problem);
  }
  return wrapped;
}

/** Another user cannot come into the folders of the worker: its code is laid beside what it may write to. */
function lendCopy(from: string, folder: string): string {
  const code = join(folder, "code");
  cpSync(from, code, { recursive: true });
  chmodSync(code, 0o755);
  return code;
}
