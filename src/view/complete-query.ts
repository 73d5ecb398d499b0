/** What may stand at the caret of the query bar: names of filters, and the values that are known. */
import { TASK_KINDS, TASK_STATES } from "../base/words.ts";
import { tokensOf, type QueryToken, valueText } from "./query-tokens.ts";
import { FLAGS, QUERY_WORDS, type QueryKey, queryWord, STATE_GROUPS } from "./query-words.ts";

/** Names that are there, by the filter that takes them. */
export type KnownNames = Partial<Record<QueryKey, readonly string[]>>;

export interface Completion {
  /** What stands there when it is taken. */
  insert: string;
  /** As the list shows it. */
  label: string;
  /** What it means. */
  says?: string;
}

/** What to offer, and the part of the text that is replaced. */
export interface Completions {
  from: number;
  to: number;
  items: Completion[];
}

const ITEMS_MAX = 12;
const TIMES = ["15m", "1h", "6h", "24h", "7d", "today", "yesterday"];

export function completeQuery(text: string, caret: number, known: KnownNames): Completions {
  const token = tokensOf(text).find(({ from, to }) => from <= caret && caret <= to);
  if (token?.key === undefined) return completeKey(token, caret);
  const word = queryWord(token.key);
  if (word === undefined || caret < token.from + token.key.length + 1) return completeKey(token, caret);
  const items = valuesOf(word.key, known);
  if (word.takes === "states") return completeState(token, caret, items);
  const typed = token.value.toLowerCase();
  const from = token.from + token.key.length + 1;
  const matching = bestOf(items, typed).map(({ label, says }) => item(`${valueText(label)} `, label, says));
  return { from, to: token.to, items: matching };
}

interface Offer {
  label: string;
  says?: string;
}

function valuesOf(key: QueryKey, known: KnownNames): Offer[] {
  const there = (known[key] ?? []).map((label) => ({ label }));
  switch (key) {
    case "state": {
      const groups = ["waiting", "live", "ended", "unsuccessful"];
      const meaning = (label: string): Offer => ({ label, says: STATE_GROUPS[label]!.join(", ") });
      return [...TASK_STATES.map((label) => ({ label })), ...groups.map(meaning)];
    }
    case "kind":
      return TASK_KINDS.map((label) => ({ label }));
    case "is":
      return FLAGS.map((label) => ({
        label,
        says: label === "dead" ? "failed, and nobody has dealt with it" : "waits for a person",
      }));
    case "after":
    case "before":
      return TIMES.map((label) => (/\d/.test(label) ? { label, says: "ago" } : { label }));
    case "owner":
      return [{ label: "me", says: "you" }, ...there.filter(({ label }) => label !== "me")];
    default:
      return there;
  }
}

/** Only the state under the caret is replaced; the others of the list stay. */
function completeState(token: QueryToken, caret: number, offers: Offer[]): Completions {
  const isQuoted = token.valueFrom > token.from + token.key!.length + 1;
  if (isQuoted) return { from: caret, to: caret, items: [] };
  const before = token.value.slice(0, Math.max(0, caret - token.valueFrom));
  const from = token.valueFrom + before.lastIndexOf(",") + 1;
  const rest = token.value.slice(from - token.valueFrom);
  const to = from + (rest.includes(",") ? rest.indexOf(",") : rest.length);
  const had = new Set(token.value.split(","));
  const typed = rest.split(",")[0]!.toLowerCase();
  had.delete(typed);
  const left = offers.filter(({ label }) => !had.has(label));
  return { from, to, items: bestOf(left, typed).map(({ label, says }) => item(label, label, says)) };
}

function completeKey(token: QueryToken | undefined, caret: number): Completions {
  const isQuoted = token?.raw.startsWith('"') === true;
  if (isQuoted) return { from: caret, to: caret, items: [] };
  const typed = (token?.raw ?? "").toLowerCase();
  const offers = QUERY_WORDS.map(({ key, says }) => ({ label: `${key}:`, says }));
  const items = bestOf(offers, typed.replace(/:$/, "")).map(({ label, says }) => item(label, label, says));
  return { from: token?.from ?? caret, to: token?.to ?? caret, items: typed === "" ? items : items.filter(isStart) };

  // A word that only holds the letters somewhere is more likely free text.
  function isStart({ label }: Completion): boolean {
    return label.startsWith(typed.replace(/:$/, ""));
  }
}

/** Those that begin with what is typed, then those that hold it. */
function bestOf(offers: readonly Offer[], typed: string): Offer[] {
  const lower = (offer: Offer): string => offer.label.toLowerCase();
  const starts = offers.filter((offer) => lower(offer).startsWith(typed));
  const holds = offers.filter((offer) => !lower(offer).startsWith(typed) && lower(offer).includes(typed));
  return [...starts, ...holds].slice(0, typed === "" ? QUERY_WORDS.length : ITEMS_MAX);
}

function item(insert: string, label: string, says: string | undefined): Completion {
  return says === undefined ? { insert, label } : { insert, label, says };
}
