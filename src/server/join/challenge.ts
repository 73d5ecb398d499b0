/**
 * How a worker without a token shows who it is: it signs what the server has drawn, with a key whose public half a person
 * has approved.
 *
 * CH1  A nonce is good for one proof on the connection that it was drawn for, so that no proof can be replayed.
 * CH2  What is signed holds the certificate that the worker sees; somebody in between has another one, and can do nothing
 *      with the proof.
 */
import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { type Challenge, type Proof, proofText } from "../../protocol/link.ts";

/** The 32 bytes of an Ed25519 public key in base64url. */
export const KEY = /^[A-Za-z0-9_-]{43}$/;

export function drawChallenge(cluster: string): Challenge {
  return { type: "challenge", nonce: randomBytes(32).toString("base64url"), cluster };
}

/** True when whoever answers has the key that he names. */
export function isProven({ nonce, cluster }: Challenge, proof: Proof, certificate: string): boolean {
  if (!KEY.test(proof.key)) return false;
  try {
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: proof.key }, format: "jwk" });
    const text = Buffer.from(proofText(nonce, cluster, certificate, proof.name));
    return verify(null, text, key, Buffer.from(proof.signature, "base64url"));
  } catch {
    // Not every 32 bytes are a key.
    return false;
  }
}

/** What people compare on both sides: the first 16 hex digits of the key's SHA-256, in groups of four. */
export function keyFingerprint(key: string): string {
  const hex = createHash("sha256").update(Buffer.from(key, "base64url")).digest("hex").slice(0, 16);
  return hex.replace(/(.{4})(?=.)/g, "$1 ");
}

/** True when a person's word names this key: all of it, or its fingerprint with or without spaces. */
export function namesKey(word: string, key: string): boolean {
  return word === key || word.replace(/[\s:-]/g, "").toLowerCase() === keyFingerprint(key).replaceAll(" ", "");
}
