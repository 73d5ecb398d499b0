/**
 * Servers of one cluster that are told different things where all should be told the same. Neither harms anything, nor ends by
 * itself: people have to hear of it.
 *
 * - `cluster.copies`: each spreads the shards by its own number, so no two see the same, and nothing is moved any more (HM1).
 * - `data.keep.deleted`: what is kept of deleted namespaces goes by the setting of whichever server looks (RM4).
 */
import { formatDuration } from "../base/duration.ts";
import type { Log } from "../engine/ports.ts";
import type { Member } from "./member.ts";

type Told = Pick<Member, "name" | "copies" | "keepDeletedMs">;

interface Shared {
  /** What it is a number of, for people. */
  what: string;
  valueOf(member: Told): number | undefined;
  /** `told`: who is told what. */
  words(told: string): string;
  show(value: number): string;
}

const ALL: readonly Shared[] = [
  {
    what: "number of copies",
    valueOf: ({ copies }) => copies,
    show: String,
    words: (told) =>
      `servers are told different numbers of copies (cluster.copies: ${told}): no copy and no lead of a namespace moves to ` +
      "where it belongs until all have the same",
  },
  {
    what: "time for which a deleted namespace is kept",
    valueOf: ({ keepDeletedMs }) => keepDeletedMs,
    show: (ms) => (ms === 0 ? "0s" : formatDuration(ms).replace(/(?<=[dhm])00?[hms]$/, "")),
    words: (told) =>
      `servers are told different times for which a deleted namespace is kept (data.keep.deleted: ${told}): the first of ` +
      "those that live removes it by its own",
  },
];

/** Words on who is told what; empty: all are told the same, as far as they say. */
export function differing(living: readonly Told[]): string[] {
  return ALL.flatMap((shared) => wordsOn(shared, living) ?? []);
}

function wordsOn({ valueOf, show, words }: Shared, living: readonly Told[]): string | undefined {
  const servers = new Map<number, string[]>();
  for (const member of living) {
    const value = valueOf(member);
    if (value !== undefined) servers.set(value, [...(servers.get(value) ?? []), member.name]);
  }
  if (servers.size < 2) return undefined;
  const told = [...servers].toSorted(([a], [b]) => b - a);
  return words(told.map(([value, names]) => `${show(value)} at ${names.toSorted().join(", ")}`).join("; "));
}

/** Has the log say it, once for each change. */
export class DifferingWatch {
  readonly #words: Log;
  readonly #said = new Map<Shared, string>();

  constructor(words: Log) {
    this.#words = words;
  }

  look(living: readonly Told[]): void {
    for (const shared of ALL) {
      const text = wordsOn(shared, living);
      if (text === this.#said.get(shared)) continue;
      if (text === undefined) {
        this.#said.delete(shared);
        this.#words.info({}, `all servers are told the same ${shared.what} again`);
      } else {
        this.#said.set(shared, text);
        this.#words.warn({}, text);
      }
    }
  }
}
