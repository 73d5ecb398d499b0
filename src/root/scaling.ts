/**
 * Starts and ends workers of pools by the commands of the configuration. They run through a spawner of their own, never in
 * the server's process. A command that runs on is the worker itself: it is ended with the server, or when its worker is let
 * go; one that ends at once has started it elsewhere.
 */
import { OctopusError } from "../base/errors.ts";
import { offersText } from "../config/entries.ts";
import type { Config, PoolConfig } from "../config/schema.ts";
import type { AuditEntry, Log, ScaleOrder, Scaler } from "../engine/ports.ts";
import type { PoolSettings } from "../engine/scaling/steer.ts";
import { type CommandOutcome, type RunningCommand, SpawnerClient } from "../worker/spawner/client.ts";

/** What is kept of the output, for the message of a failure. */
const OUTPUT_CHARS_MAX = 500;
/** Longest time of a command that ends a worker. */
const STOP_MS_MAX = 600_000;

export interface ScalerOptions {
  config: Config;
  log: Log;
  /** Where the workers find the server. */
  url(): string;
  /** A join token for one worker of that name; undefined where no token is needed. */
  join?(worker: string): Promise<string | undefined>;
  /** The worker has left: its token is of no use any more. */
  left?(worker: string): void;
  /** Where it is noted what was done. */
  audit?(entry: AuditEntry): void;
}

export interface RunningScaler extends Scaler {
  /** Ends what was started and runs on. */
  close(): Promise<void>;
}

/** What the engine has to know of the pools. */
export function poolSettings(config: Config): PoolSettings[] {
  return Object.entries(config.pools).map(([name, pool]) => ({
    name,
    labels: pool.labels,
    min: pool.min,
    max: pool.max,
    slots: pool.slots,
    resources: pool.resources.amounts,
    units: pool.resources.units,
    waitMs: pool.wait,
    idleMs: pool.idle,
    cooldownMs: pool.cooldown,
    startMs: pool.start,
    canStart: pool.scaleUp !== null,
    canStop: pool.scaleDown !== null,
  }));
}

/** Undefined where no pool has a command. */
export function createScaler(options: ScalerOptions): RunningScaler | undefined {
  const { pools, worker, tasks } = options.config;
  if (!Object.values(pools).some(({ scaleUp, scaleDown }) => scaleUp !== null || scaleDown !== null)) return undefined;
  const graceMs = worker.grace + tasks.grace;
  const spawner = new SpawnerClient({ graceMs });
  /** By worker what `scaleUp` has left running, or is about to. */
  const running = new Map<string, Started>();

  async function run(command: string, order: ScaleOrder, started?: Started): Promise<void> {
    const tail = new Tail();
    const env = await environment(options, pools[order.pool]!, order);
    if (isOver(started)) return;
    const child = spawner.run({ argv: [...SHELL, command], env }, { onOutput: (_, bytes) => tail.add(bytes) });
    if (started !== undefined) started.child = child;
    const timer = started === undefined ? setTimeout(() => child.stop(graceMs), STOP_MS_MAX) : undefined;
    const outcome = await child.outcome;
    clearTimeout(timer);
    options.log.debug({ pool: order.pool, worker: order.worker, ...outcome, output: tail.text }, "pool command ended");
    const wrong = isOver(started) ? undefined : wrongWith(outcome);
    if (wrong === undefined) return;
    const what = `${started === undefined ? "scaleDown" : "scaleUp"} for worker ${order.worker} ${wrong}`;
    const message = tail.text === "" ? what : `${what}: ${tail.text}`;
    note(order, started === undefined ? "pool.stop" : "pool.start", message);
    throw new OctopusError("conflict", message);
  }

  /** A row in the audit log: what is begun, and what has failed. */
  function note({ pool, worker: subject }: ScaleOrder, action: string, failure?: string): void {
    const outcome = failure === undefined ? "done" : "failed";
    const detail = failure === undefined ? {} : { detail: failure };
    options.audit?.({ at: Date.now(), who: `pool ${pool}`, action, subject, outcome, ...detail, times: 1 });
  }

  function end(started: Started | undefined): void {
    if (started === undefined) return;
    started.isOver = true;
    started.child?.stop(graceMs);
  }

  return {
    async start(order) {
      const command = pools[order.pool]?.scaleUp ?? null;
      if (command === null) return;
      const started: Started = { isOver: false, child: undefined };
      running.set(order.worker, started);
      note(order, "pool.start");
      try {
        await run(command, order, started);
      } finally {
        if (running.get(order.worker) === started) running.delete(order.worker);
      }
    },
    async stop(order) {
      const command = pools[order.pool]?.scaleDown ?? null;
      if (command !== null) note(order, "pool.stop");
      try {
        if (command !== null) await run(command, order);
      } finally {
        end(running.get(order.worker));
      }
    },
    left: ({ worker: name }) => options.left?.(name),
    async close() {
      for (const started of running.values()) end(started);
      await spawner.close();
    },
  };
}

/** A command that starts a worker, while it runs. */
interface Started {
  /** It is to end: how it ends is nobody's failure. */
  isOver: boolean;
  child: RunningCommand | undefined;
}

function isOver(started: Started | undefined): boolean {
  return started?.isOver === true;
}

const SHELL =
  process.platform === "win32" ? [process.env["ComSpec"] ?? "cmd.exe", "/d", "/s", "/c"] : ["/bin/sh", "-c"];

/** What a command finds: the settings of a worker, so that `octopus worker` alone is a command that works. */
async function environment(
  { url, join }: ScalerOptions,
  pool: PoolConfig,
  { pool: name, worker, labels }: ScaleOrder,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {
    OCTOPUS_POOL: name,
    OCTOPUS_SERVER_URL: url(),
    OCTOPUS_WORKER_NAME: worker,
    OCTOPUS_WORKER_SLOTS: String(pool.slots),
    OCTOPUS_WORKER_LABELS: Object.entries(labels)
      .map(([label, value]) => `${label}=${value}`)
      .join(","),
  };
  const resources = offersText(pool.resources);
  if (resources !== "none") env["OCTOPUS_WORKER_RESOURCES"] = resources;
  const token = await join?.(worker);
  if (token !== undefined) env["OCTOPUS_WORKER_JOIN"] = token;
  return env;
}

function wrongWith(outcome: CommandOutcome): string | undefined {
  if (outcome.type === "refused") return `did not start (${outcome.code})`;
  if (outcome.type === "lost") return `was lost: ${outcome.why}`;
  if (outcome.signal > 0) return `was ended by signal ${outcome.signal}`;
  return outcome.code === 0 ? undefined : `exited with code ${outcome.code}`;
}

/** The end of what a command says. */
class Tail {
  #text = "";

  add(bytes: Uint8Array): void {
    this.#text = (this.#text + new TextDecoder().decode(bytes)).slice(-OUTPUT_CHARS_MAX);
  }

  get text(): string {
    return this.#text.trim();
  }
}
