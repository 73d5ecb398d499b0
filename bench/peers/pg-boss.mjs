/** pg-boss: insert in bulk, fetched 500 at a time and completed together, NOTIFY for latency. */
import { PgBoss } from "pg-boss";
import pg from "pg";
import { begin, concurrently, inBatches, input, job, latency, rate, report, rounds } from "./measure.mjs";

const boss = new PgBoss({ connectionString: job.url, max: 20, useListenNotify: true });
boss.on("error", (error) => console.error(String(error)));
await boss.start();
const singles = Math.ceil(job.count / 5);
const total = job.count + singles;
const pool = new pg.Pool({ connectionString: job.url });
const addAll = (name, count) =>
  inBatches(count, 10_000, (batch) =>
    boss.insert(
      name,
      batch.map((n) => ({ data: input(n) })),
    ),
  );
await boss.createQueue("bench", { partition: true });
await rate("submit in bulk", job.count, () => addAll("bench", job.count));
await rate("submit one by one, 32 in flight", singles, () =>
  concurrently(singles, 32, (n) => boss.send("bench", input(n))),
);
await pool.query("ANALYZE");

/** Fetches 500 at a time and completes them together, in 4 loops, until `isOver`. */
async function drain(name, isOver) {
  const loop = async () => {
    while (!isOver()) {
      const jobs = await boss.fetch(name, { batchSize: 500 });
      if (jobs.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      else {
        await boss.complete(
          name,
          jobs.map(({ id }) => id),
        );
        drained += jobs.length;
        if (jobs.some(({ data }) => data?.isJoin)) joined = true;
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, loop));
}
let drained = 0;
let joined = false;

await rate("drain, fetch of 500", total, () => drain("bench", () => drained >= total));
drained = 0;
await boss.createQueue("both", { partition: true });
await rate("submit and drain at once", job.count, () =>
  Promise.all([addAll("both", job.count), drain("both", () => drained >= job.count)]),
);

await boss.createQueue("latency", { notify: true });
await boss.work("latency", { pollingIntervalSeconds: 0.5 }, async () => begin());
await latency(job.samples, (n) => boss.send("latency", { n }));
await boss.offWork("latency");
await boss.createQueue("flow");
const leaves = Array.from({ length: 1000 }, (_, i) => ({ ref: `t${i}`, name: "flow" }));
const join = { ref: "join", name: "flow", data: { isJoin: true }, dependsOn: leaves.map(({ ref }) => ref) };
await rounds("1,000 and a join", 5, async () => {
  joined = false;
  drained = 0;
  await boss.flow([...leaves, join]);
  await drain("flow", () => drained >= leaves.length);
  // What waits for others is released by a pass every few seconds, or by this call.
  await boss.resolveFlow();
  await drain("flow", () => joined);
});
report([
  "producer and worker in one process; insert of 10,000; 4 loops of fetch(500) and complete; NOTIFY for latency",
]);
