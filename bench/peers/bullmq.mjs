/** BullMQ: addBulk, one worker with concurrency 50, finished jobs removed as its production guide advises. */
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { begin, concurrently, counter, inBatches, input, job, latency, rate, report, rounds } from "./measure.mjs";

const { hostname, port } = new URL(job.url);
const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };
const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
const singles = Math.ceil(job.count / 5);

const queue = new Queue("bench", { connection, defaultJobOptions });
await queue.waitUntilReady();
await queue.addBulk([{ name: "noop", data: input(0) }]);
await rate("submit in bulk", job.count, () =>
  inBatches(job.count, 1000, (batch) => queue.addBulk(batch.map((n) => ({ name: "noop", data: input(n) })))),
);
await rate("submit one by one, 32 in flight", singles, () =>
  concurrently(singles, 32, (n) => queue.add("noop", input(n))),
);

const done = counter();
const total = job.count + singles + 1;
const worker = new Worker("bench", async () => {}, { connection, concurrency: 50, autorun: false });
worker.on("completed", done.call);
await worker.waitUntilReady();
await rate("drain, 50 at once", total, () => {
  void worker.run();
  return done.reached(total);
});
await rate("submit and drain at once", job.count, async () => {
  const end = done.reached(total + job.count);
  await inBatches(job.count, 1000, (batch) => queue.addBulk(batch.map((n) => ({ name: "noop", data: input(n) }))));
  await end;
});
await worker.close();

const fast = new Queue("latency", { connection, defaultJobOptions });
const events = new Worker("latency", async () => begin(), { connection });
await events.waitUntilReady();
await latency(job.samples, (n) => fast.add("began", { n }));
await events.close();

const flow = new FlowProducer({ connection });
const joins = new Worker("flow", async () => {}, { connection, concurrency: 50 });
const ends = new QueueEvents("flow", { connection });
await Promise.all([joins.waitUntilReady(), ends.waitUntilReady()]);
const leaf = { name: "leaf", queueName: "flow", opts: { removeOnComplete: true } };
await rounds("1,000 and a join", 5, async () => {
  const tree = { name: "join", queueName: "flow", children: Array.from({ length: 1000 }, () => ({ ...leaf })) };
  const { job: join } = await flow.add(tree);
  await join.waitUntilFinished(ends);
});
await joins.close();
report(["producer and worker in one process; addBulk of 1,000; worker concurrency 50; removeOnComplete"]);
