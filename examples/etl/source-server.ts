/**
 * The source of the ETL example: serves the CSV files of a folder on a free port of this machine, writes its address to
 * `source.url` in the run's folder, and ends when it is told to or when its life is over.
 *
 *     node source-server.ts DATA_FOLDER RUN_FOLDER SECONDS
 */
import { renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const [data, folder, seconds] = process.argv.slice(2) as [string, string, string];

/** The files that it knows; nothing else of the folder can be read. */
const FILES = new Set(["airports.csv", "routes.csv"]);

/** It is too busy for the first request of this one, as real sources are. */
let busyFor = "routes.csv";

const server = createServer((request, response) => {
  const file = (request.url ?? "/").slice(1);
  if (file === "health") response.end("ok\n");
  else if (file === "stop" && request.method === "POST") {
    response.end("bye\n", () => server.close());
    server.closeIdleConnections();
  } else if (!FILES.has(file)) response.writeHead(404).end("no such file\n");
  else if (file === busyFor) {
    busyFor = "";
    response.writeHead(503, { "retry-after": "1" }).end("too busy, come again");
  } else {
    readFile(join(data, file)).then(
      (bytes) => response.writeHead(200, { "content-type": "text/csv" }).end(bytes),
      (error: Error) => response.writeHead(500).end(`${error.message}\n`),
    );
  }
});

// Connections that are kept alive must not keep the process alive after `stop`.
server.keepAliveTimeout = 100;
server.listen(0, "127.0.0.1", () => {
  // Written aside and renamed: whoever sees the file can read all of it.
  const part = join(folder, `source.url.${process.pid}.part`);
  writeFileSync(part, `http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  renameSync(part, join(folder, "source.url"));
});
setTimeout(() => process.exit(0), Number(seconds) * 1000).unref();
