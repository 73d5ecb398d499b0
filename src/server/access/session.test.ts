/** A browser that signs in, and every way in which its cookie does not count. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionView } from "../../protocol/access.ts";
import { startHarness } from "../testing/harness.ts";
import { type AccessHarness, startWithAccess } from "./testing.ts";

const FAST = { refusals: { limit: 1000, perMs: 1000, burst: 1000 } };

/** Signs in as a page of the server does, and answers the cookie as a browser would send it back. */
async function signIn(server: AccessHarness, token: string, headers: Record<string, string> = {}) {
  const answer = await server.ask("/api/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ token }),
  });
  const line = answer.headers.get("set-cookie") ?? "";
  return { ...answer, line, cookie: line.split(";", 1)[0]! };
}

function ask(server: AccessHarness, cookie: string, path: string, init: RequestInit = {}) {
  return server.ask(path, { ...init, headers: { cookie, ...(init.headers as Record<string, string>) } });
}

test("a token signs a browser in by a cookie that no script can read, until it signs out", async () => {
  await using server = await startWithAccess(FAST);
  const { secret, id } = await server.token("operator", { name: "anna", arms: ["default"] });
  const { status, body, line, cookie } = await signIn(server, ` ${secret}\n`);
  const who: SessionView = {
    ...{ who: "anna", token: id, role: "operator" },
    ...{ arms: ["default"], isOpen: false, version: "0.0.0-test" },
  };
  assert.equal(status, 200);
  assert.deepEqual(body, who);
  assert.match(line, /^octopus_session[^=]*=octo_\w+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/);
  assert.deepEqual((await ask(server, cookie, "/api/v1/session")).body, who);
  assert.equal((await ask(server, `a=b; ${cookie}; c=d`, "/api/v1/tasks")).status, 200);
  const signedOut = await ask(server, cookie, "/api/v1/session", { method: "DELETE" });
  assert.equal(signedOut.status, 204);
  assert.match(signedOut.headers.get("set-cookie")!, /^octopus_session[^=]*=; Path=\/; Max-Age=0;/);
  const [row] = await server.rows({ action: "session.create" });
  assert.equal(row?.who, id);
  assert.ok(!JSON.stringify(await server.rows()).includes(secret));
});

test("whoever has no token learns that one is needed, and a server that is open says so", async () => {
  await using server = await startWithAccess(FAST);
  assert.equal((await server.ask("/api/v1/session")).status, 401);
  assert.deepEqual(await server.rows({ outcome: "refused" }), [], "a browser that is about to sign in is no try");
  await using open = await startHarness();
  const local = { who: "local", role: "admin", isOpen: true, version: "0.0.0-test" };
  assert.deepEqual((await open.ask("/api/v1/session")).body, local);
  const signed = await open.ask("/api/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"token":"anything"}',
  });
  assert.deepEqual(signed.body, local);
  assert.equal(signed.headers.get("set-cookie"), null);
});

test("a token that is wrong, over, or for others does not sign in, and each refusal is a row", async () => {
  await using server = await startWithAccess(FAST);
  const good = await server.token("viewer");
  const revoked = await server.token("viewer");
  const worker = await server.token("worker");
  await server.engine.access.revokeToken(revoked.id);
  const wrong = good.secret.replace(/.$/, (sign) => (sign === "a" ? "b" : "a"));
  for (const [token, status, words] of [
    ["", 401, /not known here/],
    ["nonsense", 401, /not known here/],
    [wrong, 401, /not known here/],
    [revoked.secret, 401, /was revoked/],
    [worker.secret, 403, /for workers/],
    [worker.join!, 401, /join token/],
  ] as const) {
    const answer = await signIn(server, token);
    assert.equal(answer.status, status, token);
    assert.match(answer.body.detail, words);
    assert.equal(answer.line, "");
  }
  const [named] = await server.rows({ action: "refused.token", who: revoked.id });
  assert.match(named!.detail!, /revoked/);
  assert.deepEqual(await server.rows({ action: "session.create" }), []);
});

test("a cookie lives no longer than its token, and says so to the browser", async () => {
  await using server = await startWithAccess(FAST);
  const { secret } = await server.token("viewer", { expires: 3_600_000 });
  const seconds = Number(/Max-Age=(\d+)/.exec((await signIn(server, secret)).line)![1]);
  assert.ok(seconds > 3590 && seconds <= 3600, `${seconds}`);
  const short = await server.token("viewer", { expires: 1500 });
  const { cookie, status } = await signIn(server, short.secret);
  assert.equal(status, 200);
  while (Date.now() <= server.engine.access.token(short.id)!.expiresAt!) await new Promise(setImmediate);
  assert.match((await ask(server, cookie, "/api/v1/session")).body.detail, /has expired/);
});

