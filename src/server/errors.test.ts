// Whatever a client does wrong is a 4xx that says what, and nothing is stored.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { test } from "node:test";
import { ERROR_CODES, OctopusError } from "../base/errors.ts";
import { STATUS_OF } from "./problem.ts";
import { type Answer, post, startHarness } from "./testing/harness.ts";
import { recordSessions } from "./testing/sessions.ts";

const JSON_HEADERS = "Content-Type: application/json\r\n";

function seen({ status, body }: Answer): unknown[] {
  return [
    status,
    body.code,
    body.issues?.map((issue: { path: string; message: string }) => `${issue.path} ${issue.message}`),
  ];
}

test("a task that is not valid is refused with every field named", async () => {
  await using h = await startHarness();
  const cases: [value: unknown, ...issues: RegExp[]][] = [
    [{ call: "x", timeout: "5" }, /timeout must be a number with a unit .*90s or 1h30m, not "5"/],
    [{ call: "x", pririty: 3 }, /has the unknown key "pririty" \(did you mean priority\?\)/],
    [{ call: "x", priority: 11 }, /^priority must be a whole number from 0 to 10, not 11$/],
    [{ call: "x", retries: { limit: 5000 } }, /^retries\.limit must be at most 1000, not 5000$/],
    [{ call: "1x", arm: "a b" }, /^call must begin with a letter/, /^arm must begin with a letter/],
    [{}, /must say what to do/],
    [7, /must be an object, not 7/],
    [null, /must be an object, not null/],
    ["text", /must be an object, not "text"/],
    [{ call: "x", runAt: 8.7e15 }, /^runAt must be at most 8640000000000000/],
  ];
  for (const [value, ...issues] of cases) {
    const answer = await h.ask("/api/v1/tasks", post(JSON.stringify(value)));
    assert.deepEqual([answer.status, answer.body.code], [422, "invalid"], JSON.stringify(value));
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    const texts = answer.body.issues.map((issue: { path: string; message: string }) =>
      `${issue.path} ${issue.message}`.trim(),
    );
    for (const [index, issue] of issues.entries()) assert.match(texts[index], issue);
  }
  assert.equal(h.count(), 0);
});

test("one bad element refuses all, and is named by its place", async () => {
  await using h = await startHarness();
  const tasks = Array.from({ length: 5 }, (): object => ({ call: "x" }));
  tasks[3] = { call: "x", retries: { limit: -1 } };
  assert.deepEqual(seen(await h.ask("/api/v1/tasks", post(tasks))), [
    422,
    "invalid",
    ["tasks[3].retries.limit must be at least 0, not -1"],
  ]);
  const lines = tasks.map((task) => JSON.stringify(task)).join("\n");
  assert.deepEqual(seen(await h.ask("/api/v1/tasks", post(lines, "application/x-ndjson"))), [
    422,
    "invalid",
    ["line 4: retries.limit must be at least 0, not -1"],
  ]);
  const many = await h.ask("/api/v1/tasks", post(Array.from({ length: 1000 }, () => ({ call: "" }))));
  assert.equal(many.body.issues.length, 20);
  assert.equal(h.count(), 0);
});

test("bytes that are not JSON are told from JSON that is not a task", async () => {
  await using h = await startHarness();
  const cases: [body: string, detail: RegExp, type?: string][] = [
    ["", /the body is empty/],
    ["{", /the body is not valid JSON/],
    ['{"call":"x"} x', /not valid JSON/],
    ['[{"call":"x"},]', /tasks\[1\] is missing/],
    ['[,{"call":"x"}]', /tasks\[0\] is missing/],
    ['[{"call":"x"},{"call":}]', /tasks\[1\] is not valid JSON/],
    ['[{"call":"x"}', /ends in the middle/],
    ['[{"call":"x"}}', /does not end with a \]/],
    ['[{"call":"x"}]]', /something after the end/],
    ['{"call":"x"}\n{"call"', /line 2 is not valid JSON/, "application/x-ndjson"],
  ];
  for (const [body, detail, type] of cases) {
    const answer = await h.ask("/api/v1/tasks", post(body, type));
    assert.deepEqual([body, answer.status, answer.body.code], [body, 400, "malformed"]);
    assert.match(answer.body.detail, detail);
  }
  const notUtf8 = {
    method: "POST",
    body: Buffer.from([0x7b, 0xff, 0x7d]),
    headers: { "content-type": "application/json" },
  };
  assert.match((await h.ask("/api/v1/tasks", notUtf8)).body.detail, /not valid UTF-8/);
  assert.equal(h.count(), 0);
});

