/**
 * Tells whether a request was sent by whoever shares the secret.
 *
 * VF1  Comparisons take the same time whatever is wrong.
 * VF2  Several secrets (between spaces) may be right at once, so that one can be changed for another at leisure.
 * VF3  Where the sender signs a timestamp, one that is too far from now is refused: it was recorded and is sent again.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { WebhookSettings } from "./settings.ts";

export interface HookRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** Why a request is not believed: `malformed` misses what must be there, `wrong` has another secret or is too old. */
export interface Distrust {
  type: "malformed" | "wrong";
  message: string;
}

/** Undefined when the request is genuine. */
export function distrust(
  request: HookRequest,
  settings: WebhookSettings,
  secret: string | null,
  now: number,
): Distrust | undefined {
  if (settings.verify === "none") return undefined;
  const secrets = (secret ?? "").split(/\s+/).filter((one) => one !== "");
  const proof = proofOf(request, settings);
  if ("missing" in proof) return { type: "malformed", message: `the header ${proof.missing} is missing` };
  if (proof.at !== undefined) {
    const offMs = Math.abs(now - proof.at);
    if (!Number.isFinite(offMs)) return { type: "malformed", message: "the timestamp is no time" };
    if (offMs > settings.tolerance) {
      const seconds = Math.round(offMs / 1000);
      return {
        type: "wrong",
        message: `the timestamp is ${seconds} s off; at most ${settings.tolerance / 1000} s may be`,
      };
    }
  }
  let isGenuine = false;
  for (const one of secrets) for (const given of proof.given) if (equal(given, proof.expect(one))) isGenuine = true;
  return isGenuine
    ? undefined
    : { type: "wrong", message: "the signature is wrong: is the secret the same on both sides?" };
}

interface Proof {
  /** What the request says. */
  given: readonly string[];
  /** What it must say with this secret. */
  expect(secret: string): string;
  /** When it was signed, epoch milliseconds. */
  at?: number;
}

function proofOf(request: HookRequest, settings: WebhookSettings): Proof | { missing: string } {
  const { body } = request;
  switch (settings.verify) {
    case "github":
      return signed(request, ["x-hub-signature-256"], (secret) => `sha256=${sign(secret, body)}`);
    case "gitea":
      return signed(request, ["x-gitea-signature"], (secret) => sign(secret, body));
    case "forgejo":
      return signed(request, ["x-forgejo-signature", "x-gitea-signature"], (secret) => sign(secret, body));
    case "gitlab":
      return signed(request, ["x-gitlab-token"], (secret) => secret);
    case "hmac": {
      const { header, algorithm, encoding, prefix } = settings;
      return signed(request, [header!], (secret) => prefix + sign(secret, body, algorithm, encoding));
    }
    case "token": {
      const proof = signed(request, [settings.header ?? "authorization"], (secret) => secret);
      if ("missing" in proof) return proof;
      return { ...proof, given: proof.given.map((one) => one.replace(/^Bearer +/i, "")) };
    }
    case "stripe":
      return stripeProof(request);
    case "slack":
      return slackProof(request);
    case "standard":
      return standardProof(request);
    case "none":
      return { given: [], expect: () => "" };
  }
}

function signed(request: HookRequest, names: readonly string[], expect: Proof["expect"]): Proof | { missing: string } {
  for (const name of names) {
    const given = headerOf(request, name);
    if (given !== undefined) return { given: [given], expect };
  }
  return { missing: names[0]! };
}

function stripeProof(request: HookRequest): Proof | { missing: string } {
  const header = headerOf(request, "stripe-signature");
  if (header === undefined) return { missing: "stripe-signature" };
  const parts = header.split(",").map((part) => part.trim().split("=", 2) as [string, string?]);
  const at = parts.find(([key]) => key === "t")?.[1] ?? "";
  const given = parts.filter(([key]) => key === "v1").map(([, value]) => value ?? "");
  return { given, expect: (secret) => sign(secret, joined(`${at}.`, request.body)), at: Number(at || "x") * 1000 };
}

function slackProof(request: HookRequest): Proof | { missing: string } {
  const [given, at] = [headerOf(request, "x-slack-signature"), headerOf(request, "x-slack-request-timestamp")];
  if (given === undefined || at === undefined)
    return { missing: given === undefined ? "x-slack-signature" : "x-slack-request-timestamp" };
  const expect = (secret: string): string => `v0=${sign(secret, joined(`v0:${at}:`, request.body))}`;
  return { given: [given], expect, at: Number(at || "x") * 1000 };
}

/** https://www.standardwebhooks.com */
function standardProof(request: HookRequest): Proof | { missing: string } {
  const [id, at, header] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    headerOf(request, name),
  );
  if (id === undefined) return { missing: "webhook-id" };
  if (at === undefined) return { missing: "webhook-timestamp" };
  if (header === undefined) return { missing: "webhook-signature" };
  const content = joined(`${id}.${at}.`, request.body);
  const given = header.split(" ").filter((one) => one.startsWith("v1,"));
  const expect = (secret: string): string => `v1,${sign(keyOf(secret), content, "sha256", "base64")}`;
  return { given, expect, at: Number(at || "x") * 1000 };
}

function keyOf(secret: string): string | Uint8Array {
  return secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : secret;
}

function joined(head: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(head), body]);
}

function sign(
  secret: string | Uint8Array,
  content: Uint8Array,
  algorithm = "sha256",
  encoding: "hex" | "base64" = "hex",
): string {
  return createHmac(algorithm, secret).update(content).digest(encoding);
}

/** VF1. Digests have one length, whatever was sent. */
function equal(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(one!, other!);
}

/** The one value of a header; undefined when there is none, or more than one. */
export function headerOf({ headers }: Pick<HookRequest, "headers">, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return typeof value === "string" && value !== "" ? value : undefined;
}
