/**
 * The worker's handle on its spawner: starts it with the first command, starts another when it dies, and says of every
 * command how it ended.
 *
 * C1  Every command handed to `run` settles exactly once; its promise never rejects.
 * C2  When the spawner dies, the process groups it had started are killed before their commands settle: another try
 *     must not run beside the first.
 * C3  A spawner that keeps dying is started again after a wait that doubles; a command waits with it.
 */
import { OctopusError } from "../../base/errors.ts";
import {
  type CommandEnd,
  decodeEnd,
  FRAME,
  frame,
  type Ready,
  type SpawnerKind,
  type StartCommand,
  startFrame,
  type StartRefusal,
} from "./frames.ts";
import { signalGroup } from "./group.ts";
import { KIND_VARIABLE } from "./guard.ts";
import { SpawnerProcess } from "./process.ts";

export type { CommandEnd, SpawnerKind, StartCommand, StartRefusal } from "./frames.ts";

const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5000;
/** One that lived this long was well: the next failure counts from the beginning. */
const HEALTHY_MS = 10_000;
/** How long an ended spawner may take beyond the grace of its commands. */
const CLOSE_MS = 5000;

/** How a command went. */
export type CommandOutcome =
  | ({ type: "ended" } & CommandEnd)
  | ({ type: "refused" } & StartRefusal)
  /** The spawner died; `started` says whether the command had begun. */
  | { type: "lost"; why: string; started: boolean };

export interface CommandOptions {
  stdin?: string | undefined;
  /** Called in the order in which the output was read. The bytes are the callee's to keep. */
  onOutput(stream: "stdout" | "stderr", bytes: Uint8Array): void;
}

export interface RunningCommand {
  readonly outcome: Promise<CommandOutcome>;
  /** Number of its process and of its group, once it has begun. */
  readonly pid: number | undefined;
  /** TERM to the group now, KILL after the grace. A second call can only shorten it. */
  stop(graceMs: number): void;
}

export interface SpawnerOptions {
  /** Default: `OCTOPUS_SPAWNER` (`ffi` or `spawn`), else the best that works here. */
  kind?: SpawnerKind | undefined;
  /** Grace of commands that still run when the worker vanishes or closes. Default 5 s. */
  graceMs?: number | undefined;
  /** Variables of this process's environment that its commands do not get. */
  withheld?: RegExp | undefined;
}

interface Command {
  id: number;
  start: Buffer;
  onOutput: CommandOptions["onOutput"];
  settle(outcome: CommandOutcome): void;
  sent: boolean;
  pid: number | undefined;
}

export class SpawnerClient {
  readonly #options: { kind: SpawnerKind | undefined; graceMs: number; withheld: RegExp | undefined };
  readonly #commands = new Map<number, Command>();
  #lastId = 0;
  #process: SpawnerProcess | undefined;
  /** Callers of `start` that wait. */
  #starting = 0;
  #closing = false;
  #failures = 0;
  #notBefore = 0;
  #restart: NodeJS.Timeout | undefined;
  #ready = Promise.withResolvers<Ready>();
  #gone = Promise.withResolvers<void>();

  constructor(options: SpawnerOptions = {}) {
    const wanted = process.env[KIND_VARIABLE];
    const kind = options.kind ?? (wanted === "ffi" || wanted === "spawn" ? wanted : undefined);
    this.#options = { kind, graceMs: options.graceMs ?? 5000, withheld: options.withheld };
    this.#ready.promise.catch(() => undefined);
  }

  /** Number of the spawner's process, while there is one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the spawner ahead of the first command, and says what it is. */
  async start(): Promise<Ready> {
    this.#ensure();
    this.#starting++;
    this.#process?.setActive(true);
    try {
      return await this.#ready.promise;
    } finally {
      this.#starting--;
      this.#relax();
    }
  }

