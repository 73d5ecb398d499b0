/** p-queue and fastq: queues in memory. They keep nothing, and so say what the bookkeeping of a queue costs at least. */
import fastq from "fastq";
import PQueue from "p-queue";
import { begin, figures, input, job, latency, rate, report } from "./measure.mjs";

const inputs = Array.from({ length: job.count }, (_, n) => input(n));
const noop = async () => {};

const queue = new PQueue({ concurrency: 50, autoStart: false });
for (const one of inputs) void queue.add(() => noop(one));
await rate("p-queue: drain, 50 at once", job.count, () => {
  queue.start();
  return queue.onIdle();
});
await latency(job.samples, () => queue.add(async () => begin()));
for (const figure of figures) if (figure.name.startsWith("latency")) figure.name = `p-queue: ${figure.name}`;

const quick = fastq.promise(noop, 50);
quick.pause();
for (const one of inputs) void quick.push(one);
await rate("fastq: drain, 50 at once", job.count, () => {
  quick.resume();
  return quick.drained();
});
report(["nothing is kept: not durable"]);
