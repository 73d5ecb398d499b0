/**
 * What it costs that the log is elsewhere: the same drain by one server and one worker with its own SQLite alone, through
 * NATS with one and with three copies, and through PostgreSQL, in one run; and the latency with three copies. All processes
 * share this machine, those of NATS and of PostgreSQL too.
 */
import { atLeast, atMost, type Case, type CaseContext, type Figure, scaled, type Target } from "../harness/case.ts";
import { type Backend, cpuOfAll, natsAlone, natsOfThree, postgres } from "../harness/cluster.ts";
import { ARM, drainedOver, noops } from "../harness/octopus.ts";
import { startServer, startWorker, stop } from "../harness/processes.ts";
import { median, perSecond } from "../harness/statistics.ts";
import { figures, listen, sample } from "./latency.ts";

const SLOTS = 200;
/** The end of the task before is in three copies by then: one record is on its way at a time. */
const QUIET_MS = 10;
const ALONE: Backend = { words: [], stop: async () => {} };

interface Drained {
  rate: number;
  submitRate: number;
  /** Of all the cores, 0 to 1: what each process took. */
  notes: string;
}

async function drain(context: CaseContext, name: string, { words }: Backend, count: number): Promise<Drained> {
  const own = words.length === 0 ? [] : ["--server-name", "bench", ...words];
  const server = await startServer(context, `data-${name}`, own);
  await server.client.configureArm(ARM, { enabled: false });
  const submitting = performance.now();
  await server.client.submitMany(noops(count));
  const submitRate = perSecond(count, performance.now() - submitting);
  const worker = await startWorker(context, server, SLOTS);
  const before = cpuOfAll();
  const begun = performance.now();
  await server.client.configureArm(ARM, { enabled: true });
  await drainedOver(server.client, count);
  const ms = performance.now() - begun;
  const after = cpuOfAll();
  const used = (pid: number | undefined): number => (after.get(pid!) ?? 0) - (before.get(pid!) ?? 0);
  const total = [...after.keys()].reduce((sum, pid) => sum + used(pid), 0);
  const shares = [used(server.pid), used(worker.pid), total - used(server.pid) - used(worker.pid)];
  const [ofServer, ofWorker, ofOthers] = shares.map((one) => `${Math.round((one / ms) * 100)} %`);
  await stop(worker);
  server.client.close();
  await stop(server.child);
  const micros = shares.map((one) => ((one * 1000) / count).toFixed(1));
  const notes =
    `${name}: of one core the server took ${ofServer}, the worker ${ofWorker}, what is shared ${ofOthers}; ` +
    `${micros.join(" + ")} µs of processor time for each task`;
  return { rate: perSecond(count, ms), submitRate, notes };
}

export const cluster: Case = {
  name: "cluster",
  title: "drain by one server: own SQLite, NATS R1 and R3, PostgreSQL",
  async run(context) {
    const count = scaled(context, 100_000);
    const ways: [string, Target | undefined, () => Promise<Backend>][] = [
      ["embedded", undefined, async () => ALONE],
      ["NATS R1", atLeast(40_000), natsAlone],
      ["NATS R3", atLeast(20_000), natsOfThree],
      ["PostgreSQL", atLeast(15_000), postgres],
    ];
    const measured: Figure[] = [];
    const notes = [`${count} tasks, ${SLOTS} slots; sync_interval: always, fsync on`];
    for (const [name, target, open] of ways) {
      const backend = await open();
      const raw = await backend.raw?.();
      if (raw !== undefined)
        measured.push({ name: `${name}, append alone`, value: Number(raw.toFixed(2)), unit: "ms" });
      const { rate, submitRate, notes: more } = await drain(context, name.replace(" ", "-"), backend, count);
      await backend.stop();
      measured.push({ name, value: rate, unit: "/s", ...(target && { target }) });
      measured.push({ name: `${name}, submitted`, value: submitRate, unit: "/s" });
      notes.push(more);
    }
    return { figures: measured, notes };
  },
};

export const clusterLatency: Case = {
  name: "cluster-latency",
  title: "dispatch latency idle, NATS R3",
  async run(context) {
    const count = scaled(context, 1000);
    const backend = await natsOfThree();
    const own = ["--server-name", "bench", ...backend.words];
    const times = await dispatch(context, "data", own, count);
    // The two of which it is made, at the same pace: whatever has slept for so long takes longer.
    const append = await backend.raw!(QUIET_MS);
    const atOnce = await backend.raw!();
    await backend.stop();
    const alone = await dispatch(context, "data-alone", ALONE.words, count / 2);
    const figure = (name: string, ms: number): Figure => ({ name, value: Number(ms.toFixed(2)), unit: "ms" });
    return {
      figures: [
        ...figures(times, atMost(3)),
        figure("one append alone, p50", append),
        figure("own SQLite instead, p50", median(alone)),
        figure("one append at once after another, p50", atOnce),
      ],
      notes: [`${count} samples, ${QUIET_MS} ms apart`],
    };
  },
};

async function dispatch(context: CaseContext, dir: string, words: readonly string[], count: number): Promise<number[]> {
  const { port, begun, close } = await listen();
  const server = await startServer(context, dir, words);
  const worker = await startWorker(context, server, 10);
  const submit = (n: number): unknown => server.client.submit({ call: "began", input: { port, n } });
  const times = await sample(context, count, submit, begun, QUIET_MS);
  await stop(worker);
  close();
  server.client.close();
  await stop(server.child);
  return times;
}
