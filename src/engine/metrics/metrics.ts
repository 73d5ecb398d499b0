/** The engine's metrics: what `task-metrics.ts` counts, and what is read off the state when somebody looks. */
import { Gauge, Histograms, metricsText, type Sample } from "../../base/metrics.ts";
import { RUN_STATES, TASK_STATES, WORKER_STATES } from "../../base/words.ts";
import type { State } from "../../core/state.ts";
import type { Turn } from "../../core/turn.ts";
import type { PoolView, WorkerView } from "../../protocol/worker-views.ts";
import type { Clock, Library } from "../ports.ts";
import { TaskMetrics } from "./task-metrics.ts";

export interface MetricsSource {
  clock: Clock;
  library: Library;
  version: string;
  state(): State;
  pools(): PoolView[];
  workers(): WorkerView[];
}

export class EngineMetrics {
  readonly #source: MetricsSource;
  readonly #startedAt: number;
  readonly #writes = new Histograms("octopus_db_write_seconds", "Commits of the database.");
  #tasks: TaskMetrics | undefined;

  constructor(source: MetricsSource) {
    this.#source = source;
    this.#startedAt = source.clock.now();
  }

  /** After a turn; nothing is done before somebody has looked. */
  appended(turn: Turn): void {
    this.#tasks?.follow(turn);
  }

  /** A write of the journal took so long. */
  wrote(ms: number): void {
    if (this.#tasks !== undefined) this.#writes.at().observe(ms / 1000);
  }

  text(): string {
    this.#tasks ??= new TaskMetrics();
    this.#tasks.sweep(this.#source.state());
    return metricsText([...this.#gauges(), ...this.#tasks.families, this.#writes]);
  }

  #gauges(): Gauge[] {
    const { clock, library, version, pools, workers } = this.#source;
    const state = this.#source.state();
    const now = clock.now();
    return [
      new Gauge("octopus_build_info", "Which program this is.", () => [{ labels: { version }, value: 1 }]),
      new Gauge("octopus_start_time_seconds", "When the server started.", () => this.#startedAt / 1000),
      new Gauge("octopus_tasks", "Tasks that have not ended.", () => liveTasks(state)),
      new Gauge("octopus_tasks_kept", "Tasks in the database.", () => counted(TASK_STATES, state.counts)),
      new Gauge("octopus_runs_kept", "Runs in the database.", () => counted(RUN_STATES, state.runCounts)),
      new Gauge("octopus_arm_slots", "Slots of an arm: its limit, and what of it is used.", () => slots(state)),
      new Gauge("octopus_oldest_queued_age_seconds", "How long the one that waits longest has waited.", () =>
        oldest(state, now),
      ),
      new Gauge("octopus_workers", "Workers that are known.", () => workerStates(workers())),
      new Gauge("octopus_worker_slots", "Slots of connected workers.", () => workerSlots(state)),
      new Gauge("octopus_worker_heartbeat_age_seconds", "Silence of the connected worker that is silent longest.", () =>
        silence(state, now),
      ),
      ...poolGauges(pools()),
      new Gauge("octopus_db_bytes", "Size of the database.", () => library.databaseBytes()),
    ];
  }
}

function counted(states: readonly string[], counts: Readonly<Record<string, number>>): Sample[] {
  return states.map((state) => ({ labels: { state }, value: counts[state]! }));
}

function liveTasks({ armOrder }: State): Sample[] {
  return armOrder.flatMap(({ name: arm, queued, active, live }) => [
    { labels: { state: "queued", arm }, value: queued },
    { labels: { state: "running", arm }, value: active },
    { labels: { state: "waiting", arm }, value: Math.max(0, live - queued - active) },
  ]);
}

function slots({ armOrder }: State): Sample[] {
  return armOrder.flatMap(({ name: arm, maxParallel, active }) => [
    { labels: { arm, kind: "limit" }, value: maxParallel },
    { labels: { arm, kind: "used" }, value: active },
  ]);
}

function oldest({ armOrder }: State, now: number): Sample[] {
  return armOrder.map((arm) => {
    let since = Infinity;
    for (const lane of arm.lanes) since = Math.min(since, lane.oldestSince);
    return { labels: { arm: arm.name }, value: since === Infinity ? 0 : Math.max(0, now - since) / 1000 };
  });
}

function workerStates(views: readonly WorkerView[]): Sample[] {
  const counts: Record<string, number> = Object.fromEntries(WORKER_STATES.map((state) => [state, 0]));
  for (const { state } of views) counts[state]!++;
  return counted(WORKER_STATES, counts);
}

function workerSlots({ workers }: State): Sample[] {
  let total = 0;
  let used = 0;
  for (const worker of workers.values()) {
    if (worker.session === 0) continue;
    total += worker.slots;
    used += worker.attempts.size;
  }
  return [
    { labels: { kind: "limit" }, value: total },
    { labels: { kind: "used" }, value: used },
  ];
}

function silence({ workers }: State, now: number): number {
  let longest = 0;
  for (const { session, local, lastSeenAt } of workers.values()) {
    if (session !== 0 && !local) longest = Math.max(longest, now - lastSeenAt);
  }
  return longest / 1000;
}

function poolGauges(pools: readonly PoolView[]): Gauge[] {
  const of = (name: string, help: string, value: (pool: PoolView) => number): Gauge =>
    new Gauge(name, help, () => pools.map((pool) => ({ labels: { pool: pool.name }, value: value(pool) })));
  return [
    of("octopus_pool_workers", "Connected workers of a pool.", ({ workers }) => workers),
    of("octopus_pool_workers_desired", "Workers that a pool should have.", ({ desired }) => desired),
    of("octopus_pool_backlog_seconds", "Work that waits for a pool.", ({ backlogSeconds }) => backlogSeconds),
  ];
}
