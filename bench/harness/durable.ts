/** How many tasks of a kind a server and one worker do in a second, each a process of its own. */
import type { Client, TaskSubmission } from "../../src/client/mod.ts";
import type { CaseContext } from "./case.ts";
import { ARM, drainedOver } from "./octopus.ts";
import { startServer, startWorker, stop } from "./processes.ts";
import { perSecond } from "./statistics.ts";

export interface DurableWork {
  slots: number;
  count: number;
  /** The `n`th task, which names no arm. */
  task(n: number): TaskSubmission;
  /** What the server needs before that. */
  prepare?(client: Client): Promise<unknown>;
  /** Name of the data directory, where a case has several. */
  data?: string;
}

/** Tasks a second from the moment at which a backlog of `count` may start until the last has ended; a tenth of it runs before. */
export async function durableRate(
  context: CaseContext,
  { slots, count, task, prepare, data }: DurableWork,
): Promise<number> {
  const server = await startServer(context, data);
  const { client } = server;
  const worker = await startWorker(context, server, slots);
  await prepare?.(client);
  const tasks = (length: number) => Array.from({ length }, (_, n) => ({ ...task(n), arm: ARM }));
  const warmUp = Math.ceil(count / 10);
  await client.configureArm(ARM, {});
  await client.submitMany(tasks(warmUp));
  await drainedOver(client, warmUp);
  await client.configureArm(ARM, { enabled: false });
  await client.submitMany(tasks(count));
  const begun = performance.now();
  await client.configureArm(ARM, { enabled: true });
  await drainedOver(client, warmUp + count);
  const value = perSecond(count, performance.now() - begun);
  await stop(worker);
  client.close();
  await stop(server.child);
  return value;
}
