/** Graphile Worker as its page on performance sets it: 24 at once, local queue of 500, completions in batches. */
import { makeWorkerUtils, run, Logger } from "graphile-worker";
import pg from "pg";
import { begin, concurrently, counter, inBatches, input, job, latency, rate, report } from "./measure.mjs";

const logger = new Logger(() => () => {});
const preset = {
  worker: {
    connectionString: job.url,
    concurrentJobs: 24,
    maxPoolSize: 25,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    logger,
  },
};
const singles = Math.ceil(job.count / 5);
const total = job.count + singles;
const pool = new pg.Pool({ connectionString: job.url });
const utils = await makeWorkerUtils({ preset });
await utils.migrate();
const addAll = (count) =>
  inBatches(count, 10_000, (batch) => utils.addJobs(batch.map((n) => ({ identifier: "noop", payload: input(n) }))));
/** Resolves when the table holds no job: completions are durable, not merely run. */
async function empty() {
  while ((await pool.query("SELECT 1 FROM graphile_worker._private_jobs LIMIT 1")).rowCount > 0);
}

await rate("submit in bulk", job.count, () => addAll(job.count));
await rate("submit one by one, 32 in flight", singles, () =>
  concurrently(singles, 32, (n) => utils.addJob("noop", input(n))),
);
await pool.query("ANALYZE");

const done = counter();
const taskList = { noop: async () => done.call(), began: async () => begin() };
let runner;
await rate("drain, 24 at once", total, async () => {
  const end = done.reached(total);
  runner = await run({ preset, taskList });
  await end;
  await empty();
});
await rate("submit and drain at once", job.count, async () => {
  const end = done.reached(total + job.count);
  await addAll(job.count);
  await end;
  await empty();
});
await runner.stop();

// The local queue fetches ahead for throughput; without it a job is fetched the moment that NOTIFY tells of it.
const { localQueue: _, completeJobBatchDelay: __, failJobBatchDelay: ___, ...plain } = preset.worker;
runner = await run({ preset: { worker: { ...plain, concurrentJobs: 4 } }, taskList });
await latency(job.samples, (n) => utils.addJob("began", { n }));
await runner.stop();
report([
  "producer and worker in one process; localQueue 500, batched completion, 24 at once; latency without the local queue",
]);
