/**
 * Several servers on three NATS servers: how long nothing is acknowledged when the one that leads is killed or stopped, how
 * quickly a new replica reads a log, and how soon another server leads with a long queue.
 */
import { once } from "node:events";
import { OctopusError } from "../../src/base/errors.ts";
import type { TaskSubmission } from "../../src/client/mod.ts";
import { atLeast, atMost, type Case, type CaseContext, scaled } from "../harness/case.ts";
import { type Backend, natsOfThree } from "../harness/cluster.ts";
import { ARM, drainedOver, noops } from "../harness/octopus.ts";
import { type ServerProcess, startServer, startWorker, stop } from "../harness/processes.ts";
import { percentile, perSecond } from "../harness/statistics.ts";
import { waitFor } from "../harness/wait.ts";
import type { ClusterView } from "../../src/protocol/cluster-view.ts";

const KILLS = 20;
const AGAIN_MS = 10;
const STEP = 20_000;
/** Events of a task that was submitted, began and ended. */
const EVENTS_OF_TASK = 3;

interface Server extends ServerProcess {
  name: string;
}

async function start(context: CaseContext, { words }: Backend, name: string): Promise<Server> {
  const more = ["--server-name", name, ...words];
  return { name, ...(await startServer(context, `data-${name}`, more)) };
}

async function view({ url }: ServerProcess): Promise<ClusterView | undefined> {
  try {
    const response = await fetch(`${url}/api/v1/cluster`, { signal: AbortSignal.timeout(5000) });
    return response.ok ? ((await response.json()) as ClusterView) : undefined;
  } catch {
    return undefined;
  }
}

/** Resolves when all of these are at the newest record, as they say themselves; answers who leads. */
function together(servers: readonly Server[]): Promise<Server> {
  return waitFor("all servers at the same record", async () => {
    const views = await Promise.all(servers.map((server) => view(server)));
    const isSame = views.every((one) => one !== undefined && one.role !== "starting" && one.seq === one.last);
    return isSame ? servers.find(({ name }) => name === views[0]?.leader) : undefined;
  });
}

let submitted = 0;

/** True: acknowledged. */
async function submits({ url }: ServerProcess): Promise<boolean> {
  const body = JSON.stringify({ id: `f${submitted++}`, call: "noop" });
  try {
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(30_000);
    const response = await fetch(`${url}/api/v1/tasks`, { method: "POST", headers, body, signal });
    const said = await response.text();
    if (response.status >= 400 && response.status < 500) throw new Error(said);
    return response.status < 300;
  } catch (error) {
    // It was cut off, or nobody is there.
    if (!(error instanceof TypeError) && (error as Error).name !== "TimeoutError") throw error;
    return false;
  }
}

/** From the signal to the first task that another leader acknowledges, handed in at a server that stays. */
async function failOver(leader: Server, asked: Server, signal: "SIGKILL" | "SIGTERM"): Promise<number> {
  const begun = performance.now();
  const ended = once(leader.child, "exit");
  leader.child.kill(signal);
  if (signal === "SIGKILL") await ended;
  const ms = await waitFor(
    "a task that another server acknowledges",
    async () => {
      if (!(await submits(asked))) return undefined;
      const at = performance.now();
      const now = await view(asked);
      return now?.leader === undefined || now.leader === leader.name ? undefined : at - begun;
    },
    { everyMs: AGAIN_MS },
  );
  await ended;
  return ms;
}