  run(command: StartCommand, options: CommandOptions): RunningCommand {
    const id = (this.#lastId = (this.#lastId + 1) % 0x1_0000_0000);
    const { promise, resolve } = Promise.withResolvers<CommandOutcome>();
    const entry: Command = {
      id,
      start: startFrame(id, command, options.stdin),
      onOutput: options.onOutput,
      settle: resolve,
      sent: false,
      pid: undefined,
    };
    this.#commands.set(id, entry);
    this.#ensure();
    if (this.#commands.size === 1) this.#process?.setActive(true);
    if (this.#process !== undefined) this.#send(entry);
    return {
      outcome: promise,
      get pid() {
        return entry.pid;
      },
      stop: (graceMs) => this.#stop(entry, graceMs),
    };
  }

  /** Ends the spawner and whatever it still runs. The client can be used again. */
  async close(): Promise<void> {
    clearTimeout(this.#restart);
    this.#restart = undefined;
    this.#failures = 0;
    this.#notBefore = 0;
    const spawner = this.#process;
    for (const command of this.#commands.values()) if (!command.sent) this.#settle(command, LOST_ON_CLOSE);
    if (spawner === undefined) return;
    const gone = this.#gone.promise;
    this.#closing = true;
    spawner.end();
    const timer = setTimeout(() => spawner.kill(), this.#options.graceMs + CLOSE_MS);
    await gone;
    clearTimeout(timer);
  }

  #ensure(): void {
    if (this.#process !== undefined || this.#restart !== undefined) return;
    const wait = this.#notBefore - performance.now();
    if (wait > 0) {
      this.#restart = setTimeout(() => {
        this.#restart = undefined;
        if (this.#commands.size > 0 || this.#starting > 0) this.#ensure();
      }, wait);
      return;
    }
    const env: Record<string, string> = {};
    const { kind, graceMs, withheld } = this.#options;
    for (const [name, value] of Object.entries(process.env))
      if (value !== undefined && withheld?.test(name) !== true) env[name] = value;
    const spawner = new SpawnerProcess(
      kind,
      { env, graceMs },
      { frame: (type, id, payload) => this.#receive(type, id, payload), gone: (why) => this.#lost(spawner, why) },
    );
    this.#process = spawner;
    if (this.#commands.size > 0 || this.#starting > 0) spawner.setActive(true);
    for (const command of this.#commands.values()) this.#send(command);
  }

  #send(command: Command): void {
    if (command.sent) return;
    command.sent = true;
    this.#process!.send(command.start);
    command.start = EMPTY;
  }

  #stop(command: Command, graceMs: number): void {
    if (!this.#commands.has(command.id)) return;
    if (!command.sent) return this.#settle(command, { type: "lost", why: "it was stopped first", started: false });
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32LE(Math.min(graceMs, 0xffff_ffff), 0);
    this.#process?.send(frame(FRAME.stop, command.id, payload));
  }

  #receive(type: number, id: number, payload: Buffer): void {
    if (type === FRAME.ready) return this.#ready.resolve(JSON.parse(payload.toString()) as Ready);
    const command = this.#commands.get(id);
    if (command === undefined) return;
    if (type === FRAME.stdout || type === FRAME.stderr) {
      // A small view would keep the whole chunk it was cut from.
      const bytes = payload.length < payload.buffer.byteLength / 4 ? Buffer.from(payload) : payload;
      command.onOutput(type === FRAME.stdout ? "stdout" : "stderr", bytes);
    } else if (type === FRAME.started) command.pid = payload.readUInt32LE(0);
    else if (type === FRAME.ended) this.#settle(command, { type: "ended", ...decodeEnd(payload) });
    else if (type === FRAME.refused) {
      this.#settle(command, { type: "refused", ...(JSON.parse(payload.toString()) as StartRefusal) });
    }
  }

  #settle(command: Command, outcome: CommandOutcome): void {
    if (!this.#commands.delete(command.id)) return;
    this.#relax();
    command.settle(outcome);
  }

  /** An idle spawner does not keep the worker's process alive. */
  #relax(): void {
    if (this.#commands.size === 0 && this.#starting === 0 && !this.#closing) this.#process?.setActive(false);
  }

  #lost(spawner: SpawnerProcess, why: string): void {
    this.#process = undefined;
    const closed = this.#closing;
    this.#closing = false;
    this.#ready.reject(new OctopusError("internal", `the spawner process is gone: ${why}`, { retryable: true }));
    this.#ready = Promise.withResolvers();
    this.#ready.promise.catch(() => undefined);
    this.#gone.resolve();
    this.#gone = Promise.withResolvers();
    for (const command of this.#commands.values()) {
      if (command.pid !== undefined) signalGroup(command.pid, "SIGKILL");
      this.#settle(command, { type: "lost", why, started: command.pid !== undefined });
    }
    if (closed) return;
    this.#failures = performance.now() - spawner.startedAt > HEALTHY_MS ? 1 : this.#failures + 1;
    this.#notBefore = performance.now() + Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (this.#failures - 1));
  }
}

const EMPTY = Buffer.alloc(0);
const LOST_ON_CLOSE: CommandOutcome = { type: "lost", why: "it was closed", started: false };
