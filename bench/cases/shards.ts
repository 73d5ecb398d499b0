/**
 * What a namespace, which is a shard, costs: 1, 10 and 100 of them on one server, on its own databases and on NATS, idle and
 * busy. Idle: memory, open files, processor time of the server and of the broker. Busy: no-op tasks of one client at a time in
 * each, submitted to all of them together, beside the same number in one.
 */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Case, CaseContext, Figure } from "../harness/case.ts";
import { type Backend, natsAlone } from "../harness/cluster.ts";
import { childrenOf, cpuMsOf, memoryOf } from "../harness/proc.ts";
import { type ServerProcess, startServer, stop } from "../harness/processes.ts";
import { perSecond } from "../harness/statistics.ts";
import { waitFor } from "../harness/wait.ts";

const ALONE: Backend = { words: [], stop: async () => {} };
/** Tasks in one request. */
const STEP = 50;
/** Requests under way at once. */
const AT_ONCE = 16;

interface Look {
  rssMb: number;
  files: number;
  diskMb: number;
  /** Of one core, in per cent. */
  cpu: number;
  brokerMb: number;
  brokerCpu: number;
}

/** Names of the namespaces beside `default`. */
const nameOf = (n: number): string => `shard-${n}`;

async function post(url: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
}

function broker(server: ServerProcess): number | undefined {
  return childrenOf(process.pid).find((pid) => pid !== server.pid && commandOf(pid) === "nats-server");
}

function commandOf(pid: number): string {
  try {
    return execFileSync("ps", ["-o", "comm=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

async function look(context: CaseContext, server: ServerProcess, dir: string): Promise<Look> {
  const ms = context.quick ? 5000 : 30_000;
  // What their making has left is collected, and the next round of what goes on every few seconds begins.
  await pause(context.quick ? 5000 : 15_000);
  const ofBroker = broker(server);
  const cpu = (): [number, number] => [cpuMsOf(server.pid), ofBroker === undefined ? 0 : cpuMsOf(ofBroker)];
  const before = cpu();
  await pause(ms);
  const after = cpu();
  const share = (at: 0 | 1): number => Number((((after[at] - before[at]) / ms) * 100).toFixed(2));
  return {
    rssMb: memoryOf(server.pid).rssMb,
    files: readdirSync(`/proc/${server.pid}/fd`).length,
    diskMb: Number(execFileSync("du", ["-sm", join(context.folder, dir)], { encoding: "utf8" }).split("\t")[0]),
    cpu: share(0),
    brokerMb: ofBroker === undefined ? 0 : memoryOf(ofBroker).rssMb,
    brokerCpu: share(1),
  };
}

/** Tasks per second that are acknowledged when so many shards take them at once. */
async function busy(server: ServerProcess, shards: number, count: number): Promise<number> {
  const urls = Array.from(
    { length: shards },
    (_, n) => `${server.url}${n === 0 ? "" : `/ns/${nameOf(n)}`}/api/v1/tasks`,
  );
  const tasks = Array.from({ length: STEP }, () => ({ call: "noop" }));
  let left = Math.ceil(count / STEP);
  let turn = 0;
  const begun = performance.now();
  const one = async (): Promise<void> => {
    while (left-- > 0) await post(urls[turn++ % urls.length]!, tasks);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return perSecond(Math.ceil(count / STEP) * STEP, performance.now() - begun);
}

async function measure(
  context: CaseContext,
  way: string,
  backend: Backend,
): Promise<{ figures: Figure[]; notes: string[] }> {
  const counts = context.quick ? [1, 10, 30] : [1, 10, 100];
  const dir = `data-${way}`;
  const words = backend.words.length === 0 ? [] : ["--server-name", "bench", ...backend.words];
  const server = await startServer(context, dir, words);
  const figures: Figure[] = [];
  const looks = new Map<number, Look>();
  let there = 1;
  let makeMs = 0;
  for (const count of counts) {
    const begun = performance.now();
    for (; there < count; there++) {
      await post(`${server.url}/api/v1/namespaces`, { name: nameOf(there) });
      await waitFor(`namespace ${there}`, async () =>
        (await fetch(`${server.url}/ns/${nameOf(there)}/readyz`).catch(() => undefined))?.ok ? true : undefined,
      );
    }
    makeMs += performance.now() - begun;
    const seen = await look(context, server, dir);
    looks.set(count, seen);
    const rate = await busy(server, count, context.quick ? 5000 : 50_000);
    figures.push(
      { name: `${way}, ${count}: submitted`, value: rate, unit: "/s" },
      { name: `${way}, ${count}: server RSS`, value: seen.rssMb, unit: "MB" },
      { name: `${way}, ${count}: idle CPU`, value: seen.cpu, unit: "%" },
    );
    if (seen.brokerMb > 0)
      figures.push(
        { name: `${way}, ${count}: broker RSS`, value: seen.brokerMb, unit: "MB" },
        { name: `${way}, ${count}: broker idle CPU`, value: seen.brokerCpu, unit: "%" },
      );
  }
  const most = counts.at(-1)!;
  const [first, last] = [looks.get(1)!, looks.get(most)!];
  const each = (of: (look: Look) => number): string => ((of(last) - of(first)) / (most - 1)).toFixed(2);
  const notes = [
    `${way}, each of ${most - 1} more: ${each((one) => one.rssMb)} MB, ${each((one) => one.files)} files, ` +
      `${each((one) => one.diskMb)} MB of disk, ${each((one) => one.cpu * 10)} ‰ of a core idle, made in ${(makeMs / (most - 1)).toFixed(0)} ms` +
      (last.brokerMb > 0
        ? `; of the broker ${each((one) => one.brokerMb)} MB, ${each((one) => one.brokerCpu * 10)} ‰ of a core`
        : ""),
  ];
  server.client.close();
  const stopping = performance.now();
  await stop(server.child);
  notes.push(`${way}: stopped with ${most} in ${Math.round(performance.now() - stopping)} ms`);
  const starting = performance.now();
  const again = await startServer(context, dir, words);
  await waitFor("the last namespace", async () =>
    (await fetch(`${again.url}/ns/${nameOf(most - 1)}/readyz`).catch(() => undefined))?.ok ? true : undefined,
  );
  figures.push({ name: `${way}, ${most}: started again`, value: Math.round(performance.now() - starting), unit: "ms" });
  again.client.close();
  await stop(again.child);
  return { figures, notes };
}

export const shards: Case = {
  name: "shards",
  title: "1, 10 and 100 namespaces on one server: own databases, NATS",
  async run(context) {
    const figures: Figure[] = [];
    const notes = [`${STEP} tasks a request, ${AT_ONCE} requests at once; every process on this machine`];
    for (const [way, open] of [
      ["alone", async () => ALONE],
      ["NATS", natsAlone],
    ] as const) {
      const backend = await open();
      const measured = await measure(context, way, backend);
      await backend.stop();
      figures.push(...measured.figures);
      notes.push(...measured.notes);
    }
    return { figures, notes };
  },
};
