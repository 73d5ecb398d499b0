/**
 * The Python interpreters of a worker: its own, and those of its virtual environments. Each is asked once, for real, for its
 * version: what does not answer is not offered.
 */
import { execFile } from "node:child_process";
import { isAbsolute, join } from "node:path";
import { OctopusError } from "../../base/errors.ts";

export interface PythonSettings {
  python?: string | undefined;
  venvs?: Record<string, string> | undefined;
}

export interface Python {
  program: string;
  version: string;
}

/** Oldest one that the runner can be run by. */
const OLDEST = [3, 9] as const;
const ASK_MS = 10_000;
/** Version and place, without what a site adds: that takes its time. */
const QUESTION = "import sys; print('%d.%d.%d %s' % (*sys.version_info[:3], sys.executable))";

export class Pythons {
  /** By the name of its virtual environment; `""` is the worker's own. */
  readonly #found = new Map<string, Python>();
  readonly #faults = new Map<string, string>();

  /** Asks all of them. */
  static async find({ python, venvs = {} }: PythonSettings): Promise<Pythons> {
    const pythons = new Pythons();
    const own = python === undefined ? ["python3", "python"] : [python];
    const asked = Object.entries(venvs).map(([name, folder]) => pythons.#ask(name, [inVenv(folder)]));
    await Promise.all([pythons.#ask("", own), ...asked]);
    return pythons;
  }

  /** What the worker says of itself because of them. */
  labels(): Record<string, string> {
    const labels: Record<string, string> = {};
    for (const [name, { version }] of this.#found) labels[name === "" ? "python" : `venv.${name}`] = version;
    return labels;
  }

  /** Why some of those that were named are not offered. */
  faults(): ReadonlyMap<string, string> {
    return this.#faults;
  }

  /** Throws with words for one that is not there. */
  program(venv = ""): string {
    const found = this.#found.get(venv);
    if (found !== undefined) return found.program;
    const fault = this.#faults.get(venv);
    if (venv === "") throw new OctopusError("not_found", `this worker has no Python: ${fault}`);
    const known = [...this.#found.keys()].filter((name) => name !== "").join(", ") || "none";
    const why = fault ?? `it has: ${known} (worker.venvs)`;
    throw new OctopusError("not_found", `this worker has no virtual environment ${venv}: ${why}`);
  }

  async #ask(name: string, programs: readonly string[]): Promise<void> {
    const faults: string[] = [];
    for (const program of programs) {
      const answer = await ask(program);
      if ("version" in answer) {
        this.#found.set(name, answer);
        return;
      }
      faults.push(`${program}: ${answer.fault}`);
    }
    this.#faults.set(name, faults.join("; "));
  }
}

function inVenv(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

function ask(program: string): Promise<Python | { fault: string }> {
  return new Promise((resolve) => {
    execFile(program, ["-I", "-S", "-c", QUESTION], { timeout: ASK_MS }, (error, stdout) => {
      const version = /^((\d+)\.(\d+)\.\d+) (.*)$/.exec(stdout.trim());
      if (error !== null || version === null) {
        const code = (error as NodeJS.ErrnoException | null)?.code;
        return resolve({
          fault: code === "ENOENT" ? "it is not there" : (error?.message ?? "it says no version").trim(),
        });
      }
      const [, text, major, minor, place] = version;
      if (Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]))
        return resolve({ fault: `it is Python ${text}, and at least ${OLDEST.join(".")} is needed` });
      // What its PATH leads to may be a program that looks for the interpreter each time.
      resolve({ program: isAbsolute(program) || place === "" ? program : place!, version: text! });
    });
  });
}
