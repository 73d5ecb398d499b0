/**
 * Runs WebAssembly tasks: what the module is given, its output up to a cap, and its end as a report. Exit code 99 is a
 * success here; core makes it `skipped`.
 */
import { realpathSync } from "node:fs";
import type { AttemptReport } from "../../protocol/link.ts";
import type { WasmWork } from "../../protocol/work/wasm.ts";
import { attemptEnv } from "../attempt-env.ts";
import type { AttemptContext, Executor } from "../executor.ts";
import { EXIT_SKIP } from "../executors/command-report.ts";
import { OutputCap } from "../executors/output-cap.ts";
import { stoppedOutcome } from "../executors/stopped.ts";
import { type AttemptEnd, FileFolders, type Folder } from "../file-folders.ts";
import { addOutputs } from "../outputs/report.ts";
import { StdoutCapture } from "../outputs/stdout.ts";
import { stdoutWanted } from "../outputs/values.ts";
import { givenDirs, OWN_FOLDER, parseAllowedDirs } from "./dirs.ts";
import type { GivenFolder } from "./folders.ts";
import { type Copies, Modules } from "./modules.ts";
import { describeEnd, unusable } from "./report.ts";
import { Threads } from "./threads.ts";

const OUTPUT_BYTES_MAX = 10 * 1024 * 1024;
/** Of a module whose task says nothing, on a worker that says nothing. */
export const MEMORY_BYTES = 512 * 1024 * 1024;
const OUTPUTS_AT = `${OWN_FOLDER}/output`;
const OUTPUT_NAME = "values";
const ARTIFACTS_AT = `${OWN_FOLDER}/artifacts`;
const INPUTS_AT = `${OWN_FOLDER}/inputs`;

export interface WasmExecutorOptions {
  copies: Copies;
  /** Folder for the files that modules leave, for this executor alone. Default: one for temporary files. */
  filesDir?: string | undefined;
  /** Folders that tasks may use, as the settings say it. */
  dirs?: readonly string[] | undefined;
  memory?: number | undefined;
  /** How long a thread without work stays. */
  idleMs?: number | undefined;
}

export function createWasmExecutor(options: WasmExecutorOptions): Executor {
  const parts: Parts = {
    modules: new Modules(options.copies),
    threads: new Threads(options.idleMs),
    allowed: parseAllowedDirs(options.dirs ?? []),
    memory: options.memory ?? MEMORY_BYTES,
  };
  const folders = new FileFolders(options.filesDir, { isApart: true });
  return {
    kind: "wasm",
    async execute(context) {
      const { work } = context.assignment;
      if (work.kind !== "wasm") throw new Error(`a ${work.kind} task came to the wasm executor`);
      const begun = performance.now();
      const folder = folders.take();
      const end: AttemptEnd = { isHeld: false, hasOutput: true };
      try {
        const report = await execute(parts, context, { work: work.wasm, folder, end });
        report.durationMs = Math.round((performance.now() - begun) * 1000) / 1000;
        return report;
      } finally {
        const handedOver = folder && folders.give(folder, context, end);
        if (handedOver !== undefined) await handedOver;
      }
    },
    async close() {
      await parts.threads.close();
      folders.close();
    },
  };
}

interface Parts {
  modules: Modules;
  threads: Threads;
  allowed: ReturnType<typeof parseAllowedDirs>;
  memory: number;
}

interface Run {
  work: WasmWork;
  folder: Folder | undefined;
  end: AttemptEnd;
}