test("a browser whose token was revoked is told so, however often it asks, and can sign in again", async () => {
  await using server = await startWithAccess({ refusals: { limit: 3, perMs: 3_600_000, burst: 3 } });
  const { secret, id } = await server.token("viewer");
  const { cookie } = await signIn(server, secret);
  await server.engine.access.revokeToken(id);
  for (let i = 0; i < 10; i++) {
    const { status, body } = await ask(server, cookie, "/api/v1/session");
    assert.equal(status, 401);
    assert.match(body.detail, /was revoked/);
  }
  const { secret: next } = await server.token("viewer");
  const again = await signIn(server, next, { cookie });
  assert.equal(again.status, 200);
  assert.equal((await ask(server, again.cookie, "/api/v1/tasks")).status, 200);
});

test("a cookie counts for what this server's own pages ask, and for nothing else", async () => {
  await using server = await startWithAccess(FAST);
  const { secret } = await server.token("admin");
  const { cookie } = await signIn(server, secret);
  const change = (headers: Record<string, string>) =>
    ask(server, cookie, "/api/v1/arms/default/pause", { method: "POST", headers });
  const read = (headers: Record<string, string>) => ask(server, cookie, "/api/v1/tasks", { headers });
  const own = server.url;
  const other = "http://127.0.0.1:1";
  // With every change a browser says where the page is from; a loopback address counts as safe, and gets the site, too.
  assert.equal((await change({ origin: own })).status, 200);
  assert.equal((await change({ origin: own, "sec-fetch-site": "same-origin" })).status, 200);
  assert.equal((await change({ "sec-fetch-site": "same-origin" })).status, 200);
  assert.equal((await change({ origin: other })).status, 403);
  assert.equal((await change({ origin: "null" })).status, 403);
  assert.equal((await change({ origin: "http://evil.example" })).status, 403);
  assert.equal((await change({})).status, 401);
  assert.equal((await change({ "sec-fetch-site": "none" })).status, 401);
  // SameSite knows no ports: a page of another port is of the same site, and its browser sends the cookie.
  for (const site of ["same-site", "cross-site"]) {
    assert.equal((await change({ origin: own, "sec-fetch-site": site })).status, 401);
    assert.equal((await read({ "sec-fetch-site": site })).status, 401);
  }
  assert.equal((await read({})).status, 200);
  assert.equal((await read({ "sec-fetch-site": "none" })).status, 200);
  // A header says who it is where both are there.
  const viewer = await server.token("viewer");
  const both = await change({ origin: own, authorization: `Bearer ${viewer.secret}` });
  assert.equal(both.status, 403);
  // Nothing that upgrades is opened by it.
  const raw = await server.raw(
    `GET /api/v1/worker HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  assert.ok(!raw.startsWith("HTTP/1.1 101") || !raw.includes("welcome"), raw.slice(0, 200));
});

test("a submission with a cookie asks for its role and for its origin, too", async () => {
  await using server = await startWithAccess(FAST);
  const { cookie } = await signIn(server, (await server.token("submitter")).secret);
  const submit = (headers: Record<string, string>) =>
    ask(server, cookie, "/api/v1/tasks", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: '{"type":"f","input":null}',
    });
  assert.equal((await submit({ origin: server.url })).status, 201);
  assert.equal((await submit({})).status, 401);
  assert.equal((await submit({ origin: "http://127.0.0.1:1" })).status, 403);
});

test("two servers of one machine do not take each other's cookie", async () => {
  await using server = await startWithAccess(FAST);
  await using other = await startWithAccess(FAST);
  await server.engine.access.found("aaaa");
  await other.engine.access.found("bbbb");
  const { cookie } = await signIn(server, (await server.token("viewer")).secret);
  assert.match(cookie, /^octopus_session_aaaa=/);
  const { status, body } = await ask(other, cookie, "/api/v1/session");
  assert.equal(status, 401);
  // Not a wrong token: none.
  assert.match(body.detail, /none was sent/);
});

test("over TLS, also that of a proxy, the cookie goes over TLS alone", async () => {
  await using server = await startWithAccess(FAST);
  const { secret } = await server.token("viewer");
  assert.doesNotMatch((await signIn(server, secret, { origin: server.url })).line, /Secure/);
  const { host } = new URL(server.url);
  assert.match((await signIn(server, secret, { origin: `https://${host}` })).line, /; Secure$/);
});

test("a stream that was opened with a cookie ends when its token is revoked", async () => {
  await using server = await startWithAccess(FAST);
  const admin = await server.token("admin");
  const { secret, id } = await server.token("viewer");
  const { cookie } = await signIn(server, secret);
  const stream = await fetch(`${server.url}/api/v1/feed`, { headers: { cookie } });
  assert.equal(stream.status, 200);
  assert.equal((await server.as(admin.secret, "POST", `/api/v1/tokens/${id}/revoke`)).status, 200);
  // At once, and not with the next event or sign of life.
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("the stream goes on")), 10_000);
  assert.doesNotMatch(await Promise.race([stream.text(), late]), /"type":"task/);
  clearTimeout(timer);
});

test("settings are for admins", async () => {
  await using server = await startWithAccess(FAST);
  const admin = await server.token("admin");
  const operator = await server.token("operator");
  assert.equal((await server.as(operator.secret, "GET", "/api/v1/settings")).status, 403);
  assert.deepEqual((await server.as(admin.secret, "GET", "/api/v1/settings")).body, { items: [] });
});
