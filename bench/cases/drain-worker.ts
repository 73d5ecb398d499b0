/** 200,000 no-op tasks drained by one worker process over its WebSocket: `octopus server` and `octopus worker`. */
import { atLeast, type Case, type CaseContext, type Figure, scaled } from "../harness/case.ts";
import { ARM, drainedOver, noops } from "../harness/octopus.ts";
import { startServer, startWorker, stop } from "../harness/processes.ts";
import { perSecond } from "../harness/statistics.ts";

const TARGETS = new Map([
  [50, 80_000],
  [200, 100_000],
]);

async function drain(context: CaseContext, slots: number, count: number): Promise<Figure> {
  const server = await startServer(context, `data-${slots}`);
  await server.client.configureArm(ARM, { enabled: false });
  await server.client.submitMany(noops(count));
  const worker = await startWorker(context, server, slots);
  const begun = performance.now();
  await server.client.configureArm(ARM, { enabled: true });
  await drainedOver(server.client, count);
  const value = perSecond(count, performance.now() - begun);
  await stop(worker);
  server.client.close();
  await stop(server.child);
  return {
    name: `${slots} slots`,
    value,
    unit: "/s",
    target: atLeast(TARGETS.get(slots)!),
    limit: "sqlite rows, 50 a commit",
  };
}

/** The same by `workers` processes with the same slots in all. */
async function drainShared(context: CaseContext, workers: number, count: number): Promise<number> {
  const server = await startServer(context, `data-by-${workers}`);
  await server.client.configureArm(ARM, { enabled: false });
  await server.client.submitMany(noops(count));
  const started = await Promise.all(
    Array.from({ length: workers }, (_, n) => startWorker(context, server, SLOTS_IN_ALL / workers, `w${n}`)),
  );
  const begun = performance.now();
  await server.client.configureArm(ARM, { enabled: true });
  await drainedOver(server.client, count);
  const value = perSecond(count, performance.now() - begun);
  await Promise.all(started.map((worker) => stop(worker)));
  server.client.close();
  await stop(server.child);
  return value;
}

const SLOTS_IN_ALL = 200;

export const drainWorkers: Case = {
  name: "drain-workers",
  title: "drain, one and four separate worker processes",
  async run(context) {
    const count = scaled(context, 200_000);
    const one = await drainShared(context, 1, count);
    const four = await drainShared(context, 4, count);
    return {
      figures: [
        { name: "one worker", value: one, unit: "/s" },
        { name: "four workers", value: four, unit: "/s" },
        { name: "four against one", value: Number((four / one).toFixed(2)), unit: "ratio" },
      ],
      notes: [`${count} tasks, ${SLOTS_IN_ALL} slots in all`],
    };
  },
};

export const drainWorker: Case = {
  name: "drain-worker",
  title: "drain, one separate worker process",
  async run(context) {
    const count = scaled(context, 200_000);
    const figures = [await drain(context, 50, count), await drain(context, 200, count)];
    return { figures, notes: [`${count} tasks`] };
  },
};
