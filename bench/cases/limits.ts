/**
 * What the machine itself can do, measured in the same run with nothing of Octopus: the bounds that no design passes.
 * Figures of a shared machine move from minute to minute; the ratio to these is what lasts.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Case, type CaseContext, type Figure, scaled } from "../harness/case.ts";
import { input } from "../harness/octopus.ts";
import { memoryOf, settled } from "../harness/proc.ts";
import { answer, startPart, stop } from "../harness/processes.ts";
import { percentile, perSecond } from "../harness/statistics.ts";
import { load, postRequest } from "../parts/http-load.ts";
import { xargs } from "../parts/xargs.ts";

const round = (value: number): number => Number(value.toFixed(4));

/** Rows of the size of a task into a durable database, all in one transaction, and 50 to a transaction. */
function sqlite(context: CaseContext): Figure[] {
  const db = new DatabaseSync(join(context.folder, "limits.db"));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)");
  const insert = db.prepare("INSERT INTO row (text) VALUES (?)");
  const text = JSON.stringify(input(1));
  const write = (count: number, batch: number): number => {
    const begun = performance.now();
    for (let n = 0; n < count; n += batch) {
      db.exec("BEGIN");
      for (let i = 0; i < batch; i++) insert.run(text);
      db.exec("COMMIT");
    }
    return perSecond(count, performance.now() - begun);
  };
  const count = scaled(context, 500_000);
  write(count / 10, count / 10);
  const figures: Figure[] = [
    { name: "sqlite rows", value: write(count, count), unit: "/s" },
    { name: "sqlite rows, 50 a commit", value: write(count / 5, 50), unit: "/s" },
  ];
  db.close();
  return figures;
}

/** Time of one fdatasync after 4 KiB at the end of a file. */
function sync(context: CaseContext): Figure[] {
  const file = openSync(join(context.folder, "sync"), "w");
  const block = Buffer.alloc(4096, 1);
  const times: number[] = [];
  for (let n = 0; n < scaled(context, 2000); n++) {
    writeSync(file, block);
    const begun = performance.now();
    fdatasyncSync(file);
    times.push(performance.now() - begun);
  }
  closeSync(file);
  return [
    { name: "fdatasync p50", value: round(percentile(times, 0.5)), unit: "ms" },
    { name: "fdatasync p99", value: round(percentile(times, 0.99)), unit: "ms" },
  ];
}

/** POSTs to Node's bare server, which reads and parses the body. */
async function http(context: CaseContext): Promise<Figure[]> {
  const child = startPart(context, "http-server", ["raw"]);
  const { url } = await answer<{ url: string }>(child, "http-server");
  const request = postRequest("/", JSON.stringify(input(1)));
  await load(url, request, { connections: 32, count: 10_000, status: 201 });
  const { requestsPerSecond } = await load(url, request, {
    connections: 32,
    count: scaled(context, 100_000),
    status: 201,
  });
  await stop(child);
  return [{ name: "node:http POST", value: requestsPerSecond, unit: "/s" }];
}

/** There and back between two processes over one TCP connection. */
async function loopback(context: CaseContext): Promise<Figure[]> {
  const child = startPart(context, "echo");
  const { port } = await answer<{ port: number }>(child, "echo");
  const socket = createConnection(port, "127.0.0.1").setNoDelay(true);
  await once(socket, "connect");
  const times: number[] = [];
  for (let n = 0; n < scaled(context, 10_000); n++) {
    const begun = performance.now();
    socket.write("x");
    await once(socket, "data");
    times.push(performance.now() - begun);
  }
  socket.destroy();
  await stop(child);
  return [{ name: "loopback round trip p50", value: round(percentile(times, 0.5)), unit: "ms" }];
}

/** The memory of a Node that has nothing to do. */
async function emptyNode(): Promise<Figure[]> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e9)"], { stdio: "ignore" });
  await once(child, "spawn");
  await settled([child.pid!]);
  const { rssMb } = memoryOf(child.pid!);
  await stop(child);
  return [{ name: "empty Node RSS", value: rssMb, unit: "MB" }];
}

export const limits: Case = {
  name: "limits",
  title: "the machine's own limits",
  async run(context) {
    const figures = [...sqlite(context), ...sync(context), ...(await http(context)), ...(await loopback(context))];
    const perSecond = await xargs(scaled(context, 5000), 8);
    if (perSecond !== undefined) figures.push({ name: "xargs -P8 sh -c true", value: perSecond, unit: "/s" });
    return { figures: [...figures, ...(await emptyNode())] };
  },
};
