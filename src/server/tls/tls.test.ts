/** Certificates of our own: what they hold for, when they are made anew, and that only the right server is believed. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fingerprintOf, leafFingerprint, lookAt, pin } from "../../trust/pin.ts";
import { createSockets } from "../sockets.ts";
import { namesOfMachine, openTls, type TlsIdentity } from "./files.ts";
import { makeAuthority, makeServerCertificate, SERVER_DAYS } from "./make.ts";

const DAY = 86_400_000;
const scratch = mkdtempSync(join(tmpdir(), "octopus-tls-"));
after(() => rmSync(scratch, { recursive: true }));
const folder = (): string => mkdtempSync(join(scratch, "d-"));
const leafOf = ({ cert }: TlsIdentity): X509Certificate => new X509Certificate(cert);

async function serve({ cert, key }: Pick<TlsIdentity, "cert" | "key">) {
  let requests = 0;
  const server = createServer({ cert, key }, (request, response) => {
    requests++;
    response.end(request.headers.authorization ?? "");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { url, requests: () => requests, [Symbol.dispose]: () => server.close().closeAllConnections() };
}

test("the first start makes an authority and a certificate for all names of the machine, keys for the owner alone", async () => {
  const dir = folder();
  const made = await openTls({ dir, names: ["octopus.example", "10.9.8.7"], now: Date.now() });
  const leaf = leafOf(made);
  for (const name of ["localhost", "octopus.example"]) assert.ok(leaf.checkHost(name), name);
  for (const address of ["127.0.0.1", "::1", "10.9.8.7"]) assert.ok(leaf.checkIP(address), address);
  assert.equal(leaf.checkHost("evil.example"), undefined);
  assert.equal(leaf.ca, false);
  assert.equal(made.certificate, fingerprintOf(leaf.raw));
  const authority = new X509Certificate(readFileSync(join(dir, "tls", "ca.pem")));
  assert.ok(authority.ca && leaf.verify(authority.publicKey));
  assert.equal(made.fingerprint, fingerprintOf(authority.raw));
  assert.deepEqual(readdirSync(join(dir, "tls")).toSorted(), ["ca.key", "ca.pem", "server.key", "server.pem"]);
  if (process.platform !== "win32")
    for (const key of ["ca.key", "server.key"]) assert.equal(statSync(join(dir, "tls", key)).mode & 0o777, 0o600);
});

test("a later start keeps both; near its end, or with other names, the certificate is made anew under the same authority", async () => {
  const dir = folder();
  const now = Date.now();
  const first = await openTls({ dir, names: [], now });
  assert.deepEqual(await openTls({ dir, names: [], now: now + DAY }), first);
  const renewed = await openTls({ dir, names: [], now: now + (SERVER_DAYS - 20) * DAY });
  assert.notEqual(renewed.certificate, first.certificate);
  assert.equal(renewed.fingerprint, first.fingerprint);
  assert.ok(leafOf(renewed).validToDate.getTime() > now + (2 * SERVER_DAYS - 30) * DAY);
  const named = await openTls({ dir, names: ["new.example"], now: now + (SERVER_DAYS - 20) * DAY });
  assert.ok(leafOf(named).checkHost("new.example"));
  assert.equal(named.fingerprint, first.fingerprint);
});

test("a pinned server is believed, another one is not, and hears nothing", async () => {
  const mine = await openTls({ dir: folder(), names: [], now: Date.now() });
  const other = await openTls({ dir: folder(), names: [], now: Date.now() });
  using server = await serve(mine);
  using impostor = await serve(other);
  assert.equal((await lookAt(server.url)).fingerprint, mine.fingerprint);
  const pinned = await pin(server.url, mine.fingerprint);
  const [answer] = await once(get(server.url, { ...pinned, agent: false }), "response");
  assert.equal(answer.statusCode, 200);
  assert.equal(leafFingerprint(answer.socket), mine.certificate);
  answer.resume();
  await assert.rejects(pin(impostor.url, mine.fingerprint), {
    code: "unreachable",
    message: /is not the one that was meant/,
  });
  // Between the look and the connection another server took its place.
  const [error] = await once(get(impostor.url, { ...pinned, agent: false }), "error");
  assert.match(error.code, /SELF_SIGNED|UNABLE_TO/);
  assert.equal(impostor.requests(), 0);
});

test("a pin holds also where the environment tells Node to check no certificate", async () => {
  const mine = await openTls({ dir: folder(), names: [], now: Date.now() });
  const other = await openTls({ dir: folder(), names: [], now: Date.now() });
  using server = await serve(mine);
  using impostor = await serve(other);
  const pinned = await pin(server.url, mine.fingerprint);
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  try {
    const sent = get(impostor.url, { ...pinned, agent: false, headers: { authorization: "Bearer secret" } });
    await assert.rejects(once(sent, "response"), { code: /SELF_SIGNED|UNABLE_TO/ });
    assert.equal(impostor.requests(), 0);
  } finally {
    delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  }
});

test("the server's own certificate may be pinned; one of a common authority must also be for its name", async () => {
  const mine = await openTls({ dir: folder(), names: [], now: Date.now() });
  using server = await serve(mine);
  const [answer] = await once(
    get(server.url, { ...(await pin(server.url, mine.certificate)), agent: false }),
    "response",
  );
  assert.equal(answer.statusCode, 200);
  answer.resume();
});

test("an expired certificate is refused although its authority is pinned", async () => {
  const now = Date.now();
  const authority = await makeAuthority(now - 800 * DAY);
  const old = await makeServerCertificate(authority, namesOfMachine([]), now - 500 * DAY);
  using server = await serve({ cert: old.cert + authority.cert, key: old.key });
  const pinned = await pin(server.url, fingerprintOf(new X509Certificate(authority.cert).raw));
  const [error] = await once(get(server.url, { ...pinned, agent: false }), "error");
  assert.equal(error.code, "CERT_HAS_EXPIRED");
});

test("a server that runs takes its new certificate without a restart", async () => {
  const dir = folder();
  const now = Date.now();
  const old = await openTls({ dir, names: [], now: now - (SERVER_DAYS - 40) * DAY });
  const sockets = createSockets({ tls: old, connectionsMax: 10, onTooMany() {}, onPlain() {} });
  sockets.server.on("request", (_, response) => response.end()).listen(0, "127.0.0.1");
  await once(sockets.server, "listening");
  const url = new URL(`https://127.0.0.1:${(sockets.server.address() as AddressInfo).port}`);
  assert.equal((await lookAt(url)).certificates[0]!.fingerprint, old.certificate);
  const fresh = await openTls({ dir, names: ["new.example"], now });
  sockets.renew(fresh);
  const chain = await lookAt(url);
  assert.equal(chain.certificates[0]!.fingerprint, fresh.certificate);
  assert.equal(chain.fingerprint, old.fingerprint);
  sockets.server.close();
});

test("a certificate of somebody else's making is taken, and a pair that is none is refused with the setting", async () => {
  const dir = folder();
  const made = await openTls({ dir, names: [], now: Date.now() });
  const cert = join(dir, "mine.pem");
  writeFileSync(cert, made.cert);
  const key = join(dir, "tls", "server.key");
  assert.equal((await openTls({ dir: folder(), names: [], cert, key, now: 0 })).fingerprint, made.fingerprint);
  const refused = (options: { cert?: string; key?: string }, message: RegExp) =>
    assert.rejects(openTls({ dir, names: [], now: 0, ...options }), { code: "invalid", message });
  await refused({ cert }, /tls\.key is missing/);
  await refused({ cert, key: join(dir, "tls", "ca.key") }, /is not the key of the first certificate/);
  await refused({ cert, key: cert }, /holds no private key/);
  await refused({ cert: key, key }, /holds no certificate/);
  await refused({ cert: join(dir, "nowhere.pem"), key }, /tls\.cert: .*ENOENT/);
});
