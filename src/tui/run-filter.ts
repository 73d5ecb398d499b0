/** What a person types to find runs: `state:failed,running workflow:etl schedule:nightly inside`. */
import { nearest } from "../base/nearest.ts";
import { RUN_STATES, type RunState } from "../base/words.ts";
import type { RunQuery } from "../client/mod.ts";

const KEYS = ["state", "workflow", "schedule", "parent"] as const;

/** The words as a query; `words` is what rows must hold; a problem where something cannot be read. */
export function readRunFilter(text: string): { query: RunQuery; words: string[]; problem?: string } {
  const query: RunQuery = { top: true };
  const words: string[] = [];
  let problem: string | undefined;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [key, value] = word.split(/:(.*)/s) as [string, string | undefined];
    if (word === "nested") delete query.top;
    else if (value === undefined) words.push(word.toLowerCase());
    else if (!(KEYS as readonly string[]).includes(key))
      problem ??= `there is no filter ${JSON.stringify(key)}${hint(key, KEYS)}: it is one of ${KEYS.join(", ")}`;
    else if (value === "") problem ??= `${key}: needs a value`;
    else if (key === "state") {
      const states = value.split(",").filter(Boolean);
      const odd = states.find((state) => !(RUN_STATES as readonly string[]).includes(state));
      if (odd === undefined) query.state = states as RunState[];
      else problem ??= `there is no state ${JSON.stringify(odd)}${hint(odd, RUN_STATES)}`;
    } else {
      query[key as "workflow" | "schedule" | "parent"] = value;
      if (key === "parent") delete query.top;
    }
  }
  return { query, words, ...(problem !== undefined && { problem }) };
}

function hint(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}
