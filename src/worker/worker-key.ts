/**
 * The key of a worker that has no token: made at its first start, kept in its state folder, and known to the server by its
 * public half once a person has approved it.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OctopusError } from "../base/errors.ts";
import { type Challenge, type Proof, proofText } from "../protocol/link.ts";

export interface WorkerKey {
  /** The 32 bytes of the public key, base64url. */
  readonly publicKey: string;
  /** What people compare: the beginning of its SHA-256, in groups of four. */
  readonly fingerprint: string;
  /** `certificate`: SHA-256 of the server's certificate as it was seen on this connection, in hex; `""` without TLS. */
  prove(challenge: Challenge, certificate: string, name: string): Proof;
}

/** The key in the folder; made when there is none. */
export function openKey(dir: string): WorkerKey {
  const file = join(dir, "key.pem");
  const key = existsSync(file) ? readKey(file) : makeKey(file);
  const { x: publicKey } = createPublicKey(key).export({ format: "jwk" }) as { x: string };
  return {
    publicKey,
    fingerprint: keyFingerprint(publicKey),
    prove: ({ nonce, cluster }, certificate, name) => {
      const signature = sign(null, Buffer.from(proofText(nonce, cluster, certificate, name)), key);
      return { type: "proof", name, key: publicKey, signature: signature.toString("base64url") };
    },
  };
}

/** The same on both sides of the link. */
export function keyFingerprint(publicKey: string): string {
  const hash = createHash("sha256").update(Buffer.from(publicKey, "base64url")).digest("hex");
  return hash.slice(0, 16).replace(/(.{4})(?=.)/g, "$1 ");
}

function makeKey(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  return privateKey;
}

function readKey(file: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(file));
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (cause) {
    throw new OctopusError("invalid", hint(file), { cause });
  }
  throw new OctopusError("invalid", hint(file));
}

function hint(file: string): string {
  return `${file} holds no Ed25519 key; remove it, and a new one is made, which has to be approved on the server`;
}
