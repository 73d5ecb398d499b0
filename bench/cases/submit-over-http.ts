/**
 * Submission from another process: in bulk, one by one through the client library, and as plain POSTs over bare sockets.
 * `octopus server` is one process, this one the other; every answer means that the task is durable.
 */
import { atLeast, type Case, type CaseContext, scaled } from "../harness/case.ts";
import { ARM, noop, noops } from "../harness/octopus.ts";
import { type ServerProcess, startServer, stop } from "../harness/processes.ts";
import { perSecond } from "../harness/statistics.ts";
import { load, postRequest } from "../parts/http-load.ts";

const IN_FLIGHT = 32;

async function withServer<T>(context: CaseContext, use: (server: ServerProcess) => Promise<T>): Promise<T> {
  const server = await startServer(context);
  await server.client.configureArm(ARM, { enabled: false });
  const result = await use(server);
  server.client.close();
  await stop(server.child);
  return result;
}

export const submitBulkHttp: Case = {
  name: "submit-bulk-http",
  title: "submit in bulk, over HTTP from another process",
  run: (context) =>
    withServer(context, async ({ client }) => {
      const count = scaled(context, 400_000);
      const tasks = noops(count);
      await client.submitMany(noops(count / 10));
      const begun = performance.now();
      await client.submitMany(tasks);
      const value = perSecond(count, performance.now() - begun);
      return {
        figures: [{ name: "submitted", value, unit: "/s", target: atLeast(150_000), limit: "sqlite rows" }],
        notes: [`${count} tasks by one submitMany of the client library: 20,000 to a request`],
      };
    }),
};

export const submitClient: Case = {
  name: "submit-client",
  title: "submit one by one, client library, 32 in flight",
  run: (context) =>
    withServer(context, async ({ client }) => {
      const count = scaled(context, 200_000);
      const submitAll = async (all: number): Promise<void> => {
        let n = 0;
        const one = async (): Promise<void> => {
          while (n < all) await client.submit(noop(n++));
        };
        await Promise.all(Array.from({ length: IN_FLIGHT }, one));
      };
      await submitAll(count / 10);
      const begun = performance.now();
      await submitAll(count);
      const value = perSecond(count, performance.now() - begun);
      return {
        figures: [{ name: "submitted", value, unit: "/s", target: atLeast(100_000) }],
        notes: [`${count} tasks`],
      };
    }),
};

export const submitPlain: Case = {
  name: "submit-plain",
  title: "submit one by one, plain HTTP POST, 32 connections",
  run: (context) =>
    withServer(context, async ({ url }) => {
      const count = scaled(context, 100_000);
      const request = postRequest("/api/v1/tasks", JSON.stringify(noop(1)));
      const drive = (all: number) => load(url, request, { connections: IN_FLIGHT, count: all, status: 201 });
      await drive(count / 5);
      const { requestsPerSecond, p50Ms, p99Ms } = await drive(count);
      return {
        figures: [
          { name: "posted", value: requestsPerSecond, unit: "/s", target: atLeast(30_000), limit: "node:http POST" },
          { name: "answer p50", value: p50Ms, unit: "ms" },
          { name: "answer p99", value: p99Ms, unit: "ms" },
        ],
        notes: [`${count} tasks; connections are kept, one request at a time on each`],
      };
    }),
};
