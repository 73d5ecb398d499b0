/** Floods: what is refused beyond a limit, what it says, and that a flood neither fills the log nor keeps out who may. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createConnection, type Socket } from "node:net";
import { test } from "node:test";
import type { AccessApi } from "../../engine/fleet-api.ts";
import type { AuditEntry } from "../../engine/ports.ts";
import { hostTrouble } from "../host-check.ts";
import { createSockets } from "../sockets.ts";
import { sourceOf } from "./address.ts";
import { AuditTrail } from "./audit-trail.ts";
import { Guard } from "./guard.ts";
import { Meter } from "./meter.ts";
import { startWithAccess } from "./testing.ts";
import { drawToken } from "./token.ts";

const wrong = (n: number): string => `octo_aaaaaaaa_${String(n).padStart(43, "x")}`;

test("after many wrong tokens an address is told to wait; a right one is let through", async () => {
  await using server = await startWithAccess({ refusals: { limit: 3, perMs: 60_000, burst: 3 } });
  const { secret } = await server.token("viewer");
  for (let i = 0; i < 3; i++) assert.equal((await server.as(wrong(i), "GET", "/api/v1/tasks")).status, 401);
  const { status, headers, body } = await server.as(wrong(4), "GET", "/api/v1/tasks");
  assert.deepEqual([status, body.code], [429, "too_many"]);
  const seconds = Number(headers.get("retry-after"));
  assert.ok(seconds > 10 && seconds <= 20, `${seconds} s`);
  assert.equal((await server.as(secret, "GET", "/api/v1/tasks")).status, 200);
  assert.equal((await server.rows({ action: "refused.limit" }))[0]!.times, 1);
});

test("10,000 wrong tokens are two rows, and the engine takes its turns meanwhile", async () => {
  await using server = await startWithAccess();
  const { secret } = await server.token("submitter");
  const refused = Promise.all(Array.from({ length: 8 }, (_, i) => flood(server.port, i * 10_000, 1250)));
  const { status } = await server.as(secret, "POST", "/api/v1/tasks", { call: "nothing" });
  assert.equal(status, 201);
  assert.deepEqual(await refused, new Array(8).fill(1250));
  const rows = await server.rows({ action: "refused" });
  // A slow machine may need more than the ten seconds of one row.
  assert.ok(rows.length >= 2 && rows.length <= 20, `${rows.length} rows`);
  assert.equal(
    rows.reduce((sum, { times }) => sum + times, 0),
    10_000,
  );
  assert.equal(server.count(), 1);
});

/** Sends so many wrong tokens on one connection, without waiting; answers how many were refused. */
async function flood(port: number, from: number, count: number): Promise<number> {
  const socket = createConnection(port, "127.0.0.1");
  for (let i = 0; i < count; i++)
    socket.write(
      `POST /api/v1/tasks HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${wrong(from + i)}\r\n` +
        "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
    );
  let seen = 0;
  let rest = "";
  for await (const chunk of socket.setEncoding("latin1")) {
    // What stands at the end of a piece may be half a line.
    const parts = (rest + (chunk as string)).split(/HTTP\/1\.1 4(?:01|29)/);
    seen += parts.length - 1;
    rest = parts.at(-1)!.slice(-"HTTP/1.1 401".length);
    if (seen === count) break;
  }
  return seen;
}

test("refusals to very many are bounded, whoever they are", () => {
  const written: AuditEntry[] = [];
  const audit = {
    append: (rows: readonly AuditEntry[]) => void written.push(...rows),
    read: () => ({ items: [] }),
    prune() {},
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const trail = new AuditTrail({ audit, keepMs: 1000, log, now: () => 0 });
  for (let i = 0; i < 100_000; i++)
    trail.refused({
      who: "anonymous",
      address: `10.${i % 256}.${i >> 8}.1`,
      action: "refused.token",
      detail: "x".repeat(9000),
    });
  trail.close();
  assert.ok(written.length <= 1001, `${written.length} rows`);
  assert.equal(
    written.reduce((sum, { times }) => sum + times, 0),
    100_000,
  );
  assert.ok(written.every(({ detail = "" }) => detail.length < 600));
});

test("a log that cannot be written holds nobody up, and its rows are written when it can", () => {
  const written: AuditEntry[] = [];
  let isFull = true;
  const audit = {
    append(rows: readonly AuditEntry[]) {
      if (isFull) throw new Error("the disk is full");
      written.push(...rows);
    },
    read: () => ({ items: [] }),
    prune() {},
  };
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (_: object, text: string) => void warnings.push(text), error() {} };
  const trail = new AuditTrail({ audit, keepMs: 1000, log, now: () => 0 });
  for (let i = 0; i < 30_000; i++) trail.done({ who: "local", action: "task.cancel", subject: `t${i}` });
  assert.ok(warnings.length > 0);
  isFull = false;
  trail.close();
  assert.equal(written.length, 20_001);
  assert.deepEqual([written.at(-1)!.action, written.at(-1)!.times], ["audit.lost", 10_000]);
});

