import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBase64Url, toBase64Url } from "../base/base64.ts";
import { encodeJoin, groupFingerprint, parseFingerprint, parseJoin } from "./join.ts";

const token = `octo_ab12cd34_${"x".repeat(43)}`;
const fingerprint = "0123456789abcdef".repeat(4);

test("base64url is what Node makes of the same text", () => {
  for (const text of ["", "a", "ab", "abc", "abcd", '{"urls":["https://[::1]:8000/~?"]}']) {
    assert.equal(toBase64Url(text), Buffer.from(text).toString("base64url"));
    assert.equal(fromBase64Url(toBase64Url(text)), text);
  }
  assert.equal(fromBase64Url("a+b/"), undefined);
});

test("a join token is read as it was written, with blanks around it", () => {
  const join = { urls: ["https://10.0.0.5:8000", "https://box:8000"], fingerprint, token };
  assert.deepEqual(parseJoin(`  ${encodeJoin(join)}\n`), join);
  assert.deepEqual(parseJoin(encodeJoin({ urls: ["http://10.0.0.5:8000"], token })), {
    urls: ["http://10.0.0.5:8000"],
    token,
  });
});

test("what is no join token is refused in words that do not repeat it", () => {
  const whole = encodeJoin({ urls: ["https://box:8000"], fingerprint, token });
  for (const text of ["", "hello", token, whole.slice(0, -5), `${whole}%`, `octojoin_${"A".repeat(20_000)}`]) {
    const words = parseJoin(text);
    assert.ok(typeof words === "string", text);
    assert.ok(!words.includes(token.slice(14)), words);
  }
  assert.match(parseJoin(token) as string, /access token, not a join token/);
});

test("fingerprints are shown in groups, and read however they are written", () => {
  assert.equal(groupFingerprint("0123456789ab"), "0123 4567 89ab");
  for (const text of [
    groupFingerprint(fingerprint),
    fingerprint.toUpperCase(),
    fingerprint.replace(/(..)(?=.)/g, "$1:"),
  ])
    assert.equal(parseFingerprint(text), fingerprint);
  assert.equal(parseFingerprint("abcd"), undefined);
});
