/** Requests against a real server on this machine. */
import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { attempt, executorConformance, type Logged } from "../../../test/conformance/executor.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { Work } from "../../protocol/task.ts";
import type { HttpWork } from "../../protocol/work/http.ts";
import { describeBody } from "./http-body.ts";
import { createHttpExecutor } from "./http.ts";
import { parseRetryAfter } from "./retry-after.ts";

interface Seen {
  method: string;
  headers: IncomingHttpHeaders;
  body: string;
}

const seen: Seen[] = [];
const PAGES: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  "/json": (_, response) => response.setHeader("content-type", "application/json; charset=utf-8").end('{"a":[1]}'),
  "/text": (_, response) => response.setHeader("content-type", "text/plain").setHeader("etag", '"v1"').end("grüß dich"),
  "/binary": (_, response) => response.setHeader("content-type", "image/png").end(Buffer.from([0, 255, 1])),
  "/created": (_, response) => response.writeHead(201).end(),
  "/missing": (_, response) => response.writeHead(404, { "content-type": "text/plain" }).end("no such thing"),
  "/busy": (_, response) => response.writeHead(503, { "retry-after": "7" }).end(),
  "/slow-down": (_, response) =>
    response.writeHead(429, { "retry-after": new Date(Date.now() + 60_000).toUTCString() }).end(),
  "/moved": (_, response) => response.writeHead(302, { location: "/json" }).end(),
  "/long": (_, response) => response.setHeader("content-type", "text/plain").end("é".repeat(1000)),
  "/broken": (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("x", () => response.destroy());
  },
  "/hangs": () => undefined,
};

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text: string) => (body += text));
  request.on("end", () => {
    seen.push({ method: request.method!, headers: request.headers, body });
    PAGES[request.url!.split("?")[0]!]!(request, response);
  });
});
let base = "";
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const executor = createHttpExecutor();
const http = (path: string, options: Partial<HttpWork> = {}): Work => {
  return { kind: "http", http: { method: "GET", url: base + path, ...options } };
};
const send = async (path: string, options?: Partial<HttpWork>): Promise<AttemptReport & { log: Logged[] }> => {
  const running = attempt(executor, http(path, options));
  return { ...(await running.report), log: running.log };
};

executorConformance("http", async () => ({
  executor: createHttpExecutor(),
  succeeds: http("/json"),
  fails: http("/missing"),
  neverEnds: http("/hangs"),
}));

test("the response is the result: JSON as a value, text as text, the rest as base64", async () => {
  const json = await send("/json");
  assert.deepEqual(json.result, {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: { a: [1] },
  });
  const text = await send("/text");
  assert.deepEqual(text.result, {
    status: 200,
    headers: { "content-type": "text/plain", etag: '"v1"' },
    body: "grüß dich",
  });
  const binary = await send("/binary");
  assert.deepEqual(binary.result, {
    status: 200,
    headers: { "content-type": "image/png" },
    body: "AP8B",
    encoding: "base64",
  });
});

test("a request carries who sends it, and a key that is the same for every attempt", async () => {
  await attempt(executor, http("/created", { method: "POST", body: { n: 1 } }), { id: "order-7", attempt: 3 }).report;
  const post = seen.at(-1)!;
  assert.equal(post.body, '{"n":1}');
  assert.equal(post.headers["content-type"], "application/json");
  assert.equal(post.headers["idempotency-key"], "order-7");
  assert.match(post.headers["user-agent"]!, /^octopus\/\d/);
  await send("/created", {
    method: "PUT",
    body: "plain",
    headers: { "Idempotency-Key": "mine", "content-type": "text/csv" },
  });
  const put = seen.at(-1)!;
  assert.deepEqual(
    [put.body, put.headers["idempotency-key"], put.headers["content-type"]],
    ["plain", "mine", "text/csv"],
  );
  await send("/json");
  assert.equal(seen.at(-1)!.headers["idempotency-key"], undefined);
});

test("credentials in the URL are sent as a header and appear in no message", async () => {
  const url = base.replace("http://", "http://me:s%40cret@");
  const { error } = await attempt(executor, { kind: "http", http: { method: "GET", url: `${url}/missing?token=t` } })
    .report;
  assert.equal(seen.at(-1)!.headers.authorization, `Basic ${Buffer.from("me:s@cret").toString("base64")}`);
  assert.equal(error!.message, `GET ${base}/missing answered 404 Not Found`);
});

