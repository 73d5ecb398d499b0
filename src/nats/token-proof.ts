/**
 * How a worker shows that it has an access token without sending it: whoever may subscribe would read it. The server draws
 * a nonce, and the worker answers with a code over it whose key is the hash of the token's secret, which the server has.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const FORM = /^octo_([a-z0-9]{8})_([A-Za-z0-9]{43})$/;

/** What the code is over: the nonce of the server, the session, and the worker's name. */
export interface TokenChallenge {
  nonce: string;
  link: string;
  name: string;
}

/** The public part of a token; undefined for what is none. */
export function tokenId(token: string): string | undefined {
  return FORM.exec(token)?.[1];
}

/** What the worker answers. */
export function proveToken(token: string, challenge: TokenChallenge): string {
  const secret = FORM.exec(token)?.[2] ?? "";
  return code(createHash("sha256").update(secret).digest("hex"), challenge);
}

/** `hash`: SHA-256 of the token's secret in hex. */
export function isTokenProof(proof: string, hash: string, challenge: TokenChallenge): boolean {
  const [said, right] = [Buffer.from(proof), Buffer.from(code(hash, challenge))];
  return said.length === right.length && timingSafeEqual(said, right);
}

function code(hash: string, { nonce, link, name }: TokenChallenge): string {
  const text = ["octopus worker token 1", nonce, link, name].join("\n");
  return createHmac("sha256", Buffer.from(hash, "hex")).update(text).digest("base64url");
}
