/**
 * A place for a test with real processes: a folder, a mark in the environment by which everything that the test started
 * (and whatever that started) is found again, and calls to the program under test.
 *
 * P1  `close` ends every process of the place, by its pid, however the test went, and removes the folder.
 * P2  Nothing waits for a time: `until` waits for a condition, and fails after a bound that only a hang reaches.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { markedProcesses } from "../../scripts/leftovers.ts";
import { quickStart } from "../../scripts/tool.ts";
import type { TaskSubmission } from "../../src/protocol/task.ts";
import { freePort, ready } from "../server-process.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
/** Functions of examples import the package by its name, which is the source here. */
const SOURCE = [process.execPath, "--conditions=octopus:source", MAIN];
const MARK = "OCTOPUS_TEST_PLACE";
/** Only a hang takes this long, also where other work keeps the machine busy. */
const HANG_MS = 120_000;
const LOOK_EVERY_MS = 20;

/** A process of the program, and what it has written so far. */
export interface Started {
  child: ChildProcess;
  pid: number;
  out: () => string;
  err: () => string;
  /** Its exit code, or the signal that ended it. */
  end: Promise<number | string>;
}

/** Which of the processes of `octopus up`. */
export type Role = "server" | "worker" | "spawner";
const FILES: Record<Role, string> = { server: "/cli/main.", worker: "/worker/main.", spawner: "/worker/spawner/main." };

/** Waits until `look` answers something other than undefined or false, and answers that. */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + HANG_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    assert.ok(Date.now() < deadline, `${what}: not within ${HANG_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), "octopus-place-"));
  readonly data = join(this.dir, "data");
  readonly #mark = `${process.pid}-${this.dir}`;
  readonly #env: Record<string, string>;
  readonly #program: readonly string[];
  port = 0;

  /** `program`: what is run, when it is not the source. */
  constructor(env: Record<string, string> = {}, program: readonly string[] = SOURCE) {
    this.#program = program;
    mkdirSync(join(this.dir, ".git")); // No octopus.yaml above this folder is read.
    const own = { PATH: process.env["PATH"]!, HOME: this.dir, TMPDIR: this.dir, NO_COLOR: "1" };
    this.#env = { ...quickStart, ...own, ...env };
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the program with these words. `through` goes before the program, such as `prlimit --fsize=…`. */
  start(args: readonly string[], options: { env?: Record<string, string>; through?: string[] } = {}): Started {
    const [program, ...words] = [...(options.through ?? []), ...this.#program, ...args] as [string, ...string[]];
    const env = { ...this.#env, ...options.env, [MARK]: this.#mark };
    const child = spawn(program, words, { cwd: this.dir, env, stdio: ["ignore", "pipe", "pipe"] });
    const said = { out: "", err: "" };
    child.stdout.on("data", (bytes: Buffer) => (said.out += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (said.err += bytes.toString()));
    const end = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
    return { child, pid: child.pid!, out: () => said.out, err: () => said.err, end };
  }

  /** Starts `up` or `server` on the place's data directory and its port, and waits until it is ready. */
  async serve(
    command: "up" | "server",
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<Started> {
    if (this.port === 0) this.port = await freePort();
    const demo = command === "up" ? ["--no-demo"] : [];
    const words = [command, "--port", String(this.port), "--data", this.data, ...demo, ...args];
    const started = this.start(words, { env });
    try {
      await ready(this.url, started.child);
    } catch (error) {
      throw new Error(`${String(error)}\n${started.err()}`, { cause: error });
    }
    return started;
  }

  /** Runs the program to its end. */
  async run(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ code: number | string; out: string; err: string }> {
    const started = this.start(args, { env: { OCTOPUS_SERVER_URL: this.url, ...env } });
    return { code: await started.end, out: started.out(), err: started.err() };
  }

  /** Calls the API and answers the status and the parsed body. */
  // oxlint-disable-next-line no-unnecessary-type-parameters -- who calls knows what the body is
  async call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; type: string; body: T }> {
    const init =
      body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const signal = AbortSignal.timeout(HANG_MS);
    const response = await fetch(`${this.url}/api/v1${path}`, { method, signal, ...init });
    return {
      status: response.status,
      type: response.headers.get("content-type") ?? "",
      body: (await response.json()) as T,
    };
  }

  /** Submits the tasks to a server that may be dying; true when they are acknowledged. */
  async takes(tasks: readonly TaskSubmission[]): Promise<boolean> {
    try {
      const { status, body } = await this.call<unknown>("POST", "/tasks", tasks);
      assert.ok(status < 300 || status === 503, `${status} ${JSON.stringify(body)}`);
      return status < 300;
    } catch (error) {
      // The connection broke or nobody listens: whether they were taken is not known, so the same ids go again.
      if (error instanceof TypeError || error instanceof SyntaxError) return false;
      throw error;
    }
  }

  /** Everything that was started from here and still lives: the program, and the commands of its tasks. */
  processes(): { pid: number; command: string }[] {
    return markedProcesses(`${MARK}=${this.#mark}`);
  }

  /** Pids of the program's processes in this role. */
  pids(role: Role): number[] {
    return this.processes()
      .filter(({ command }) => command.includes(FILES[role]))
      .map(({ pid }) => pid);
  }

  async close(): Promise<void> {
    for (const { pid } of this.processes()) endProcess(pid, "SIGKILL");
    await until("the end of every process", () => this.processes().length === 0);
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Signals a process that may have ended already. */
export function endProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
