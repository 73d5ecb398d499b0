/** Tokens and roles over HTTP: who gets in, who does not, and what both leave in the audit log. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessRole } from "../../base/words.ts";
import { mayDo } from "./roles.ts";
import { startWithAccess } from "./testing.ts";
import { bearerOf, drawToken, isSecret, readToken } from "./token.ts";

const NOBODY = `octo_aaaaaaaa_${"x".repeat(43)}`;

test("a token is 256 bits, kept as a hash, and compared in constant time", () => {
  const { id, text, hash } = drawToken();
  assert.match(text, /^octo_[a-z0-9]{8}_[A-Za-z0-9]{43}$/);
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.ok(!text.includes(hash));
  const read = (header: string): ReturnType<typeof readToken> => readToken(bearerOf(header) ?? "");
  const said = read(`Bearer ${text}`)!;
  assert.equal(said.id, id);
  assert.ok(isSecret(said.secret, hash));
  assert.ok(
    !isSecret(
      said.secret.replace(/.$/, (sign) => (sign === "a" ? "b" : "a")),
      hash,
    ),
  );
  // A token that is not there takes the same way.
  assert.ok(!isSecret(said.secret, undefined));
  for (const header of ["", "Bearer", `Basic ${text}`, `Bearer ${text} ${text}`, `Bearer ${text}x`, "Bearer octo_"])
    assert.equal(read(header), undefined, header);
});

test("roles: higher ones may what lower ones may, a worker only its own", () => {
  const may = (role: AccessRole, needed: AccessRole): boolean => mayDo(role, needed);
  assert.ok(may("operator", "submitter") && may("admin", "worker") && may("worker", "worker"));
  assert.ok(!may("viewer", "submitter") && !may("submitter", "operator") && !may("operator", "admin"));
  assert.ok(!may("worker", "viewer") && !may("operator", "worker") && !mayDo("none", "viewer"));
});

test("without a token, or with one that is not good, nothing is told; each refusal is a row", async () => {
  await using server = await startWithAccess({ refusals: { limit: 1000, perMs: 1000, burst: 1000 } });
  const good = await server.token("admin");
  const expired = await server.token("admin", { expires: 1 });
  const revoked = await server.token("admin");
  await server.engine.access.revokeToken(revoked.id);
  while (Date.now() <= server.engine.access.token(expired.id)!.expiresAt!) await new Promise(setImmediate);
  const wrong = good.secret.replace(/.$/, (sign) => (sign === "a" ? "b" : "a"));
  for (const [token, words] of [
    [undefined, /none was sent/],
    [wrong, /not known here/],
    [NOBODY, /not known here/],
    ["nonsense", /not known here/],
    ["octojoin_abc", /this is a join token, which `octopus worker --join` takes/],
    [expired.secret, /this token has expired/],
    [revoked.secret, /this token was revoked/],
  ] as const) {
    for (const [method, path] of [
      ["GET", "/api/v1/tasks"],
      ["POST", "/api/v1/tasks"],
      ["GET", "/openapi.json"],
      ["GET", "/"],
      ["GET", "/nowhere"],
    ] as const) {
      const { status, body, headers } = await server.as(token, method, path, method === "POST" ? {} : undefined);
      assert.deepEqual([status, body.code], [401, "unauthorized"], `${method} ${path} with ${token}`);
      assert.match(body.detail, words);
      assert.match(headers.get("www-authenticate")!, /^Bearer/);
      assert.ok(token === undefined || !JSON.stringify(body).includes(token));
    }
  }
  assert.equal((await server.as(undefined, "GET", "/livez")).status, 200);
  assert.equal((await server.as(undefined, "GET", "/readyz")).status, 200);
  assert.equal((await server.as(undefined, "GET", "/readyz?for=reads")).status, 200);
  assert.equal((await server.as(good.secret, "GET", "/api/v1/status")).status, 200);
  const rows = await server.rows({ action: "refused" });
  assert.deepEqual(
    rows.map(({ who, action, address, times }) => [who, action, address, times].join(" ")).toSorted(),
    [
      `${expired.id} refused.token 127.0.0.1 5`,
      `${revoked.id} refused.token 127.0.0.1 5`,
      "anonymous refused.token 127.0.0.1 25",
    ].toSorted(),
  );
  const text = JSON.stringify(await server.rows());
  for (const { secret } of [good, expired, revoked]) assert.ok(!text.includes(secret.slice(14)));
});

test("revoking takes effect with the next request", async () => {
  await using server = await startWithAccess();
  const admin = await server.token("admin");
  const other = await server.token("viewer");
  assert.equal((await server.as(other.secret, "GET", "/api/v1/tasks")).status, 200);
  const { body } = await server.as(admin.secret, "POST", `/api/v1/tokens/${other.id}/revoke`);
  assert.equal(body.state, "revoked");
  assert.equal((await server.as(other.secret, "GET", "/api/v1/tasks")).status, 401);
  const { body: list } = await server.as(admin.secret, "GET", "/api/v1/tokens");
  const shown = JSON.stringify(list);
  assert.ok(!shown.includes("hash") && !shown.includes(other.secret.slice(14)));
  assert.ok(list.items.find(({ id }: { id: string }) => id === other.id).lastAddress === "127.0.0.1");
  assert.equal((await server.as(admin.secret, "POST", "/api/v1/tokens/zzzzzzzz/revoke")).status, 404);
});

test("an API token is made over the API; for a worker with a join token that leads here", async () => {
  await using server = await startWithAccess();
  const admin = await server.token("admin");
  const { status, body, headers } = await server.as(admin.secret, "POST", "/api/v1/tokens", {
    name: "attic",
    role: "worker",
    worker: "attic",
    expires: "1h",
  });
  assert.equal(status, 201);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.match(body.join, /^octojoin_/);
  assert.deepEqual([body.worker, body.state, body.createdBy], ["attic", "active", admin.id]);
  assert.equal((await server.as(body.secret, "GET", "/api/v1/tasks")).status, 403);
  assert.equal((await server.as(body.secret, "PUT", "/api/v1/artifacts")).status, 201);
  const refused = await server.as(admin.secret, "POST", "/api/v1/tokens", { name: "x", role: "king" });
  assert.equal(refused.status, 422);
  const misplaced = { name: "x", role: "viewer", worker: "attic" };
  assert.match(
    (await server.as(admin.secret, "POST", "/api/v1/tokens", misplaced)).body.detail,
    /worker is for role worker/,
  );
  for (const worker of ["ALL", "anyone"]) {
    const everybody = await server.as(admin.secret, "POST", "/api/v1/tokens", { name: "x", role: "worker", worker });
    assert.match(everybody.body.detail, /worker must be the name of one worker; leave it out for any/);
  }
});

test("changes are rows: who, what, on what; submissions are counted; what failed is told apart", async () => {
  await using server = await startWithAccess();
  const operator = await server.token("operator");
  const call = server.as.bind(undefined, operator.secret);
  await call("PUT", "/api/v1/arms/builds", { maxParallel: 2 });
  await call("POST", "/api/v1/arms/builds/pause");
  for (let i = 0; i < 5; i++) await call("POST", "/api/v1/tasks", { shell: "true", arm: "builds" });
  await call("POST", "/api/v1/tasks", [{ shell: "true" }, { shell: "true" }]);
  await call("POST", "/api/v1/tasks/t1/cancel");
  await call("POST", "/api/v1/tasks/t99/cancel");
  await call("GET", "/api/v1/tasks");
  const rows = await server.rows({ who: operator.id });
  assert.deepEqual(
    rows.map(({ action, subject, outcome, times }) => [action, subject, outcome, times].join(" ")).toSorted(),
    [
      "arm.pause builds done 1",
      "arm.set builds done 1",
      "task.cancel t1 done 1",
      "task.cancel t99 failed 1",
      "task.submit t1 done 7",
    ],
  );
});

test("a token that is for some arms submits and changes nothing else", async () => {
  await using server = await startWithAccess();
  const admin = await server.token("admin");
  for (const arm of ["builds", "deploys"]) await server.as(admin.secret, "PUT", `/api/v1/arms/${arm}`, {});
  const { secret } = await server.token("operator", { arms: ["builds"] });
  const call = async (method: string, path: string, body?: unknown): Promise<number> =>
    (await server.as(secret, method, `/api/v1${path}`, body)).status;
  assert.equal(await call("POST", "/tasks", { shell: "true", arm: "builds" }), 201);
  assert.equal(await call("POST", "/tasks", { shell: "true" }), 403);
  assert.equal(
    await call("POST", "/tasks", [
      { shell: "true", arm: "builds" },
      { shell: "true", arm: "deploys" },
    ]),
    403,
  );
  const hidden = { shell: "true", arm: "builds", onFailure: { shell: "true", arm: "deploys" } };
  assert.equal(await call("POST", "/tasks", hidden), 403);
  const { body } = await server.as(secret, "POST", "/api/v1/tasks", { shell: "true", arm: "deploys" });
  assert.deepEqual([body.code, body.issues[0].path], ["forbidden", "arm"]);
  await server.as(admin.secret, "POST", "/api/v1/tasks", { shell: "true", arm: "deploys" });
  assert.equal(await call("POST", "/tasks/t2/cancel"), 403);
  assert.equal(await call("PATCH", "/tasks/t1", { arm: "deploys" }), 403);
  assert.equal(await call("PATCH", "/tasks/t1", { priority: 7 }), 200);
  assert.equal(await call("POST", "/arms/deploys/pause"), 403);
  assert.equal(await call("POST", "/arms/builds/pause"), 200);
  const file = (arm: string): string => `tasks:\n  a: { shell: "true", arm: ${arm} }\n`;
  assert.equal(await call("POST", "/runs", { definition: file("builds") }), 201);
  assert.equal(await call("POST", "/runs", { definition: file("deploys") }), 403);
  await server.as(admin.secret, "POST", "/api/v1/runs", { definition: file("deploys") });
  assert.equal(await call("POST", "/runs/r1/cancel"), 202);
  assert.equal(await call("POST", "/runs/r2/cancel"), 403);
  assert.equal(await call("POST", "/bulk-actions", { action: "cancel", filter: { state: ["queued"] } }), 403);
  assert.equal(await call("POST", "/bulk-actions", { action: "cancel", filter: { arm: "deploys" } }), 403);
  assert.equal(await call("POST", "/bulk-actions", { action: "cancel", ids: ["t1", "t2"] }), 403);
  assert.equal(await call("POST", "/bulk-actions", { action: "cancel", filter: { arm: "builds" } }), 202);
  assert.equal(await call("PUT", "/quotas/alice", { concurrent: 1 }), 403);
  assert.equal(await call("GET", "/tasks"), 200);
  assert.ok((await server.rows({ action: "refused.arm" })).length > 0);
});
