/**
 * A service that takes its time, on this machine: an export is ordered, made while one waits, and fetched when it is done.
 *
 *     node demo-service.ts [PORT]      (8098 when nothing is said)
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Questions until an export is ready. */
const QUESTIONS = 3;

const LINES = ["day,orders,amount", "2026-11-19,14,1210.50", "2026-11-20,11,987.00", "2026-11-21,19,1764.25"];

const exports: { asked: number; fetched: boolean }[] = [];

const server = createServer((request, response) => {
  const { url = "/", method } = request;
  const json = (status: number, body: object): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const [, id, part] = /^\/exports\/(\d+)(\/data)?$/.exec(url) ?? [];
  const known = id === undefined ? undefined : exports[Number(id)];
  if (url === "/exports" && method === "POST") json(202, { id: exports.push({ asked: 0, fetched: false }) - 1 });
  else if (known === undefined) json(404, { error: "no such export" });
  else if (method === "DELETE") {
    exports.splice(Number(id), 1);
    json(200, { removed: true });
  } else if (part === undefined) json(200, { state: ++known.asked >= QUESTIONS ? "ready" : "working" });
  else if (known.asked < QUESTIONS) json(409, { error: "not ready yet" });
  else response.writeHead(200, { "content-type": "text/csv" }).end(`${LINES.join("\n")}\n`);
});
server.listen(Number(process.argv[2] ?? 8098), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
