/**
 * `npm run sim -- [--cluster | --shards] [--seed N [--trace]] | [--seeds COUNT [--from N]] [--threads N]`: runs the simulator.
 * Ends with `N passed, N failed`, one for each seed, and for each failure with the one command that repeats it. `--shards
 * --servers 10 --namespaces 99` says how many instead of drawing it.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { FOUND_SEEDS } from "./seeds.ts";
import { type ShardsOptions, simulateShards } from "./cluster/shards/simulation.ts";
import { simulateCluster } from "./cluster/simulation.ts";
import type { Outcome } from "./run-world.ts";
import { simulate } from "./simulation.ts";

/** Seeds that a thread takes at a time. */
const STEP = 10;
/** For each seed of one server there are so many of a cluster. */
const CLUSTERS = 0.1;
/** And so many of a cluster of many shards. */
const SHARDS = 0.01;

/** `cluster`: of servers with one shard. `shards`: of servers with many. */
type Kind = "one" | "cluster" | "shards";

interface Seed {
  seed: number;
  kind: Kind;
  size?: ShardsOptions;
}

type Tried = Outcome & Seed;

async function simulateOne(one: Seed, trace?: (line: string) => void): Promise<Tried> {
  const { seed, kind, size } = one;
  if (kind === "shards") return { ...(await simulateShards(seed, trace, size)), ...one };
  return { ...(await (kind === "cluster" ? simulateCluster : simulate)(seed, trace)), kind };
}

if (isMainThread) await main();
else {
  parentPort!.on("message", (seeds: Seed[]) => {
    void (async () => {
      for (const seed of seeds) parentPort!.postMessage(await simulateOne(seed));
      parentPort!.postMessage("more");
    })();
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      trace: { type: "boolean", default: false },
      cluster: { type: "boolean", default: false },
      shards: { type: "boolean", default: false },
      servers: { type: "string" },
      namespaces: { type: "string" },
      seeds: { type: "string", default: "100" },
      from: { type: "string", default: "1" },
      threads: { type: "string", default: String(Math.min(availableParallelism(), 2)) },
    },
  });
  const { servers, namespaces } = values;
  const size: ShardsOptions = {
    ...(servers !== undefined && { servers: wholeNumber("--servers", servers) }),
    ...(namespaces !== undefined && { namespaces: wholeNumber("--namespaces", namespaces) }),
  };
  const kind: Kind = values.shards ? "shards" : values.cluster ? "cluster" : "one";
  const failed =
    values.seed === undefined
      ? await runMany(
          wholeNumber("--from", values.from),
          wholeNumber("--seeds", values.seeds),
          wholeNumber("--threads", values.threads),
          { kind, size },
        )
      : await runOne({ seed: wholeNumber("--seed", values.seed), kind, size }, values.trace);
  process.exitCode = failed > 0 ? 1 : 0;
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  process.stderr.write(`${option} must be a whole number, not ${JSON.stringify(text)}\n`);
  process.exit(2);
}

async function runOne(seed: Seed, trace: boolean): Promise<number> {
  const outcome = await simulateOne(seed, trace ? (line) => console.log(line) : undefined);
  console.log(describe(outcome));
  const failed = outcome.failure === undefined ? 0 : 1;
  console.log(`${1 - failed} passed, ${failed} failed`);
  return failed;
}

/** The seeds found before, `count` seeds from `from` on, and a share of clusters; or those of one kind alone. */
async function runMany(
  from: number,
  count: number,
  threads: number,
  { kind: only, size }: { kind: Kind; size: ShardsOptions },
): Promise<number> {
  const range = Array.from({ length: count }, (_, index) => from + index);
  const share = (part: number): number[] => range.slice(0, Math.ceil(count * part));
  const mixed = (): Seed[] => [
    ...share(SHARDS).map((seed) => ({ seed, kind: "shards" as const })),
    ...share(CLUSTERS).map((seed) => ({ seed, kind: "cluster" as const })),
    ...[...new Set([...FOUND_SEEDS.keys(), ...range])].map((seed) => ({ seed, kind: "one" as const })),
  ];
  const seeds = only === "one" ? mixed() : range.map((seed): Seed => ({ seed, kind: only, size }));
  const failures: Tried[] = [];
  const total = { seeds: 0, steps: 0, tasks: 0, virtualMs: 0 };
  const did = new Map<string, number>();
  const startedAt = performance.now();
  await spread(seeds, threads, (outcome) => {
    total.seeds++;
    total.steps += outcome.steps;
    total.tasks += outcome.tasks;
    total.virtualMs += outcome.virtualMs;
    for (const [what, times] of outcome.did) did.set(what, (did.get(what) ?? 0) + times);
    if (outcome.failure !== undefined) {
      failures.push(outcome);
      console.log(describe(outcome));
    }
    if (total.seeds % 200 === 0) console.log(`${total.seeds} of ${seeds.length} seeds, ${failures.length} failed`);
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const hours = Math.round(total.virtualMs / 3_600_000);
  console.log(`${total.steps} steps, ${total.tasks} tasks, ${hours} virtual hours in ${seconds} s`);
  const counts = [...did].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${times} ${what}`);
  console.log(`with ${counts.join(", ")}`);
  const sizes = Object.entries(size).map(([name, value]) => ` --${name} ${value}`);
  for (const { seed, kind } of failures)
    console.log(`npm run sim --${kind === "one" ? "" : ` --${kind}${sizes.join("")}`} --seed ${seed} --trace`);
  console.log(`${seeds.length - failures.length} passed, ${failures.length} failed`);
  return failures.length;
}

/** Runs the seeds in threads; each takes more when it is done. */
async function spread(seeds: readonly Seed[], threads: number, seen: (outcome: Tried) => void): Promise<void> {
  let next = 0;
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const thread = new Worker(new URL(import.meta.url));
      const more = (): void => {
        const batch = seeds.slice(next, next + STEP);
        next += batch.length;
        if (batch.length > 0) return thread.postMessage(batch);
        thread.terminate().then(() => resolve(), reject);
      };
      thread.on("message", (message: Tried | "more") => (message === "more" ? more() : seen(message)));
      thread.on("error", reject);
      more();
    });
  await Promise.all(Array.from({ length: Math.max(1, threads) }, run));
}

function describe({ seed, kind, steps, tasks, virtualMs, failure }: Tried): string {
  const known = kind === "one" ? FOUND_SEEDS.get(seed) : `of ${kind === "cluster" ? "a cluster" : "many shards"}`;
  const about = known === undefined ? "" : ` (${known})`;
  if (failure !== undefined) return `seed ${seed}${about} failed at ${failure}`;
  return `seed ${seed}${about}: ${steps} steps, ${tasks} tasks, ${(virtualMs / 1000).toFixed(1)} virtual seconds`;
}
