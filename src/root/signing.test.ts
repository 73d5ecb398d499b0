/** Signed requests, checked by a receiver that knows Standard Webhooks from its text alone (and uses another HMAC). */
import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Octopus } from "../mod.ts";
import { createSigner } from "./signing.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-signing-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Which of the signatures in the header fit: the receiver's side of the standard, by WebCrypto. */
async function fitting(secret: string, headers: IncomingHttpHeaders, body: Uint8Array): Promise<number[]> {
  const bytes = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures } = headers;
  assert.ok(typeof id === "string" && typeof timestamp === "string" && typeof signatures === "string");
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const found: number[] = [];
  for (const [index, part] of signatures.split(" ").entries()) {
    const [version, signature = ""] = part.split(",");
    assert.equal(version, "v1");
    if (await crypto.subtle.verify("HMAC", key, Buffer.from(signature, "base64"), signed)) found.push(index);
  }
  return found;
}

test("a request is signed so that its receiver can tell who sent it, with a secret that stands in one file", async () => {
  const received: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  let busy = true;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(busy ? 503 : 200).end();
      busy = false;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const dataDir = join(folder, "data");
  const octopus = await Octopus.open({ dataDir });
  try {
    const body = { text: "ü ☃ \ud800", list: [1, -0, 1e21, null], "2": true, "10": "", a: { __proto__: 1 } };
    const http = { method: "POST" as const, url, body, sign: "default" };
    const task = await octopus.submit({ id: "hook", http, retries: { limit: 1, delay: 1 } });
    assert.equal((await task.wait()).state, "succeeded");
    const plain = await octopus.submit({ http: { ...http, body: "as it is" } });
    assert.equal((await plain.wait()).state, "succeeded");
    const bare = await octopus.submit({ http: { url, sign: "default" } });
    assert.equal((await bare.wait()).state, "succeeded");
    const unknown = await octopus.submit({ http: { ...http, sign: "nobody" } });
    const refused = await unknown.wait();
    assert.equal(refused.state, "failed");
    assert.match(refused.error?.message ?? "", /no secret named nobody; set callbacks\.secrets\.nobody/);
    const file = join(dataDir, "webhook.key");
    const secret = readFileSync(file, "utf8").trim();
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(received.length, 4, "what cannot be signed is not sent");
    for (const { headers, body: bytes } of received) {
      assert.deepEqual(await fitting(secret, headers, bytes), [0]);
      assert.deepEqual(await fitting("another", headers, bytes), []);
      assert.deepEqual(await fitting(secret, headers, Buffer.from("another body")), []);
      assert.ok(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1000) < 60);
    }
    assert.deepEqual(
      received.map(({ headers }) => headers["webhook-id"]).slice(0, 2),
      ["hook", "hook"],
      "another try has the same id: the receiver can tell that it has seen it",
    );
    const kept =
      readFileSync(join(dataDir, "octopus.db"), "latin1") + readFileSync(join(dataDir, "octopus.db-wal"), "latin1");
    assert.equal(kept.includes(secret) || kept.includes("webhook-signature"), false);
  } finally {
    await octopus.close();
    server.close();
  }
});

test("several secrets under one name sign with each; a name without one signs nothing", async () => {
  const sign = createSigner({ secret: "mine", secrets: { billing: "new  whsec_b2xk", default: "named" }, dir: folder });
  const body = "{}";
  const headers = sign("billing", "t1", 1_700_000_000_999, body)!;
  assert.equal(headers["webhook-timestamp"], "1700000000");
  assert.deepEqual(await fitting("new", headers, Buffer.from(body)), [0]);
  assert.deepEqual(await fitting("whsec_b2xk", headers, Buffer.from(body)), [1]);
  assert.deepEqual(await fitting("named", sign("default", "t1", 0, body)!, Buffer.from(body)), [0]);
  assert.equal(sign("nobody", "t1", 0, body), undefined);
  assert.equal(sign("constructor", "t1", 0, body), undefined);
  const own = createSigner({ secret: "mine", dir: folder });
  assert.deepEqual(await fitting("mine", own("default", "t1", 0, body)!, Buffer.from(body)), [0]);
});

test("the example of Standard Webhooks gives the signature that stands there", () => {
  const sign = createSigner({ secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", dir: folder });
  const headers = sign("default", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_000, '{"test": 2432232314}');
  assert.equal(headers?.["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("a key file that cannot be read is named, and none is made in its place", () => {
  const sign = createSigner({ dir: join(folder, "nowhere") });
  assert.throws(() => sign("default", "t1", 0, ""), {
    code: "storage_failed",
    message: /webhook\.key.*set callbacks\.secret/,
  });
});
