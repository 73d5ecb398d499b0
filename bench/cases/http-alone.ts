/**
 * HTTP by itself: `octopus server`'s front with an engine that keeps nothing. What is missing between this and the cases
 * with a store is the engine's share. Not a row of the budget.
 */
import { type Case, type CaseContext, type Figure, scaled } from "../harness/case.ts";
import { noop } from "../harness/octopus.ts";
import { answer, startPart, stop } from "../harness/processes.ts";
import { perSecond } from "../harness/statistics.ts";
import { createIntake } from "../../src/server/intake.ts";
import { load, postRequest } from "../parts/http-load.ts";

const CONNECTIONS = 32;
const BATCH = 20_000;

/** The same bytes through the intake alone: cutting, parsing, validation, no socket. The best of a few rounds. */
function intakeAlone(body: Buffer): number {
  let best = 0;
  for (let round = 0; round < 8; round++) {
    const intake = createIntake("lines", 1024 * 1024);
    const begun = performance.now();
    for (let at = 0; at < body.length; at += 65_536) intake.take(body.subarray(at, at + 65_536));
    intake.finish();
    best = Math.max(best, perSecond(BATCH, performance.now() - begun));
  }
  return best;
}

async function measure(url: string, context: CaseContext): Promise<Figure[]> {
  const count = scaled(context, 100_000);
  const post = postRequest("/api/v1/tasks", JSON.stringify(noop(1)));
  const get = Buffer.from("GET /api/v1/tasks/t1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const body = Array.from({ length: BATCH }, (_, n) => JSON.stringify(noop(n))).join("\n");
  const bulk = postRequest("/api/v1/tasks", body, "application/x-ndjson");
  const rate = async (
    request: Buffer,
    options: { count: number; status: number; connections?: number },
  ): Promise<number> => {
    const all = { connections: CONNECTIONS, ...options };
    await load(url, request, { ...all, count: Math.ceil(all.count / 5) });
    return (await load(url, request, all)).requestsPerSecond;
  };
  const requests = scaled(context, 50);
  return [
    { name: "POST of one task", value: await rate(post, { count, status: 201 }), unit: "/s", limit: "node:http POST" },
    { name: "GET of one task", value: await rate(get, { count: count / 4, status: 200 }), unit: "/s" },
    {
      name: "tasks in bulk",
      value: BATCH * (await rate(bulk, { count: requests, status: 201, connections: 1 })),
      unit: "/s",
    },
    { name: "intake of them alone", value: intakeAlone(Buffer.from(body)), unit: "/s" },
  ];
}

export const httpAlone: Case = {
  name: "http-alone",
  title: "HTTP by itself, an engine that keeps nothing",
  async run(context) {
    const child = startPart(context, "http-server");
    const { url } = await answer<{ url: string }>(child, "http-server");
    const figures = await measure(url, context);
    await stop(child);
    return { figures };
  },
};
