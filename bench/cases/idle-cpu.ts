/** CPU time of `octopus server` with no task: polling would show here. */
import { setTimeout as pause } from "node:timers/promises";
import { atMost, type Case } from "../harness/case.ts";
import { cpuMsOf, settled } from "../harness/proc.ts";
import { startServer, startWorker, stop } from "../harness/processes.ts";

export const idleCpu: Case = {
  name: "idle-cpu",
  title: "CPU of an idle server, no task",
  async run(context) {
    const ms = context.quick ? 5000 : 30_000;
    const server = await startServer(context);
    // A connection that is kept for nothing would be closed in the middle of the measurement.
    server.client.close();
    await settled([server.pid]);
    const share = async (pids: readonly number[]): Promise<number[]> => {
      const before = pids.map(cpuMsOf);
      await pause(ms);
      return pids.map((pid, i) => Number((((cpuMsOf(pid) - before[i]!) / ms) * 100).toFixed(4)));
    };
    const [alone] = await share([server.pid]);
    const worker = await startWorker(context, server, 10);
    server.client.close();
    await settled([server.pid, worker.pid!]);
    const [withWorker, ofWorker] = await share([server.pid, worker.pid!]);
    await stop(worker);
    await stop(server.child);
    return {
      figures: [
        { name: "server alone", value: alone!, unit: "%", target: atMost(0.1) },
        { name: "server with a worker", value: withWorker!, unit: "%", target: atMost(0.1) },
        { name: "worker", value: ofWorker!, unit: "%" },
      ],
      notes: [`over ${ms / 1000} s each; 100 % is one core`],
    };
  },
};
