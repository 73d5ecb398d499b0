/**
 * `npm run sim -- [--seed N [--trace]] | [--seeds COUNT [--from N]] [--threads N]`: runs the simulator. Ends with
 * `N passed, N failed`, one for each seed, and for each failure with the one command that repeats it.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { FOUND_SEEDS } from "./seeds.ts";
import { type Outcome, simulate } from "./simulation.ts";

/** Seeds that a thread takes at a time. */
const STEP = 10;

if (isMainThread) await main();
else {
  parentPort!.on("message", (seeds: number[]) => {
    void (async () => {
      for (const seed of seeds) parentPort!.postMessage(await simulate(seed));
      parentPort!.postMessage("more");
    })();
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      trace: { type: "boolean", default: false },
      seeds: { type: "string", default: "100" },
      from: { type: "string", default: "1" },
      threads: { type: "string", default: String(Math.min(availableParallelism(), 2)) },
    },
  });
  const failed =
    values.seed === undefined
      ? await runMany(
          wholeNumber("--from", values.from),
          wholeNumber("--seeds", values.seeds),
          wholeNumber("--threads", values.threads),
        )
      : await runOne(wholeNumber("--seed", values.seed), values.trace);
  process.exitCode = failed > 0 ? 1 : 0;
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  process.stderr.write(`${option} must be a whole number, not ${JSON.stringify(text)}\n`);
  process.exit(2);
}

async function runOne(seed: number, trace: boolean): Promise<number> {
  const outcome = await simulate(seed, trace ? (line) => console.log(line) : undefined);
  console.log(describe(outcome));
  const failed = outcome.failure === undefined ? 0 : 1;
  console.log(`${1 - failed} passed, ${failed} failed`);
  return failed;
}

/** The seeds found before, and `count` seeds from `from` on. */
async function runMany(from: number, count: number, threads: number): Promise<number> {
  const seeds = [...new Set([...FOUND_SEEDS.keys(), ...Array.from({ length: count }, (_, index) => from + index)])];
  const failures: Outcome[] = [];
  const total = { seeds: 0, steps: 0, tasks: 0, virtualMs: 0 };
  const startedAt = performance.now();
  await spread(seeds, threads, (outcome) => {
    total.seeds++;
    total.steps += outcome.steps;
    total.tasks += outcome.tasks;
    total.virtualMs += outcome.virtualMs;
    if (outcome.failure !== undefined) {
      failures.push(outcome);
      console.log(describe(outcome));
    }
    if (total.seeds % 200 === 0) console.log(`${total.seeds} of ${seeds.length} seeds, ${failures.length} failed`);
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const hours = Math.round(total.virtualMs / 3_600_000);
  console.log(`${total.steps} steps, ${total.tasks} tasks, ${hours} virtual hours in ${seconds} s`);
  for (const { seed } of failures) console.log(`npm run sim -- --seed ${seed} --trace`);
  console.log(`${seeds.length - failures.length} passed, ${failures.length} failed`);
  return failures.length;
}

/** Runs the seeds in threads; each takes more when it is done. */
async function spread(seeds: readonly number[], threads: number, seen: (outcome: Outcome) => void): Promise<void> {
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
      thread.on("message", (message: Outcome | "more") => (message === "more" ? more() : seen(message)));
      thread.on("error", reject);
      more();
    });
  await Promise.all(Array.from({ length: Math.max(1, threads) }, run));
}

function describe({ seed, steps, tasks, virtualMs, failure }: Outcome): string {
  const known = FOUND_SEEDS.get(seed);
  const about = known === undefined ? "" : ` (${known})`;
  if (failure !== undefined) return `seed ${seed}${about} failed at ${failure}`;
  return `seed ${seed}${about}: ${steps} steps, ${tasks} tasks, ${(virtualMs / 1000).toFixed(1)} virtual seconds`;
}
