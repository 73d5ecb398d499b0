/** Several engines behind one server: each is asked by its prefix, and by nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_NAMESPACE } from "../../protocol/namespace-name.ts";
import { post } from "../testing/harness.ts";
import { helloOf, RawWorker } from "../testing/raw-worker.ts";
import { startNamespaces } from "./testing.ts";

const task = { shell: "true" };
const TASKS = "/api/v1/tasks";

test("each namespace has its own tasks, and says its own addresses", async () => {
  await using server = await startNamespaces(["team-a", "team-b"]);
  const a = await server.ask(`/ns/team-a${TASKS}`, post({ ...task, id: "one" }));
  assert.deepEqual([a.status, a.headers.get("location")], [201, "/ns/team-a/api/v1/tasks/one"]);
  assert.equal((await server.ask(`/ns/team-b${TASKS}`, post({ ...task, id: "one" }))).status, 201);
  assert.equal((await server.ask(`/ns/team-a${TASKS}/one`)).status, 200);
  assert.equal((await server.ask(`${TASKS}/one`)).status, 404, "default has no such task");
  assert.deepEqual([server.count(), server.open.get("team-a")!.engine.status().counts.queued], [0, 1]);

  const made = async (path: string, body: unknown): Promise<string | null> => {
    const answer = await server.ask(`/ns/team-a${path}`, post(body));
    assert.ok(answer.status >= 200 && answer.status < 300, JSON.stringify(answer.body));
    return answer.headers.get("location");
  };
  const workflow = { definition: 'tasks:\n  one:\n    shell: "true"\n' };
  assert.match((await made("/api/v1/runs", workflow))!, /^\/ns\/team-a\/api\/v1\/runs\/r\d+$/);
  assert.equal(
    await made("/api/v1/schedules", { name: "nightly", every: "1h", task }),
    "/ns/team-a/api/v1/schedules/nightly",
  );
  assert.match((await made("/api/v1/tokens", { name: "ci", role: "viewer" }))!, /^\/ns\/team-a\/api\/v1\/tokens\//);
  assert.match(
    (await made("/api/v1/bulk-actions", { action: "cancel", filter: { state: ["queued"] } }))!,
    /^\/ns\/team-a\/api\/v1\/bulk-actions\//,
  );
  assert.deepEqual((await server.ask("/ns/team-a/tasks")).body, [], "the classic routes are there, too");

  const { body: description } = await server.ask("/ns/team-a/openapi.json");
  assert.deepEqual(description.servers, [{ url: "/ns/team-a" }]);
  assert.match((await server.ask("/ns/team-a/")).body, /href="\/ns\/team-a\/ui\/"/);
  const { body: join } = await server.ask("/ns/team-a/api/v1/tokens", post({ name: "w", role: "worker" }));
  assert.ok(
    join.urls.every((url: string) => url.endsWith("/ns/team-a")),
    join.urls.join(),
  );
  assert.equal((await server.ask("/ns/team-a/api/v1/session")).body.namespace, "team-a");
});

test("the way in is the name as it is written, and nothing in a path leads out of a namespace", async () => {
  await using server = await startNamespaces(["team-a"]);
  const status = async (target: string): Promise<string> => {
    const text = await server.raw(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    return `${text.slice(9, 12)} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ""}`.trim();
  };
  await server.ask(TASKS, post({ ...task, id: "secret" }));
  for (const [target, expected] of [
    ["/ns/team-a/api/v1/status", "200"],
    ["/ns/team-a", "200"],
    ["/ns/team-a?x=1", "200"],
    ["http://127.0.0.1/ns/team-a/api/v1/status", "200"],
    ["/ns", "404 no_namespace"],
    ["/ns/", "404 no_namespace"],
    ["/ns?x", "404 no_namespace"],
    ["/ns//team-a/api/v1/status", "404 no_namespace"],
    ["/ns/team-b/api/v1/status", "404 no_namespace"],
    ["/ns/Team-A/api/v1/status", "404 no_namespace"],
    ["/ns/default/api/v1/status", "404 no_namespace"],
    ["/ns/team%2da/api/v1/status", "404 no_namespace"],
    ["/%6es/team-a/api/v1/status", "404 not_found"],
    ["/ns%2fteam-a/api/v1/status", "404 not_found"],
    ["/ns/../api/v1/status", "404 no_namespace"],
    ["/ns/team-a/../api/v1/tasks/secret", "404 not_found"],
    ["/ns/team-a/../../api/v1/tasks/secret", "404 not_found"],
    ["/ns/team-a/%2e%2e/%2e%2e/api/v1/tasks/secret", "404 not_found"],
    ["/ns/team-a/..%2f..%2fapi/v1/tasks/secret", "404 not_found"],
    ["/ns/team-a/ns/team-a/api/v1/status", "404 not_found"],
    ["/ns/team-a//api/v1/status", "404 not_found"],
    ["/ns/team-a/api/v1/status/", "404 not_found"],
    ["/nsteam-a/api/v1/status", "404 not_found"],
    ["/ns/__proto__/api/v1/status", "404 no_namespace"],
    ["/ns/constructor/api/v1/status", "404 no_namespace"],
  ] as const)
    assert.equal(await status(target), expected, target);
  const { body } = await server.ask("/ns/Team-A/api/v1/status");
  assert.match(body.detail, /no namespace "Team-A" here.*small letters.*octopus namespace/);
  const page = await fetch(`${server.url}/ns/team-a?tab=x`, { headers: { accept: "text/html" }, redirect: "manual" });
  assert.deepEqual([page.status, page.headers.get("location")], [302, "./team-a/?tab=x"]);
  for (const [path, home] of [
    ["/ns/team-x/ui/", "/ui/"],
    ["/ns/team-x", "/ui/"],
    ["/ns/team-x/ui/tasks/t1?tab=log", "/ui/"],
    ["/ns", "/ui/"],
  ] as const) {
    const url = `${server.url}${path}`;
    const missing = await fetch(url, { headers: { accept: "text/html" }, redirect: "manual" });
    assert.deepEqual([missing.status, missing.headers.get("content-type")], [404, "text/html; charset=utf-8"], path);
    const text = await missing.text();
    assert.match(text, /<h1>There is no such namespace<\/h1>/);
    assert.match(missing.headers.get("content-security-policy")!, /default-src 'none'/);
    assert.equal(new URL(/<a href="([^"]*)"/.exec(text)![1]!, url).pathname, home, path);
  }
  const evil = await fetch(`${server.url}/ns/%3Cb%3E<b>&/ui/`, { headers: { accept: "text/html" } });
  assert.equal((await evil.text()).includes("<b>"), false);
  assert.equal(await status("/ns/team-x/ui/"), "404 no_namespace", "a program is answered as by the API");
  const api = await fetch(`${server.url}/ns/team-x/api/v1/tasks`, { headers: { accept: "text/html" } });
  assert.equal(api.headers.get("content-type"), "application/problem+json");
  const wrong = await server.ask("/ns/team-a/api/v1/status", { headers: { host: "evil.example", origin: "http://e" } });
  assert.equal(wrong.status, 403, "another site is refused before a namespace is asked");
});

test("namespaces are made, listed and deleted in default, by its admins", async () => {
  await using server = await startNamespaces([], { isOn: true });
  const admin = (await server.token(undefined, "admin")).secret;
  const viewer = (await server.token(undefined, "viewer")).secret;
  const names = async (): Promise<string[]> => {
    const { body } = await server.as(viewer, "GET", "/api/v1/namespaces");
    return body.items.map(({ name }: { name: string }) => name);
  };
  assert.equal((await server.as(viewer, "POST", "/api/v1/namespaces", { name: "team-a" })).status, 403);
  for (const name of ["default", "bus", "Team", "-a", "a-", "", "x".repeat(41), "a/b", "..", "ns"]) {
    const { status, body } = await server.as(admin, "POST", "/api/v1/namespaces", { name });
    assert.equal(status, 422, `${name}: ${JSON.stringify(body)}`);
  }
  const made = await server.as(admin, "POST", "/api/v1/namespaces", { name: "team-a" });
  assert.deepEqual([made.status, made.headers.get("location")], [201, "/api/v1/namespaces/team-a"]);
  assert.equal(made.body.path, "/ns/team-a");
  assert.equal((await server.as(admin, "POST", "/api/v1/namespaces", { name: "team-a" })).status, 409);
  assert.deepEqual(await names(), [DEFAULT_NAMESPACE, "team-a"]);
  const own = made.body.tokens.admin;
  assert.equal((await server.as(own, "POST", "/ns/team-a/api/v1/tasks", task)).status, 201);
  assert.equal((await server.as(own, "GET", "/ns/team-a/api/v1/namespaces")).status, 404);
  const refused = await server.as(admin, "DELETE", "/api/v1/namespaces/team-a");
  assert.deepEqual([refused.status, refused.body.code], [409, "conflict"]);
  assert.equal((await server.as(admin, "DELETE", "/api/v1/namespaces/default")).status, 409);
  assert.equal((await server.as(admin, "DELETE", "/api/v1/namespaces/team-b")).body.code, "no_namespace");
  assert.equal((await server.as(viewer, "DELETE", "/api/v1/namespaces/team-a?force=true")).status, 403);
  assert.equal((await server.as(admin, "DELETE", "/api/v1/namespaces/team-a?force=true")).status, 204);
  assert.equal((await server.as(own, "GET", "/ns/team-a/api/v1/status")).body.code, "no_namespace");
  assert.deepEqual(await names(), [DEFAULT_NAMESPACE]);
  const { body: audit } = await server.as(admin, "GET", "/api/v1/audit?action=namespace");
  const rows = audit.items.map(({ action, subject, outcome }: Record<string, string>) => [action, subject, outcome]);
  for (const action of ["create", "delete"])
    assert.ok(
      rows.some((row: string[]) => row.join() === `namespace.${action},team-a,done`),
      JSON.stringify(rows),
    );
});

test("a token is of one namespace; an admin of default is one everywhere, for as long as there", async () => {
  await using server = await startNamespaces(["team-a", "team-b"], { isOn: true });
  const at = async (token: string | undefined, path: string): Promise<number> =>
    (await server.as(token, "GET", `${path}/api/v1/tokens`)).status;
  const { id, secret: operator } = await server.token(undefined, "admin");
  const bound = (await server.token(undefined, "admin", ["builds"])).secret;
  const viewer = (await server.token(undefined, "viewer")).secret;
  const ofA = (await server.token("team-a", "admin")).secret;
  const lent = server.server.lend({ who: "local", role: "admin" }).token;
  assert.deepEqual([await at(ofA, "/ns/team-a"), await at(ofA, "/ns/team-b"), await at(ofA, "")], [200, 401, 401]);
  for (const path of ["", "/ns/team-a", "/ns/team-b"]) {
    assert.deepEqual(
      [await at(operator, path), await at(lent, path), await at(undefined, path)],
      [200, 200, 401],
      path,
    );
  }
  assert.deepEqual([await at(viewer, "/ns/team-a"), await at(bound, "/ns/team-a")], [401, 401]);
  const { body: refusal } = await server.as(ofA, "GET", "/ns/team-b/api/v1/status");
  assert.match(refusal.detail, /not known in the namespace team-b/);
  const session = await server.as(operator, "GET", "/ns/team-a/api/v1/session");
  assert.deepEqual([session.body.who, session.body.role], ["default admin of default", "admin"]);

  await server.as(operator, "POST", "/ns/team-a/api/v1/tokens", { name: "x", role: "viewer" });
  const { body: audit } = await server.as(ofA, "GET", "/ns/team-a/api/v1/audit?action=token.create");
  assert.equal(audit.items[0].who, `default/${id}`);
  assert.equal((await server.as(operator, "GET", "/api/v1/audit?action=token.create")).body.items.length, 0);

  const feed = await fetch(`${server.url}/ns/team-a/api/v1/feed`, { headers: { authorization: `Bearer ${operator}` } });
  assert.equal(feed.status, 200);
  assert.equal((await server.as(lent, "POST", `/api/v1/tokens/${id}/revoke`, {})).status, 200);
  await feed.text();
  assert.equal(await at(operator, "/ns/team-a"), 401);
});

test("a browser's session is of one namespace, and that of an admin of default works in all", async () => {
  await using server = await startNamespaces(["team-a", "team-b"], { isOn: true });
  const sign = async (path: string, token: string): Promise<string> => {
    const answer = await server.as(undefined, "POST", `${path}/api/v1/session`, { token });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.headers.get("set-cookie")!.split(";", 1)[0]!;
  };
  const see = async (path: string, ...cookies: string[]): Promise<number> => {
    const headers = { cookie: cookies.join("; "), "sec-fetch-site": "same-origin" };
    return (await server.ask(`${path}/api/v1/session`, { headers })).status;
  };
  const inA = await sign("/ns/team-a", (await server.token("team-a", "viewer")).secret);
  const inDefault = await sign("", (await server.token(undefined, "viewer")).secret);
  const operator = await sign("", (await server.token(undefined, "admin")).secret);
  assert.deepEqual([await see("/ns/team-a", inA), await see("/ns/team-b", inA), await see("", inA)], [200, 401, 401]);
  assert.equal(await see("/ns/team-a", inDefault), 401);
  assert.deepEqual([await see("/ns/team-a", operator), await see("/ns/team-b", operator, inA)], [200, 200]);
  const headers = { cookie: operator, "sec-fetch-site": "same-origin" };
  const out = await server.ask("/ns/team-a/api/v1/session", { method: "DELETE", headers });
  assert.equal(out.headers.getSetCookie().length, 2, "whoever signs out of one is out of all");
  const byToken = await sign("/ns/team-b", (await server.token(undefined, "admin")).secret);
  assert.deepEqual([await see("/ns/team-b", byToken), await see("/ns/team-a", byToken)], [200, 401]);
});

test("workers, streams and long polls of a namespace end with it, and its neighbours do not notice", async () => {
  await using server = await startNamespaces(["team-a", "team-b"]);
  const a = await RawWorker.greet(`${server.url}/ns/team-a`, helloOf("w"));
  const b = await RawWorker.greet(`${server.url}/ns/team-b`, helloOf("w"));
  const { engine } = server.open.get("team-a")!;
  assert.deepEqual([engine.status().workers.length, server.engine.status().workers.length], [1, 0]);
  await assert.rejects(RawWorker.open(`${server.url}/ns/team-c`), /404/);
  const feed = await fetch(`${server.url}/ns/team-a/api/v1/feed`);
  const near = await fetch(`${server.url}/ns/team-b/api/v1/feed`);
  await server.ask(`/ns/team-a${TASKS}`, post({ call: "nobody", id: "waits" }));
  const poll = server.ask(`/ns/team-a${TASKS}/waits?wait=30s`);
  const gone = new Promise<void>((resolve) => a.socket.once("close", () => resolve()));
  const began = performance.now();
  await server.door.remove("team-a", { force: true });
  await Promise.all([gone, feed.text()]);
  // The last: it came when the namespace had gone.
  const { status, body } = await poll;
  assert.ok([200, 503].includes(status) || body.code === "no_namespace", JSON.stringify(body));
  assert.ok(performance.now() - began < 20_000);
  assert.equal((await server.ask("/ns/team-a/api/v1/status")).status, 404);
  assert.equal(b.socket.readyState, b.socket.OPEN);
  b.socket.close();
  await near.body!.cancel();
});
