/**
 * Sites to try the example on, and the inbox of its alerts, on this machine: one site is well, one is gone, one says the wrong
 * thing, one answers at the second request only.
 *
 *     node demo-sites.ts [PORT]      (8099 when nothing is said)
 *
 * `GET /alerts` answers what was posted to `/alert`.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const alerts: unknown[] = [];
let shaky = 0;

const server = createServer((request, response) => {
  const { url = "/", method } = request;
  if (url === "/shop") response.end("<h1>Welcome to the shop</h1>");
  else if (url === "/blog") response.end("<h1>Database error</h1>");
  else if (url === "/docs") {
    if (++shaky === 1) response.writeHead(503).end("not yet");
    else response.end("<h1>Documents</h1>");
  } else if (url === "/alert" && method === "POST") {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      alerts.push(JSON.parse(text));
      response.writeHead(204).end();
    });
  } else if (url === "/alerts") response.end(JSON.stringify(alerts));
  else response.writeHead(404).end("no such page");
});
server.listen(Number(process.argv[2] ?? 8099), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
