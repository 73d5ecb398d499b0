/** Reads the body of a response up to a cap, and turns it into something that JSON can carry. */
import type { Json } from "../../base/words.ts";

/** A body as it stands in a task's result. */
export interface ResponseBody {
  body: Json;
  /** Set when `body` is not what was sent but its base64 form. */
  encoding?: "base64";
  /** The body was longer than the cap and is cut. */
  truncated?: true;
}

/** Reads at most `bytesMax` bytes, and lets the rest go unread. */
export async function readCapped(response: Response, bytesMax: number): Promise<{ bytes: Buffer; truncated: boolean }> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    total += value.length;
    if (total > bytesMax) {
      // The connection cannot be used again; whether closing it works is of no interest.
      await reader.cancel().catch(() => undefined);
      return { bytes: Buffer.concat(chunks).subarray(0, bytesMax), truncated: true };
    }
  }
  return { bytes: Buffer.concat(chunks), truncated: false };
}

/** JSON becomes a value, text becomes text, anything else base64. */
export function describeBody(bytes: Buffer, truncated: boolean, contentType: string | null): ResponseBody {
  const cut = truncated ? { truncated: true as const } : {};
  if (bytes.length === 0) return { body: null, ...cut };
  const [type = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim().toLowerCase());
  const json = /^application\/(.+\+)?json$/.test(type);
  if (json || isTextType(type)) {
    const text = decode(bytes, parameters, truncated);
    if (text !== undefined) return { body: json && !truncated ? parsed(text) : text, ...cut };
  }
  return { body: bytes.toString("base64"), encoding: "base64", ...cut };
}

/** Text-like types; no type at all may be text too. */
function isTextType(type: string): boolean {
  return (
    type === "" || /^text\/|[/+](xml|yaml|javascript|x-yaml|x-ndjson|x-www-form-urlencoded|jsonl|graphql)$/.test(type)
  );
}

/** Undefined when it is not text after all. A cut body may end inside a character, which is then left out. */
function decode(bytes: Buffer, parameters: readonly string[], truncated: boolean): string | undefined {
  const charset = parameters
    .find((part) => part.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "");
  try {
    return new TextDecoder(charset ?? "utf-8", { fatal: true }).decode(bytes, { stream: truncated });
  } catch {
    return undefined;
  }
}

/** What calls itself JSON and is not stays text. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
