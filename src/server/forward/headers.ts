/** Headers of what is passed on: all of the client's but those that are about its connection. */
import { FORWARDED } from "./forwarded.ts";

const OF_CONNECTION: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "expect"],
]);

/** Names and values in turn, as they were written; `also` are names that stay. */
export function passedOn(raw: readonly string[], also: ReadonlySet<string> = new Set()): string[] {
  const named = namedByConnection(raw);
  const out: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    if (name === FORWARDED) continue;
    if (!also.has(name) && (OF_CONNECTION.has(name) || named.has(name))) continue;
    out.push(raw[at]!, raw[at + 1]!);
  }
  return out;
}

function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (let at = 0; at < raw.length; at += 2)
    if (raw[at]!.toLowerCase() === "connection")
      for (const name of raw[at + 1]!.split(",")) names.add(name.trim().toLowerCase());
  return names;
}
