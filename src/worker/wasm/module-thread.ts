/**
 * The thread that modules run in, one after another. It answers nobody while one runs, and whoever wants it to stop ends it.
 * What a module may touch is decided in `streams.ts`, `folders.ts` and `poll.ts`; all else is Node's WASI.
 */
import { parentPort, workerData } from "node:worker_threads";
import { WASI } from "node:wasi";
import { ERRNO, WASI_MODULE, type WasiCall, type WasiCalls } from "./calls.ts";
import { FolderGuard } from "./folders.ts";
import type { FromThread, Job, JobEnd } from "./job.ts";
import { BadAddress, ModuleMemory } from "./memory.ts";
import { poll } from "./poll.ts";
import { RingWriter } from "./ring.ts";
import { withStreams } from "./streams.ts";
import { CalledByModule, trapOf } from "./traps.ts";
import { engine, type WasmInstance, type WasmMemory, type WasmModule } from "./engine.ts";

const MODULES_MAX = 16;
const REFUSED_MAX = 5;

const port = parentPort!;
const { ring, nullFd } = workerData as { ring: SharedArrayBuffer; nullFd: number };
const output = new RingWriter(ring, () => say({ type: "full" }));
/** The one that was used longest ago is first; the worker knows the same order. */
const modules = new Map<string, WasmModule>();

port.on("message", (job: Job) => say({ type: "end", end: run(job) }));

function say(message: FromThread): void {
  port.postMessage(message);
}

function run(job: Job): JobEnd {
  const module = job.module ?? modules.get(job.key)!;
  modules.delete(job.key);
  modules.set(job.key, module);
  if (modules.size > MODULES_MAX) modules.delete(modules.keys().next().value!);
  const memory = new ModuleMemory();
  const refused: string[] = [];
  let refusedMore = 0;
  const begun = process.threadCpuUsage();
  const rest = (): Pick<JobEnd, "memoryBytes" | "cpuMs" | "refused" | "refusedMore"> => {
    const { user, system } = process.threadCpuUsage(begun);
    return { memoryBytes: memory.bytesLength, cpuMs: (user + system) / 1000, refused, refusedMore };
  };
  let wasi: WASI;
  let instance: WasmInstance;
  try {
    const preopens = Object.fromEntries(job.folders.map(({ at, host }) => [at, host]));
    const { args, env } = job;
    wasi = new WASI({ version: "preview1", args, env, preopens, stdin: nullFd, stdout: nullFd, stderr: nullFd });
    const refuse = (what: string): void => {
      if (refused.length < REFUSED_MAX && !refused.includes(what)) refused.push(what);
      else refusedMore++;
    };
    const guarded = new FolderGuard(wasi.wasiImport as WasiCalls, memory, job.folders, refuse).calls();
    const calls = withStreams(guarded, memory, new TextEncoder().encode(job.stdin), output);
    const own: WasiCalls = { poll_oneoff: poll(memory), proc_raise: raise };
    instance = new engine.Instance(module, { [WASI_MODULE]: safe({ ...calls, ...own }) });
  } catch (error) {
    return { type: "unstarted", why: error instanceof Error ? error.message : String(error), ...rest() };
  }
  try {
    memory.memory = instance.exports["memory"] as WasmMemory;
    const code = wasi.start(instance);
    return { type: "exited", code, ...rest() };
  } catch (error) {
    return { type: "trapped", ...trapOf(error), ...rest() };
  }
}

/** Addresses that lead nowhere are the module's fault, and it is told so. */
function safe(calls: WasiCalls): WasiCalls {
  const wrapped: WasiCalls = {};
  for (const [name, call] of Object.entries(calls)) {
    wrapped[name] = (...args) => {
      try {
        return call(...args);
      } catch (error) {
        if (error instanceof BadAddress) return ERRNO.fault;
        throw error;
      }
    };
  }
  return wrapped;
}

/** Node's own would send the signal to the process, which is the worker. */
const raise: WasiCall = (signal) => {
  throw new CalledByModule(`raised signal ${signal}`);
};
