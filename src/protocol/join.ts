/**
 * The join token: one text that holds all a worker needs to find a server, to know that it is the right one, and to be let
 * in. It is pasted by people and stands in variables, so it is one word; nothing of it may be shown once it was given.
 */
import { z } from "zod";
import { fromBase64Url, toBase64Url } from "../base/base64.ts";
import { FINGERPRINT } from "../base/fingerprint.ts";

export { groupFingerprint, parseFingerprint } from "../base/fingerprint.ts";

const PREFIX = "octojoin_";
const CHARS_MAX = 16_384;

export interface JoinToken {
  /** Addresses of the server, the likeliest first. */
  urls: string[];
  /** Fingerprint of the certificate authority that the server must have; absent: it speaks plain HTTP. */
  fingerprint?: string;
  /** Access token of role worker. */
  token: string;
}

const Content = z.object({
  urls: z
    .array(z.string().regex(/^https?:\/\/[^\s/]+/))
    .min(1)
    .max(64),
  fingerprint: z.string().regex(FINGERPRINT).optional(),
  token: z.string().regex(/^octo_[a-z0-9]{8}_[A-Za-z0-9]{43}$/),
});

export function encodeJoin({ urls, fingerprint, token }: JoinToken): string {
  const text = JSON.stringify({ urls, ...(fingerprint !== undefined && { fingerprint }), token });
  return PREFIX + toBase64Url(text);
}

/** What the text holds, or in words what is wrong with it. The words never repeat the text. */
export function parseJoin(text: string): JoinToken | string {
  const word = text.trim();
  if (word.startsWith("octo_"))
    return "this is an access token, not a join token; a join token begins with octojoin_ and is printed by `octopus token create --role worker`";
  if (!word.startsWith(PREFIX)) return "a join token begins with octojoin_";
  if (word.length > CHARS_MAX) return `it is longer than ${CHARS_MAX} characters, so it is no join token`;
  const content = Content.safeParse(read(word.slice(PREFIX.length)));
  if (!content.success) return "it is not whole: part of it was lost when it was copied, or something was added";
  const { urls, fingerprint, token } = content.data;
  return { urls, ...(fingerprint !== undefined && { fingerprint }), token };
}

function read(text: string): unknown {
  const json = fromBase64Url(text);
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}
