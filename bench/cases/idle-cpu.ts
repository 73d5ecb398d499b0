/**
 * CPU time of `octopus server` with no task: polling would show here. What a start leaves behind is no idling, and is told by
 * itself: half a minute after the last collection V8 collects once more in small steps, some 90 ms in all, and then no more.
 */
import { setTimeout as pause } from "node:timers/promises";
import { atMost, type Case } from "../harness/case.ts";
import { cpuMsOf, settled } from "../harness/proc.ts";
import { startServer, startWorker, stop } from "../harness/processes.ts";

/** V8's collection of a process that has become idle begins 28 s after that which the process makes itself. */
const TAIL_MS = 40_000;

export const idleCpu: Case = {
  name: "idle-cpu",
  title: "CPU of an idle server, no task",
  async run(context) {
    const ms = context.quick ? 5000 : 30_000;
    const server = await startServer(context);
    // A connection that is kept for nothing would be closed in the middle of the measurement.
    server.client.close();
    const tailOf = async (pids: number[]): Promise<number[]> => {
      await settled(pids);
      const before = pids.map(cpuMsOf);
      if (!context.quick) await pause(TAIL_MS);
      return pids.map((pid, i) => Math.round(cpuMsOf(pid) - before[i]!));
    };
    const [tail] = await tailOf([server.pid]);
    const share = async (pids: readonly number[]): Promise<number[]> => {
      const before = pids.map(cpuMsOf);
      await pause(ms);
      return pids.map((pid, i) => Number((((cpuMsOf(pid) - before[i]!) / ms) * 100).toFixed(4)));
    };
    const [alone] = await share([server.pid]);
    const worker = await startWorker(context, server, 10);
    server.client.close();
    const [, tailOfWorker] = await tailOf([server.pid, worker.pid!]);
    const [withWorker, ofWorker] = await share([server.pid, worker.pid!]);
    await stop(worker);
    await stop(server.child);
    return {
      figures: [
        { name: "server alone", value: alone!, unit: "%", target: atMost(0.1) },
        { name: "server with a worker", value: withWorker!, unit: "%", target: atMost(0.1) },
        { name: "worker", value: ofWorker!, unit: "%" },
        { name: "left by the start: server", value: tail!, unit: "ms" },
        { name: "left by the start: worker", value: tailOfWorker!, unit: "ms" },
      ],
      notes: [
        `over ${ms / 1000} s each; 100 % is one core`,
        context.quick
          ? "quick: what the start leaves is within"
          : `after ${TAIL_MS / 1000} s, in which the start is cleaned up`,
      ],
    };
  },
};
