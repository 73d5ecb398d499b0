/**
 * Tokens as text: `octo_<id>_<secret>`. Draws them, reads them, compares them.
 *
 * TK1  Of a secret only its hash is kept, anywhere; the text is handed to whoever asked for it, once.
 * TK2  The hash takes as long to compare whatever was sent, and an id that nobody has is compared, too.
 */
import { hash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";

const ID_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789";
const SECRET_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 8;
/** So many signs hold 256 bits. */
const SECRET_LENGTH = 43;
const FORM = /^octo_([a-z0-9]{8})_([A-Za-z0-9]{43})$/;
const BEARER = /^Bearer +([^ ]+) *$/i;

export interface DrawnToken {
  id: string;
  /** What is handed out. */
  text: string;
  /** What is kept. */
  hash: string;
}

/** Stands in for the hash of a token that is not there. */
const NOBODY = hash("sha256", randomBytes(32), "hex");

export function drawToken(): DrawnToken {
  const id = Array.from({ length: ID_LENGTH }, () => ID_SIGNS[randomInt(ID_SIGNS.length)]).join("");
  let number = BigInt(`0x${randomBytes(32).toString("hex")}`);
  let secret = "";
  for (let i = 0; i < SECRET_LENGTH; i++) {
    secret += SECRET_SIGNS[Number(number % 62n)];
    number /= 62n;
  }
  return { id, text: `octo_${id}_${secret}`, hash: hashOf(secret) };
}

/** The token in an Authorization header; undefined when there is none in it. */
export function bearerOf(header: string): string | undefined {
  return BEARER.exec(header)?.[1];
}

/** A token that was sent. */
export interface SaidToken {
  text: string;
  id: string;
  secret: string;
}

/** The parts of a token; undefined when it is none. */
export function readToken(text: string): SaidToken | undefined {
  const match = FORM.exec(text);
  return match === null ? undefined : { text, id: match[1]!, secret: match[2]! };
}

/** Whether this is the secret of the token; false, after the same time, when `kept` says that there is no such token. */
export function isSecret(secret: string, kept: string | undefined): boolean {
  const isSame = timingSafeEqual(Buffer.from(hashOf(secret), "hex"), Buffer.from(kept ?? NOBODY, "hex"));
  return isSame && kept !== undefined;
}

function hashOf(secret: string): string {
  return hash("sha256", secret, "hex");
}
