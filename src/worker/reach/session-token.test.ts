/** What a worker with a key asks over HTTP, while its connection is broken and its right to ask is gone with it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fetchOverHttp } from "../inputs/fetch-http.ts";
import { keepOverHttp } from "../keep-http.ts";
import { ServerAccess } from "./server-access.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-session-token-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const CONTENT = "a file";
const sha256 = createHash("sha256").update(CONTENT).digest("hex");

/** A server that knows one token; `asked` is told of each that came. */
async function serve(known: string, asked: (token: string | undefined) => void): Promise<{ url: string } & Disposable> {
  const server: Server = createServer((request, response) => {
    const token = request.headers.authorization;
    request.resume().on("end", () => {
      if (token !== `Bearer ${known}`) response.writeHead(401).end("{}");
      else if (request.method === "GET") response.end(CONTENT);
      else response.writeHead(201).end(JSON.stringify({ sha256, bytes: CONTENT.length }));
      asked(token);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, [Symbol.dispose]: () => server.close().closeAllConnections() };
}

test("files wait for the next session of a worker that has no token of its own", async () => {
  const tokens: (string | undefined)[] = [];
  const asked = (token: string | undefined): void => {
    tokens.push(token);
    if (tokens.length % 2 === 1) access.setSessionToken("new");
  };
  using server = await serve("new", asked);
  const access = new ServerAccess({ urls: [server.url] });
  const { signal } = new AbortController();
  access.setSessionToken("old");
  const keep = keepOverHttp(access);
  assert.deepEqual(await keep({ content: CONTENT }, { bytesMax: 100, signal }), {
    hash: sha256,
    bytes: CONTENT.length,
  });
  access.setSessionToken(undefined);
  const target = join(folder, "fetched");
  await fetchOverHttp(access)({ path: "f", sha256, bytes: CONTENT.length }, target, { signal });
  assert.equal(readFileSync(target, "utf8"), CONTENT);
  assert.deepEqual(tokens, ["Bearer old", "Bearer new", undefined, "Bearer new"]);
});

test("a token of its own that the server does not know is an answer", async () => {
  using server = await serve("new", () => undefined);
  const access = new ServerAccess({ urls: [server.url], token: "old" });
  const { signal } = new AbortController();
  await assert.rejects(keepOverHttp(access)({ content: CONTENT }, { bytesMax: 100, signal }), /401/);
});
