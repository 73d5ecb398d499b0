/** A producer, `octopus server` and `octopus worker` at once: from the first submission to the last end. */
import { atLeast, type Case, scaled } from "../harness/case.ts";
import { ARM, drainedOver, noops } from "../harness/octopus.ts";
import { startServer, startWorker, stop } from "../harness/processes.ts";
import { perSecond } from "../harness/statistics.ts";

export const produceAndDrain: Case = {
  name: "produce-and-drain",
  title: "producer and worker at once, 50 slots",
  async run(context) {
    const count = scaled(context, 200_000);
    const server = await startServer(context);
    await server.client.configureArm(ARM, {});
    const worker = await startWorker(context, server, 50);
    const tasks = noops(count);
    const begun = performance.now();
    await server.client.submitMany(tasks);
    const accepted = perSecond(count, performance.now() - begun);
    await drainedOver(server.client, count);
    const value = perSecond(count, performance.now() - begun);
    await stop(worker);
    server.client.close();
    await stop(server.child);
    return {
      figures: [
        { name: "submitted and drained", value, unit: "/s", target: atLeast(70_000), limit: "sqlite rows" },
        { name: "accepted meanwhile", value: accepted, unit: "/s" },
      ],
      notes: [`${count} tasks by one submitMany of the client library, three processes`],
    };
  },
};