export const clusterFailOver: Case = {
  name: "cluster-fail-over",
  title: "the leader of three servers is killed, and stopped, NATS R3",
  async run(context) {
    const rounds = context.quick ? 4 : KILLS;
    const backend = await natsOfThree();
    const servers = await Promise.all(["a", "b", "c"].map((name) => start(context, backend, name)));
    const times = { SIGKILL: [] as number[], SIGTERM: [] as number[] };
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      for (let round = 0; round < rounds; round++) {
        const leader = await together(servers);
        const asked = servers.find((one) => one !== leader)!;
        times[signal].push(await failOver(leader, asked, signal));
        leader.client.close();
        servers[servers.indexOf(leader)] = await start(context, backend, leader.name);
      }
    }
    for (const { client } of servers) client.close();
    await Promise.all(servers.map(({ child }) => stop(child)));
    await backend.stop();
    const at = (signal: "SIGKILL" | "SIGTERM", share: number): number => Math.round(percentile(times[signal], share));
    return {
      figures: [
        { name: "kill -9, median", value: at("SIGKILL", 0.5), unit: "ms", target: atMost(3000) },
        { name: "kill -9, longest", value: at("SIGKILL", 1), unit: "ms", target: atMost(3000) },
        { name: "stop, median", value: at("SIGTERM", 0.5), unit: "ms", target: atMost(1000) },
        { name: "stop, longest", value: at("SIGTERM", 1), unit: "ms", target: atMost(1000) },
      ],
      notes: [
        `${rounds} of each; all: ${JSON.stringify(times, (_, one) => (typeof one === "number" ? Math.round(one) : one))}`,
      ],
    };
  },
};

export const clusterCatchUp: Case = {
  name: "cluster-catch-up",
  title: "a new replica reads the log of drained tasks, NATS R3",
  async run(context) {
    const count = scaled(context, 200_000);
    const backend = await natsOfThree();
    const first = await start(context, backend, "a");
    await first.client.configureArm(ARM, { enabled: false });
    for (let from = 0; from < count; from += STEP)
      await first.client.submitMany(noops(Math.min(STEP, count - from), from));
    const worker = await startWorker(context, first, 200);
    await first.client.configureArm(ARM, { enabled: true });
    await drainedOver(first.client, count);
    await stop(worker);

    // An empty one, to know what a start takes by itself: this server, with what it has read already.
    const begun = performance.now();
    const second = await start(context, backend, "b");
    await together([first, second]);
    const fresh = performance.now() - begun;
    second.client.close();
    await stop(second.child);
    const againAt = performance.now();
    const again = await start(context, backend, "b");
    await together([first, again]);
    const started = performance.now() - againAt;
    for (const { client, child } of [again, first]) {
      client.close();
      await stop(child);
    }
    await backend.stop();
    const events = count * EVENTS_OF_TASK;
    return {
      figures: [
        {
          name: "events",
          value: perSecond(events, Math.max(1, fresh - started)),
          unit: "/s",
          target: atLeast(100_000),
        },
        { name: "start of a new replica", value: Math.round(fresh), unit: "ms" },
        { name: "start of one that has all", value: Math.round(started), unit: "ms" },
      ],
      notes: [`${events} events of ${count} tasks; the time of a start with nothing to read is taken off`],
    };
  },
};

/** Again where nobody leads for a moment, which a busy machine may bring about; some are then there twice. */
async function handIn({ client }: Server, tasks: TaskSubmission[]): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await client.submitMany(tasks);
      return;
    } catch (error) {
      if (!(error instanceof OctopusError && error.retryable) || tries > 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

export const clusterTakeOver: Case = {
  name: "cluster-take-over",
  title: "1,000,000 queued tasks, and the leader is killed, NATS R3",
  async run(context) {
    const count = scaled(context, 1_000_000);
    const backend = await natsOfThree();
    const servers = [await start(context, backend, "a"), await start(context, backend, "b")];
    const leader = await together(servers);
    const other = servers.find((one) => one !== leader)!;
    await leader.client.configureArm(ARM, { enabled: false });
    const submitting = performance.now();
    for (let from = 0; from < count; from += STEP) await handIn(leader, noops(Math.min(STEP, count - from), from));
    const rate = perSecond(count, performance.now() - submitting);
    await together(servers);
    const ms = await failOver(leader, other, "SIGKILL");
    const queued = (await other.client.status()).counts.queued ?? 0;
    if (queued < count) throw new Error(`${queued} of ${count} tasks are queued at the new leader`);
    for (const { client } of servers) client.close();
    await stop(other.child);
    await backend.stop();
    return {
      figures: [
        { name: "taken over", value: Number((ms / 1000).toFixed(2)), unit: "s", target: atMost(10) },
        { name: "submitted with a follower", value: rate, unit: "/s" },
      ],
      notes: [`${count} queued tasks`],
    };
  },
};