async function execute(parts: Parts, context: AttemptContext, { work, folder, end }: Run): Promise<AttemptReport> {
  const { signal } = context;
  const ready = await prepare(parts, context, work, folder);
  if (signal.aborted) return { outcome: stoppedOutcome(signal) };
  if ("report" in ready) return ready.report;
  const { name, memory, module, job } = ready;
  const output = new OutputCap(work.maxOutput ?? OUTPUT_BYTES_MAX, (stream, data) => context.log(stream, data));
  const wanted = stdoutWanted(work.outputs);
  const capture = wanted === undefined ? undefined : new StdoutCapture(wanted);
  const running = parts.threads.run(module, job, (stream, shown) => {
    // A flood that is only counted is not copied.
    const bytes = output.isFull && capture === undefined ? shown : shown.slice();
    if (stream === "stdout") capture?.write(bytes);
    output.write(stream, bytes);
  });
  const stop = (): void => running.stop();
  signal.addEventListener("abort", stop, { once: true });
  const ended = await running.end;
  signal.removeEventListener("abort", stop);
  output.end();
  if ("refused" in ended && ended.refused.length > 0) {
    const more = ended.refusedMore > 0 ? `; and ${ended.refusedMore} more` : "";
    context.log("log", `refused to the module: ${ended.refused.join("; ")}${more}`);
  }
  const lastErrorLine = (): string => output.lastErrorLine();
  const report = describeEnd(ended, { name, signal, memory, lastErrorLine });
  const hasExited = ended.type === "exited" && ended.code !== EXIT_SKIP && !signal.aborted;
  if (hasExited) end.hasOutput = addOutputs(report, work, folder?.output, capture);
  return report;
}

/** All that is needed to begin, or why it does not. */
async function prepare(parts: Parts, context: AttemptContext, work: WasmWork, folder: Folder | undefined) {
  const { assignment, signal } = context;
  const { plugin } = assignment;
  const name = `the module ${plugin === undefined ? work.module : `${plugin.name}@${plugin.version}`}`;
  const never = (problem: string) => ({ report: unusable(name, problem) });
  if (plugin === undefined) return never("the server did not say which version it is; publish it again");
  if (plugin.language !== "wasm") return never(`it is a plugin in ${plugin.language}; submit it as a plugin`);
  if (folder === undefined)
    return { report: refused("no folder for its files could be made; look at the disk of this worker", "start") };
  const given = work.dirs === undefined ? [] : await givenDirs(work.dirs, parts.allowed);
  if (typeof given === "string") return never(given);
  const texts = [...(work.args ?? []), ...Object.values(work.env ?? {})];
  if (texts.some((text) => text.includes("\0")))
    return never("its args or its env hold a NUL character, which no program can be given; remove it");
  const memory = work.memory ?? parts.memory;
  try {
    const compiled = await parts.modules.get(plugin, memory, signal);
    if ("problem" in compiled) return never(compiled.problem);
    const { key, module } = compiled;
    const own = placesOf(context, folder);
    const env = { ...attemptEnv(assignment, work.env, { hasGpus: false }), ...own.env };
    const args = [plugin.name, ...(work.args ?? [])];
    return {
      name,
      memory,
      module,
      job: { key, args, env, stdin: work.stdin ?? "", folders: [...own.folders, ...given] },
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { report: refused(`${name} could not be brought to this worker: ${why}`, "fetch") };
  }
}

/** Another time or another worker may do it. */
function refused(message: string, kind: string): AttemptReport {
  return { outcome: "refused", error: { message, kind }, retryable: true };
}

/** What belongs to the attempt, as the module finds it. */
function placesOf({ keepFile, inputsDir }: AttemptContext, folder: Folder) {
  const env: Record<string, string> = { OCTOPUS_OUTPUT: `${OUTPUTS_AT}/${OUTPUT_NAME}` };
  const real = realpathSync.native(folder.path);
  const folders: GivenFolder[] = [{ at: OUTPUTS_AT, host: `${real}.output`, readOnly: false, only: OUTPUT_NAME }];
  if (keepFile !== undefined) {
    env["OCTOPUS_ARTIFACTS"] = ARTIFACTS_AT;
    folders.push({ at: ARTIFACTS_AT, host: real, readOnly: false });
  }
  if (inputsDir !== undefined) {
    env["OCTOPUS_INPUTS"] = INPUTS_AT;
    folders.push({ at: INPUTS_AT, host: realpathSync.native(inputsDir), readOnly: true });
  }
  return { env, folders };
}
