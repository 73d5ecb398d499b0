/** A thousand workers that are connected and do nothing: what they cost the server, and what it is when all come at once. */
import { setTimeout as pause } from "node:timers/promises";
import { request } from "node:http";
import { atMost, type Case, scaled } from "../harness/case.ts";
import { cpuMsOf, memoryOf, settled } from "../harness/proc.ts";
import { answer, startPart, startServer, stop } from "../harness/processes.ts";

export const idleWorkers: Case = {
  name: "idle-workers",
  title: "1,000 workers connected, idle",
  async run(context) {
    const count = scaled(context, 1000);
    const ms = context.quick ? 5000 : 30_000;
    const server = await startServer(context);
    server.client.close();
    await settled([server.pid]);
    const alone = memoryOf(server.pid).rssMb;
    const part = startPart(context, "idle-workers", [server.url, `${count}`]);
    await heard(part);
    // Beyond the first leases and the first steps of the history.
    await pause(context.quick ? 3000 : 15_000);
    const before = cpuMsOf(server.pid);
    await pause(ms);
    const cpu = ((cpuMsOf(server.pid) - before) / ms) * 100;
    const full = memoryOf(server.pid).rssMb;
    const storm = await stormOf(server.url, async () => {
      part.send("again");
      await heard(part);
    });
    part.disconnect();
    await stop(server.child);
    return {
      figures: [
        { name: "server CPU", value: Number(cpu.toFixed(2)), unit: "%", target: atMost(3) },
        {
          name: "memory of a worker",
          value: Math.round(((full - alone) / count) * 1024 * 1024),
          unit: "B",
          target: atMost(100 * 1024),
        },
        { name: "all come at once: until all are welcomed", value: Math.round(storm.ms), unit: "ms" },
        { name: "meanwhile, longest answer to /livez", value: Math.round(storm.longestMs), unit: "ms" },
      ],
      notes: [`${count} workers, a heartbeat each 5 s and a ping each 10 s, over ${ms / 1000} s; 100 % is one core`],
    };
  },
};

async function heard(part: ReturnType<typeof startPart>): Promise<void> {
  const said = await answer<string>(part, "idle-workers");
  if (said !== "up") throw new Error(said);
}

/** How long it takes, and the longest that somebody else had to wait for an answer meanwhile. */
async function stormOf(url: string, storm: () => Promise<void>): Promise<{ ms: number; longestMs: number }> {
  let isOver = false;
  let longestMs = 0;
  const startedAt = performance.now();
  const ended = storm().finally(() => (isOver = true));
  while (!isOver) {
    const askedAt = performance.now();
    await new Promise<void>((resolve, reject) => {
      request(`${url}/livez`, (response) => response.resume().on("end", resolve))
        .on("error", reject)
        .end();
    });
    longestMs = Math.max(longestMs, performance.now() - askedAt);
  }
  await ended;
  return { ms: performance.now() - startedAt, longestMs };
}
