/** What `octopus server` and `octopus worker` hold while nothing happens, as they are shipped and from the source. */
import { setTimeout as pause } from "node:timers/promises";
import { atMost, type Case, type CaseContext } from "../harness/case.ts";
import { childrenOf, memoryOf, settled } from "../harness/proc.ts";
import { FUNCTIONS, startServer, startWorker, stop } from "../harness/processes.ts";
import { buildShipped, withoutTypes } from "../harness/shipped.ts";

export const memoryIdle: Case = {
  name: "memory-idle",
  title: "memory idle: server, worker",
  async run(context) {
    const cli = await buildShipped(context.folder);
    const shipped = await weigh({ ...context, cli, functions: withoutTypes(FUNCTIONS, context.folder) }, "shipped");
    const source = await weigh(context, "source");
    return {
      figures: [
        { name: "server RSS", value: shipped.server.rssMb, unit: "MB", target: atMost(75), limit: "empty Node RSS" },
        { name: "worker RSS", value: shipped.worker.rssMb, unit: "MB", target: atMost(55), limit: "empty Node RSS" },
        { name: "server PSS", value: shipped.server.pssMb, unit: "MB" },
        { name: "worker PSS", value: shipped.worker.pssMb, unit: "MB" },
        { name: "server RSS, from the source", value: source.server.rssMb, unit: "MB" },
        { name: "worker RSS, from the source", value: source.worker.rssMb, unit: "MB" },
      ],
      notes: [
        "RSS holds up to 60 MB of Node's own program, which all processes of a machine share; PSS has the share of it",
        `helper processes of the worker: ${shipped.helpers.length === 0 ? "none yet" : shipped.helpers.map(({ rssMb }) => `${rssMb} MB RSS`).join(", ")}`,
      ],
    };
  },
};

async function weigh(context: CaseContext, dir: string) {
  const server = await startServer(context, dir);
  const worker = await startWorker(context, server, 10);
  // Both give back what only their start needed, once they see that they are idle.
  await pause(3000);
  await settled([server.pid, worker.pid!]);
  const weighed = {
    server: memoryOf(server.pid),
    worker: memoryOf(worker.pid!),
    helpers: childrenOf(worker.pid!).map((pid) => memoryOf(pid)),
  };
  await stop(worker);
  server.client.close();
  await stop(server.child);
  return weighed;
}
