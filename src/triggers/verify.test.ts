/** Signatures as each sender makes them: of the examples in their documentation where these have one. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { Json } from "../base/words.ts";
import { createSigner } from "../root/signing.ts";
import { readSource, type WebhookSettings } from "./settings.ts";
import { distrust } from "./verify.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const settings = (webhook: Json): WebhookSettings => {
  const rate = { limit: 1, perMs: 1, burst: 1 };
  const none = { watch: null, stream: null, when: null, task: null, workflow: null, params: null, arm: null, rate };
  const source = readSource("t", { ...none, webhook, secret: "long enough" });
  assert.ok(source.kind === "webhook");
  return source.webhook;
};
const judge = (webhook: Json, secret: string, body: string, headers: Record<string, string>, now = NOW): string => {
  const doubt = distrust({ headers, body: Buffer.from(body) }, settings(webhook), secret, now);
  return doubt === undefined ? "genuine" : doubt.type;
};
const hex = (secret: string, text: string, algorithm = "sha256"): string =>
  createHmac(algorithm, secret).update(text).digest("hex");

test("github, with the example of its documentation", () => {
  const secret = "It's a Secret to Everybody".replaceAll(" ", "_");
  const body = "Hello, World!";
  // The documented secret holds spaces, which part secrets here; its digest is checked by itself.
  const documented = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  assert.equal(hex("It's a Secret to Everybody", body), documented);
  const headers = { "x-hub-signature-256": `sha256=${hex(secret, body)}` };
  assert.equal(judge("github", secret, body, headers), "genuine");
  assert.equal(judge("github", secret, `${body} `, headers), "wrong");
  assert.equal(judge("github", "another-secret", body, headers), "wrong");
  assert.equal(judge("github", `new-secret ${secret}`, body, headers), "genuine", "two are good while one is changed");
  assert.equal(judge("github", secret, body, {}), "malformed");
  assert.equal(judge("github", secret, body, { "x-hub-signature-256": "sha256=" }), "wrong");
});

test("standard webhooks, with the example of its specification", () => {
  const headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const at = 1_614_265_330_000;
  assert.equal(judge("standard", secret, '{"test": 2432232314}', headers, at), "genuine");
  assert.equal(judge("standard", secret, '{"test": 2432232314}', headers, at + 301_000), "wrong", "it is too old");
  assert.equal(judge("standard", secret, '{"test": 2432232314}', headers, at - 301_000), "wrong", "it is of tomorrow");
  assert.equal(judge("standard", secret, '{"test": 0}', headers, at), "wrong");
  const odd = { ...headers, "webhook-timestamp": "soon" };
  assert.equal(judge("standard", secret, "{}", odd, at), "malformed");
});

test("stripe and slack sign the time", () => {
  const seconds = String(NOW / 1000);
  const body = '{"id":"evt_1"}';
  const stripe = `t=${seconds},v1=${"0".repeat(64)},v1=${hex("whsec_test", `${seconds}.${body}`)},v0=x`;
  assert.equal(judge("stripe", "whsec_test", body, { "stripe-signature": stripe }), "genuine");
  assert.equal(judge("stripe", "whsec_test", body, { "stripe-signature": stripe }, NOW + 600_000), "wrong");
  assert.equal(judge("stripe", "whsec_test", body, { "stripe-signature": "v1=00" }), "malformed");
  const slack = {
    "x-slack-signature": `v0=${hex("slacksecret", `v0:${seconds}:${body}`)}`,
    "x-slack-request-timestamp": seconds,
  };
  assert.equal(judge("slack", "slacksecret", body, slack), "genuine");
  assert.equal(judge("slack", "slacksecret", body, { ...slack, "x-slack-request-timestamp": "1" }), "wrong");
});

test("what one server sends, another one believes", () => {
  for (const secret of [
    "a-plain-secret",
    `whsec_${Buffer.from("thirty-two bytes of a secret key").toString("base64")}`,
  ]) {
    const headers = createSigner({ secret, dir: ":memory:" })("default", "d1", NOW, '{"a":1}')!;
    assert.equal(judge("standard", secret, '{"a":1}', headers), "genuine");
    assert.equal(judge("standard", secret, '{"a":2}', headers), "wrong");
  }
});

test("gitlab, gitea, forgejo, a token, and any HMAC", () => {
  assert.equal(judge("gitlab", "tokentoken", "{}", { "x-gitlab-token": "tokentoken" }), "genuine");
  assert.equal(judge("gitlab", "tokentoken", "{}", { "x-gitlab-token": "tokentoke" }), "wrong");
  assert.equal(judge("gitea", "secret12", "{}", { "x-gitea-signature": hex("secret12", "{}") }), "genuine");
  assert.equal(judge("forgejo", "secret12", "{}", { "x-gitea-signature": hex("secret12", "{}") }), "genuine");
  assert.equal(judge("token", "secret12", "", { authorization: "Bearer secret12" }), "genuine");
  assert.equal(judge({ verify: "token", header: "X-Key" }, "secret12", "", { "x-key": "secret12" }), "genuine");
  const own = { verify: "hmac", header: "X-Sign", algorithm: "sha512", encoding: "base64", prefix: "v=" };
  const sign = createHmac("sha512", "secret12").update("body").digest("base64");
  assert.equal(judge(own, "secret12", "body", { "x-sign": `v=${sign}` }), "genuine");
  assert.equal(judge(own, "secret12", "body", { "x-sign": sign }), "wrong");
});
