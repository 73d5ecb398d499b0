/** What `octopus server` and `octopus worker` hold while nothing happens. */
import { setTimeout as pause } from "node:timers/promises";
import { atMost, type Case } from "../harness/case.ts";
import { childrenOf, memoryOf, settled } from "../harness/proc.ts";
import { startServer, startWorker, stop } from "../harness/processes.ts";

export const memoryIdle: Case = {
  name: "memory-idle",
  title: "memory idle: server, worker",
  async run(context) {
    const server = await startServer(context);
    const worker = await startWorker(context, server, 10);
    // Both give back what only their start needed, once they see that they are idle.
    await pause(3000);
    await settled([server.pid, worker.pid!]);
    const ofServer = memoryOf(server.pid);
    const ofWorker = memoryOf(worker.pid!);
    const helpers = childrenOf(worker.pid!).map((pid) => memoryOf(pid));
    await stop(worker);
    server.client.close();
    await stop(server.child);
    return {
      figures: [
        { name: "server RSS", value: ofServer.rssMb, unit: "MB", target: atMost(75), limit: "empty Node RSS" },
        { name: "worker RSS", value: ofWorker.rssMb, unit: "MB", target: atMost(55), limit: "empty Node RSS" },
        { name: "server PSS", value: ofServer.pssMb, unit: "MB" },
        { name: "worker PSS", value: ofWorker.pssMb, unit: "MB" },
      ],
      notes: [
        `helper processes of the worker: ${helpers.length === 0 ? "none yet" : helpers.map(({ rssMb }) => `${rssMb} MB RSS`).join(", ")}`,
      ],
    };
  },
};
