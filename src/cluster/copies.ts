/**
 * Servers of one cluster that are told different numbers of copies (`cluster.copies`). Each spreads the shards by its own
 * number, so no two see the same, and nothing is moved any more (HM1). That harms nothing, and does not end by itself: people
 * have to hear of it.
 */
import type { Log } from "../engine/ports.ts";
import type { Member } from "./member.ts";

/** Words on who is told what; undefined: all are told the same, as far as they say. */
export function differentCopies(living: readonly Pick<Member, "name" | "copies">[]): string | undefined {
  const servers = new Map<number, string[]>();
  for (const { name, copies } of living)
    if (copies !== undefined) servers.set(copies, [...(servers.get(copies) ?? []), name]);
  if (servers.size < 2) return undefined;
  const told = [...servers].toSorted(([a], [b]) => b - a);
  const values = told.map(([copies, names]) => `${copies} at ${names.toSorted().join(", ")}`).join("; ");
  return (
    `servers are told different numbers of copies (cluster.copies: ${values}): no copy and no lead of a namespace moves to ` +
    "where it belongs until all have the same"
  );
}

/** Has the log say it, once for each change. */
export class CopiesWatch {
  readonly #words: Log;
  #said: string | undefined;

  constructor(words: Log) {
    this.#words = words;
  }

  look(living: readonly Member[]): void {
    const text = differentCopies(living);
    if (text === this.#said) return;
    if (text === undefined) this.#words.info({}, "all servers are told the same number of copies again");
    else this.#words.warn({}, text);
    this.#said = text;
  }
}
