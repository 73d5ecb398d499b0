/** The line that a person copies to ask a webhook is believed by it: run by a real shell, with a curl that prints. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { VERIFIERS } from "../protocol/trigger.ts";
import { hookLine } from "../view/hook-line.ts";
import type { WebhookSettings } from "./settings.ts";
import { distrust } from "./verify.ts";

const openssl = spawnSync("openssl", ["version"]).status === 0;
const skip = openssl ? false : "openssl is not on this machine";
/** In place of curl: each header on a line, then the body. */
const CURL = `curl() { while [ $# -gt 0 ]; do case "$1" in -H) echo "$2"; shift;; --data-binary) echo; printf %s "$2"; shift;; esac; shift; done; }`;

const settings = (more: Partial<WebhookSettings>): WebhookSettings =>
  ({
    verify: "none",
    algorithm: "sha256",
    encoding: "hex",
    prefix: "",
    tolerance: 300_000,
    bodyMax: 1,
    ...more,
  }) as const;

const cases: WebhookSettings[] = [
  ...VERIFIERS.filter((verify) => verify !== "hmac").map((verify) => settings({ verify })),
  settings({ verify: "token", header: "x-my-token" }),
  settings({ verify: "hmac", header: "x-sig", prefix: "sha512=", algorithm: "sha512" }),
  settings({ verify: "hmac", header: "x-sig", encoding: "base64" }),
];

test("what the line sends is believed, whatever the way of verifying", { skip }, () => {
  for (const secret of ["plain-secret-of-some-length", `whsec_${Buffer.from("0123456789abcdef").toString("base64")}`]) {
    for (const hook of cases) {
      const line = hookLine("http://127.0.0.1:8000/hooks/x", { path: "/hooks/x", ...hook }, `{"it's": "a \\"body\\""}`);
      const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", `${CURL}\n${line}`], {
        env: { PATH: process.env["PATH"], SECRET: secret },
        encoding: "utf8",
      });
      assert.equal(stderr, "", line);
      const [head, body] = stdout.split("\n\n") as [string, string];
      const headers = Object.fromEntries(head.split("\n").map((one) => one.split(/: (.*)/).slice(0, 2)));
      const doubt = distrust({ headers, body: Buffer.from(body) }, hook, secret, Date.now());
      assert.equal(doubt, undefined, `${hook.verify}: ${doubt?.message}\n${line}`);
      assert.equal(body, `{"it's": "a \\"body\\""}`);
    }
  }
});
