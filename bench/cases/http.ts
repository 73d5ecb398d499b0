/**
 * HTTP by itself: the server in a process of its own, with an engine that keeps nothing, the load in this one. `raw` is
 * Node's bare server on the same machine in the same minute; only the ratio to it lasts.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createIntake } from "../../src/server/intake.ts";
import { load, type LoadFigures, postRequest } from "../parts/http-load.ts";

const SERVER = new URL("../parts/http-server.ts", import.meta.url);
const CONNECTIONS = 32;

/** One task of about 200 bytes. */
function taskText(n: number): string {
  return JSON.stringify({
    call: "noop",
    input: { order: n, customer: `customer-${n % 97}`, items: [1, 2, 3], note: "x".repeat(80) },
    tags: ["bench"],
  });
}

async function withServer<T>(kind: "octopus" | "raw", use: (url: string) => Promise<T>): Promise<T> {
  const child = fork(SERVER, [kind]);
  try {
    const [{ url }] = (await once(child, "message")) as [{ url: string }];
    return await use(url);
  } finally {
    child.disconnect();
    await once(child, "exit");
  }
}

/** One POST /api/v1/tasks for each task, over 32 connections. */
export async function submitSingle(options: { count?: number } = {}): Promise<LoadFigures & { raw: LoadFigures }> {
  const count = options.count ?? 100_000;
  const request = postRequest("/api/v1/tasks", taskText(1));
  const drive = async (url: string): Promise<LoadFigures> => {
    await load(url, request, { connections: CONNECTIONS, count: count / 5, status: 201 });
    return load(url, request, { connections: CONNECTIONS, count, status: 201 });
  };
  const raw = await withServer("raw", drive);
  return { ...(await withServer("octopus", drive)), raw };
}

/** GET of one task, through the framework. */
export async function getTask(options: { count?: number } = {}): Promise<LoadFigures> {
  const request = Buffer.from("GET /api/v1/tasks/t1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return withServer("octopus", async (url) => {
    await load(url, request, { connections: CONNECTIONS, count: 5000, status: 200 });
    return load(url, request, { connections: CONNECTIONS, count: options.count ?? 30_000, status: 200 });
  });
}

export interface BulkFigures {
  tasksPerSecond: number;
  /** The same bytes through the intake alone: cutting, parsing, validation, no socket. */
  intakePerSecond: number;
}

/** Tasks in requests of `batch` each, one request at a time. */
export async function submitBulk(
  options: { count?: number; batch?: number; form?: "array" | "lines" } = {},
): Promise<BulkFigures> {
  const count = options.count ?? 500_000;
  const batch = options.batch ?? 100_000;
  const form = options.form ?? "array";
  const tasks = Array.from({ length: batch }, (_, n) => taskText(n));
  const body = form === "array" ? `[${tasks.join(",")}]` : tasks.join("\n");
  const request = postRequest("/api/v1/tasks", body, form === "array" ? "application/json" : "application/x-ndjson");
  const seconds = await withServer("octopus", async (url) => {
    await load(url, request, { connections: 1, count: 1, status: 201 });
    const begun = performance.now();
    await load(url, request, { connections: 1, count: count / batch, status: 201 });
    return (performance.now() - begun) / 1000;
  });
  return { tasksPerSecond: Math.round(count / seconds), intakePerSecond: intakeAlone(Buffer.from(body), form, batch) };
}

function intakeAlone(body: Buffer, form: "array" | "lines", batch: number): number {
  let best = 0;
  for (let round = 0; round < 4; round++) {
    const intake = createIntake(form, 1024 * 1024);
    const begun = performance.now();
    for (let at = 0; at < body.length; at += 65_536) intake.take(body.subarray(at, at + 65_536));
    intake.finish();
    best = Math.max(best, (batch / (performance.now() - begun)) * 1000);
  }
  return Math.round(best);
}

if (import.meta.main) {
  console.log("single", await submitSingle());
  console.log("get", await getTask());
  console.log("bulk array", await submitBulk());
  console.log("bulk lines", await submitBulk({ form: "lines" }));
}