test("nesting without end is refused, alone and in bulk", async () => {
  await using h = await startHarness();
  const deep = `{"call":"f","input":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
  assert.match((await h.ask("/api/v1/tasks", post(deep))).body.detail, /at most 200 levels deep/);
  assert.match((await h.ask("/api/v1/tasks", post(`[${deep}]`))).body.detail, /tasks\[0\]\.input must be JSON/);
});

test("what is too large is refused: a task, an element, a line, a body, a command", async () => {
  await using h = await startHarness({ limits: { bodyBytes: 200_000, taskBytes: 10_000 } });
  const large = { call: "x", input: "y".repeat(20_000) };
  const cases: [string, RequestInit, RegExp][] = [
    ["/api/v1/tasks", post(large), /the task is larger than 9\.8 KiB \(10000 bytes\)/],
    ["/api/v1/tasks", post([{ call: "x" }, large]), /tasks\[1\] has 20 KiB/],
    ["/api/v1/tasks", post(`{"call":"x"}\n${JSON.stringify(large)}\n`, "application/x-ndjson"), /line 2/],
    ["/api/v1/tasks", post(Array.from({ length: 20_000 }, () => ({ call: "x" }))), /the body is larger than 195 KiB/],
    ["/api/v1/tasks/t1/cancel", post({ reason: "x".repeat(70_000) }), /the body is larger than 64 KiB/],
    ["/api/v1/runs", post({ definition: "x".repeat(300_000) }), /the body is larger/],
  ];
  for (const [path, init, detail] of cases) {
    const answer = await h.ask(path, init);
    assert.deepEqual([path, answer.status, answer.body.code], [path, 413, "too_large"]);
    assert.match(answer.body.detail, detail);
  }
  assert.equal(h.count(), 0);
});

test("unknown routes, methods, parameters, keys and content types name what is known", async () => {
  await using h = await startHarness();
  const cases: [string, RequestInit, number, RegExp][] = [
    ["/api/v1/taks", {}, 404, /did you mean \/api\/v1\/tasks\?/],
    ["/api/v1/tasks/", {}, 404, /did you mean/],
    ["/nothing/like/this", {}, 404, /openapi\.json/],
    ["/api/v1/tasks", { method: "DELETE" }, 405, /takes GET, HEAD, OPTIONS, POST/],
    ["/api/v1/status", post({}), 405, /takes GET/],
    ["/api/v1/tasks?stat=queued", {}, 422, /stat is not a query parameter here: did you mean state\?/],
    ["/api/v1/tasks?state=queue", {}, 422, /state must be a list with commas of blocked/],
    ["/api/v1/tasks?limit=0", {}, 422, /limit must be a whole number from 1 to 1000, not "0"/],
    ["/api/v1/tasks?limit=1&limit=2", {}, 422, /limit is given 2 times/],
    ["/api/v1/status?x=1", {}, 422, /this route takes none/],
    ["/api/v1/tasks?x=1", post({ call: "x" }), 422, /takes no query parameters/],
    ["/api/v1/tasks/t1?wait=2h", {}, 422, /at most 60s/],
    ["/api/v1/tasks/t1/cancel", post({ resaon: "x" }), 422, /did you mean reason\?/],
    ["/api/v1/tasks/t1/cancel", post("{}", "text/plain"), 415, /send application\/json/],
    ["/api/v1/tasks", post("call=x", "application/x-www-form-urlencoded"), 415, /application\/x-ndjson/],
    ["/api/v1/runs", post("x", "text/plain"), 415, /text\/yaml/],
    ["/api/v1/runs?p.x=1", post({ definition: "x" }), 422, /belongs into the body/],
    ["/api/v1/runs?q.x=1", post("x", "text/yaml"), 422, /known are p\.NAME/],
    ["/api/v1/tasks/nope", {}, 404, /there is no task \\?"nope/],
    ["/api/v1/runs/nope", {}, 404, /there is no run/],
    ["/api/v1/tasks/nope/logs", {}, 404, /no task/],
    ["/api/v1/tasks/nope/logs/raw", {}, 404, /no task/],
    ["/api/v1/tasks/nope/logs/stream", {}, 404, /no task/],
    ["/api/v1/tasks/nope/explain", {}, 404, /no task/],
    [
      "/api/v1/arms/a%20b",
      { method: "PUT", body: "{}", headers: { "content-type": "application/json" } },
      422,
      /name must begin/,
    ],
    ["/api/v1/backup", post({ path: "/tmp/x" }), 409, /in memory/],
    ["/api/v1/worker", {}, 404, /no route/],
    ["/api/v1/tasks/%zz", {}, 404, /no task/],
  ];
  for (const [path, init, status, detail] of cases) {
    const answer = await h.ask(path, init);
    assert.deepEqual([path, answer.status], [path, status], JSON.stringify(answer.body));
    assert.match(answer.body.detail, detail);
    assert.equal(answer.body.status, status);
  }
  assert.equal((await h.ask("/api/v1/tasks", { method: "DELETE" })).headers.get("allow"), "GET, HEAD, OPTIONS, POST");
  assert.deepEqual(h.errors, []);
});

test("storage that is full or failing is a 5xx that says when to come back; a fault of ours is an id", async () => {
  await using h = await startHarness();
  h.engine.submit = () => Promise.reject(new OctopusError("storage_full", "the disk is full"));
  const full = await h.ask("/api/v1/tasks", post({ call: "x" }));
  assert.deepEqual([full.status, full.body.code, full.headers.get("retry-after")], [507, "storage_full", "10"]);
  h.engine.submit = () => Promise.reject(new OctopusError("not_ready", "recovering"));
  assert.equal((await h.ask("/api/v1/tasks", post([{ call: "x" }]))).status, 503);

  h.engine.submit = () => Promise.reject(new Error("secret detail"));
  const fault = await h.ask("/api/v1/tasks", post({ call: "x" }));
  assert.deepEqual([fault.status, fault.body.code], [500, "internal"]);
  assert.ok(!JSON.stringify(fault.body).includes("secret"));
  assert.equal((h.errors[0] as { id: string }).id, fault.body.id);
});

test("another site's host name or origin is refused on every way in", async () => {
  await using h = await startHarness();
  const sessions = recordSessions(h.engine);
  const get = (headers: string, path = "/api/v1/tasks"): Promise<string> =>
    h.raw(`GET ${path} HTTP/1.1\r\nConnection: close\r\n${headers}\r\n`);
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost:1:2", "[::2]", "0.0.0.0", ""]) {
    assert.match(await get(`Host: ${host}\r\n`), /^HTTP\/1\.1 403 .*"code":"forbidden"/s, host);
  }
  for (const host of ["localhost", "LOCALHOST:99", `127.0.0.1:${h.port}`, "[::1]:8000"]) {
    assert.match(await get(`Host: ${host}\r\n`), /^HTTP\/1\.1 200 /, host);
  }
  assert.match(await get("Host: localhost\r\nOrigin: http://evil.example\r\n"), /^HTTP\/1\.1 403 /);
  assert.match(await get("Host: localhost\r\nOrigin: null\r\n"), /^HTTP\/1\.1 403 /);
  assert.match(await get("Host: localhost:8000\r\nOrigin: http://localhost:8000\r\n"), /^HTTP\/1\.1 200 /);
  const upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const raw = await h.raw(`GET /api/v1/worker HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\n${upgrade}\r\n`);
  assert.match(raw, /^HTTP\/1\.1 403 /);
  assert.match(
    await h.raw(
      `POST /api/v1/tasks HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n${JSON_HEADERS}Content-Length: 0\r\n\r\n`,
    ),
    /^HTTP\/1\.1 403 /,
  );
  assert.equal(sessions.length, 0);
});

test("what is not HTTP, and what is strange HTTP, gets a 4xx and harms nobody", async () => {
  await using h = await startHarness();
  const host = "Host: localhost\r\nConnection: close\r\n";
  const cases: [string, RegExp][] = [
    ["\u0000\u0001\u0002 garbage\r\n\r\n", /^HTTP\/1\.1 400 .*"code":"malformed"/s],
    ["GET / HTTP/9.9\r\n\r\n", /^HTTP\/1\.1 400 /],
    [`GET / HTTP/1.1\r\n${host}X: ${"y".repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431 .*"code":"headers_too_large"/s],
    [`GET /api/v1/tasks\\x HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 4\d\d /],
    [`GET //evil.example/ HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 4\d\d /],
    [`GET http://evil.example/ HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 (?:4\d\d|200) /],
    [`TRACE / HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 405 /],
    [`PROPFIND /api/v1/tasks HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 405 /],
    [
      `POST /api/v1/tasks HTTP/1.1\r\n${host}${JSON_HEADERS}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [`GET /api/v1/worker HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 404 /],
    ["GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", /^HTTP\/1\.1 400 /],
    [
      "GET /api/v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      /^HTTP\/1\.1 404 /,
    ],
  ];
  for (const [bytes, answer] of cases) assert.match(await h.raw(bytes), answer, JSON.stringify(bytes.slice(0, 60)));
  assert.deepEqual(h.errors, []);
});

test("a client that goes away in the middle of its body leaves nothing behind", async () => {
  await using h = await startHarness();
  for (const body of ['{"call":"x"', '[{"call":"x"},']) {
    const socket = createConnection(h.port, "127.0.0.1");
    socket.write(
      `POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n${JSON_HEADERS}Content-Length: 1000\r\n\r\n${body}`,
    );
    await once(socket, "connect");
    socket.destroy();
    await once(socket, "close");
  }
  assert.equal((await h.ask("/livez")).status, 200);
  assert.equal(h.count(), 0);
  assert.deepEqual(h.errors, []);
});

test("every code has a status and a row in the reference", async () => {
  const { readFile } = await import("node:fs/promises");
  const reference = await readFile(new URL("../../docs/reference/errors.md", import.meta.url), "utf8");
  for (const code of ERROR_CODES) {
    assert.ok(
      reference.includes(`| \`${code}\` | ${STATUS_OF[code][0]} |`),
      `docs/reference/errors.md lacks a row for ${code}`,
    );
  }
});