test("a meter gives what its rule says, and no more names than it can hold", () => {
  const meter = new Meter({ limit: 10, perMs: 1000, burst: 2 });
  assert.deepEqual([meter.take("a", 0), meter.take("a", 0), meter.take("a", 0)], [0, 0, 100]);
  assert.equal(meter.take("b", 0), 0);
  assert.equal(meter.take("a", 100), 0);
  assert.equal(meter.waitMs("a", 100), 100);
  for (let i = 0; i < 30_000; i++) meter.take(`n${i}`, 200);
  assert.equal(meter.take("a", 10_000), 0);
});

test("requests are limited by token, or by address without one; this machine is not counted", () => {
  const trail = new AuditTrail({
    audit: undefined,
    keepMs: 0,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    now: () => 0,
  });
  const { id, text, hash } = drawToken();
  const token = { token: id, name: "ci", role: "viewer" as const, hash, createdAt: 0, revokedAt: 0 };
  const access = { token: (one: string) => (one === id ? token : undefined) } as unknown as AccessApi;
  const rule = { limit: 2, perMs: 1000, burst: 2 };
  const guard = new Guard({ isOn: true, access, trail, requests: rule, refusals: rule, now: () => 0 });
  const ask = (remoteAddress: string, bearer?: string): string => {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    return guard.identify({ headers, socket: { remoteAddress } } as unknown as IncomingMessage).who;
  };
  for (let i = 0; i < 2; i++) assert.equal(ask(`10.0.0.${i}`, text), id);
  assert.throws(() => ask("10.0.0.9", text), { code: "too_many", message: /for one token; try again in 1 s/ });
  for (let i = 0; i < 2; i++) assert.equal(ask("10.0.0.9"), "anonymous");
  assert.throws(() => ask("10.0.0.9"), { code: "too_many", message: /for one address/ });
  assert.equal(ask("10.0.0.8"), "anonymous");
  for (let i = 0; i < 10; i++) assert.equal(ask("::ffff:127.0.0.1", text), id);
});

test("limits count one IPv4 address, and one network of IPv6", () => {
  assert.equal(sourceOf("10.0.0.7"), "10.0.0.7");
  assert.equal(sourceOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assert.equal(sourceOf("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  assert.equal(sourceOf("2001:db8::9"), "2001:db8:0:0::/64");
  assert.equal(sourceOf("fe80::1%eth0"), "fe80:0:0:0::/64");
});

test("a server without tokens beyond the loopback address answers to its addresses and names only", () => {
  const rule = { loopbackOnly: false, names: new Set(["box", "box.local"]) };
  for (const host of ["box:8000", "BOX", "10.0.0.5:8000", "[fe80::1]:8000", "127.0.0.1"])
    assert.equal(hostTrouble({ host }, rule), undefined, host);
  for (const host of [undefined, "", "evil.example:8000", "box.evil.example", "10.0.0.5.evil.example", "box:x"])
    assert.equal(hostTrouble(host === undefined ? {} : { host }, rule)?.action, "refused.host", String(host));
  assert.equal(hostTrouble({ host: "box", origin: "http://evil.example" }, rule)?.action, "refused.origin");
  assert.equal(hostTrouble({ host: "any.example" }, { loopbackOnly: false }), undefined);
});

test("a connection too many is ended at once, and room is made by one that ends", async () => {
  let refused = 0;
  const { server, open } = createSockets({
    tls: undefined,
    connectionsMax: 2,
    onTooMany: () => refused++,
    onPlain() {},
  });
  server.on("request", (_, response) => response.end());
  // Loopback addresses are not counted: these sockets say that they come from elsewhere.
  server.prependListener("connection", (socket) =>
    Object.defineProperty(socket, "remoteAddress", { value: "10.0.0.9" }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const connect = async (): Promise<Socket> => {
    const socket = createConnection(port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  const sockets = [await connect(), await connect()];
  while (open.size < 2) await new Promise(setImmediate);
  await once(createConnection(port, "127.0.0.1").resume(), "close");
  assert.equal(refused, 1);
  sockets[0]!.destroy();
  while (open.size > 1) await new Promise(setImmediate);
  const fourth = await connect();
  fourth.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  const [answer] = await once(fourth, "data");
  assert.match(String(answer), /^HTTP\/1.1 200/);
  for (const socket of [...sockets, fourth]) socket.destroy();
  server.close();
});