test("a client error is final, a server error says when to come back", async () => {
  const missing = await send("/missing");
  assert.deepEqual([missing.outcome, missing.retryable, missing.error!.kind], ["failed", false, "http"]);
  assert.deepEqual(
    missing.log.map(({ stream, text }) => [stream, text]),
    [["log", "no such thing"]],
  );
  const busy = await send("/busy");
  assert.deepEqual([busy.outcome, busy.retryable, busy.retryAfterMs], ["failed", undefined, 7000]);
  assert.equal(busy.error!.message, `GET ${base}/busy answered 503 Service Unavailable`);
  const slowDown = await send("/slow-down");
  assert.equal(slowDown.retryable, undefined);
  assert.ok(slowDown.retryAfterMs! > 50_000 && slowDown.retryAfterMs! <= 60_000, String(slowDown.retryAfterMs));
});

test("expected statuses are the only good ones", async () => {
  assert.equal((await send("/missing", { expect: [200, 404] })).outcome, "succeeded");
  const report = await send("/json", { expect: [201, 202] });
  assert.equal(report.error!.message, `GET ${base}/json answered 200 OK, expected 201 or 202`);
});

test("redirects are followed", async () => {
  assert.deepEqual((await send("/moved")).result, (await send("/json")).result);
});

test("a redirect of a signed POST was taken for a delivery, though what arrived was a GET without its body", async () => {
  const work = http("/moved", { method: "POST", body: { news: 1 }, sign: "default" });
  const count = seen.length;
  const report = await attempt(executor, work, { signature: { "webhook-id": "t1" } }).report;
  assert.deepEqual(
    [report.outcome, report.status, report.retryable, report.error?.message],
    ["failed", 302, undefined, `POST ${base}/moved answered 302 Found`],
  );
  assert.deepEqual(
    seen.slice(count).map(({ method, headers }) => [method, headers["webhook-id"]]),
    [["POST", "t1"]],
  );
});

test("a long body is cut, between characters, and the log says so", async () => {
  const report = await send("/long", { maxBody: 11 });
  assert.equal(report.outcome, "succeeded");
  assert.deepEqual(report.result, {
    status: 200,
    headers: { "content-type": "text/plain" },
    body: "ééééé",
    truncated: true,
  });
  assert.match(report.log[0]!.text, /longer than 11 B \(maxBody\)/);
});

test("a refused connection, an unknown host and a broken answer name the cause", async () => {
  const { port } = server.address() as AddressInfo;
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
  const closed = (free.address() as AddressInfo).port;
  await new Promise((resolve) => free.close(resolve));
  const refused = await attempt(executor, {
    kind: "http",
    http: { method: "GET", url: `http://127.0.0.1:${closed}/x` },
  }).report;
  assert.deepEqual(refused.error, {
    message: `GET http://127.0.0.1:${closed}/x got no answer: connect ECONNREFUSED 127.0.0.1:${closed}`,
    kind: "connection",
  });
  assert.notEqual(port, closed);
  const unknown = await attempt(executor, { kind: "http", http: { method: "GET", url: "http://host.invalid/" } })
    .report;
  assert.match(unknown.error!.message, /^GET http:\/\/host\.invalid\/ got no answer: .*(ENOTFOUND|EAI_AGAIN)/);
  const broken = await send("/broken");
  assert.match(broken.error!.message, /answered 200, but its body broke off: /);
});

test("a request that cannot be is refused with fetch's words, and not tried again", async () => {
  const report = await send("/json", { body: "x" });
  assert.deepEqual([report.outcome, report.retryable], ["failed", false]);
  assert.match(
    report.error!.message,
    /is not a request that can be sent: Request with GET\/HEAD method cannot have body/,
  );
});

test("bodies are told apart by type and content", () => {
  const of = (text: string | Buffer, type: string | null): unknown => describeBody(Buffer.from(text), false, type);
  assert.deepEqual(of("", "application/json"), { body: null });
  assert.deepEqual(of("{oops", "application/problem+json"), { body: "{oops" });
  assert.deepEqual(of("<a/>", "application/atom+xml"), { body: "<a/>" });
  assert.deepEqual(of(Buffer.from([0xe9]), "text/plain; charset=latin1"), { body: "é" });
  assert.deepEqual(of(Buffer.from([0xff]), null), { body: "/w==", encoding: "base64" });
});

test("Retry-After is read as seconds or as a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(parseRetryAfter("120", now), 120_000);
  assert.equal(parseRetryAfter("Thu, 01 Jan 2026 00:00:30 GMT", now), 30_000);
  assert.equal(parseRetryAfter("Wed, 31 Dec 2025 00:00:00 GMT", now), 0);
  assert.equal(parseRetryAfter("soon", now), undefined);
  assert.equal(parseRetryAfter(null, now), undefined);
});
