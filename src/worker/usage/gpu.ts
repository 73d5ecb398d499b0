/**
 * GPUs of NVIDIA through `nvidia-smi`, where it is there. Its driver may take seconds to answer, or for ever: it is asked
 * beside everything else, seldom, and given up when it is slow.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { GpuUsage } from "../../protocol/link.ts";

const QUERY = ["--query-gpu=index,name,utilization.gpu,memory.total,memory.used", "--format=csv,noheader,nounits"];
const ANSWER_MS_MAX = 5000;
const LEAST_MS = 10_000;
const MiB = 1024 ** 2;

export class GpuLook {
  readonly #command: string;
  #last: { at: number; gpus: GpuUsage[] } | undefined;
  #failures = 0;

  constructor(command = "nvidia-smi") {
    this.#command = command;
  }

  /** What it says, or said less than ten seconds ago; none where there is no such program or it does not answer. */
  async look(): Promise<GpuUsage[]> {
    const now = performance.now();
    // One that fails is asked less and less.
    const least = LEAST_MS * 2 ** Math.min(this.#failures, 6);
    if (this.#last !== undefined && now - this.#last.at < least) return this.#last.gpus;
    const text = isThere(this.#command) ? await this.#ask().catch(() => undefined) : undefined;
    this.#failures = text === undefined ? this.#failures + 1 : 0;
    const gpus = text === undefined ? [] : parseGpus(text);
    this.#last = { at: now, gpus };
    return gpus;
  }

  #ask(): Promise<string | undefined> {
    const { execFile } = process.getBuiltinModule("node:child_process");
    return new Promise((resolve) => {
      const options = {
        timeout: ANSWER_MS_MAX,
        killSignal: "SIGKILL",
        maxBuffer: 256 * 1024,
        windowsHide: true,
      } as const;
      execFile(this.#command, QUERY, options, (error, stdout) => resolve(error === null ? stdout : undefined));
    });
  }
}

/** Starting what is not there costs a copy of this process and a module for it, at the start of every worker without GPUs. */
function isThere(command: string): boolean {
  if (process.platform === "win32" || command.includes("/")) return true;
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, command)));
}

/** Lines such as `0, NVIDIA H200, 12, 143771, 5120`; what a GPU does not tell is `[N/A]` or the like. */
export function parseGpus(text: string): GpuUsage[] {
  return text.split("\n").flatMap((line) => {
    const parts = line.split(",").map((part) => part.trim());
    const [index = "", name = "", load = "", total = "", used = ""] = parts;
    if (parts.length !== 5 || !/^\d+$/.test(index) || name === "") return [];
    return [
      {
        index: Number(index),
        name,
        ...(isNumber(load) && { load: Math.min(1, Number(load) / 100) }),
        ...(isNumber(total) && { memoryBytes: Number(total) * MiB }),
        ...(isNumber(used) && { memoryUsedBytes: Number(used) * MiB }),
      },
    ];
  });
}

function isNumber(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}
