/** Changes between two definitions, as lines that begin with + and -. */
import type { Json } from "../base/words.ts";
import type { Paint } from "./paint.ts";
import { clean } from "./text.ts";

interface Change {
  path: string;
  before?: Json;
  after?: Json;
}

export function changesText(
  changes: readonly Change[],
  { before, after }: { before: string; after: string },
  { paint }: { paint: Paint },
): string {
  if (changes.length === 0) return `${before} and ${after} mean the same`;
  const lines = changes.flatMap((change) => [
    clean(change.path),
    ...sideOf(change.before).map((line) => paint("red", `  - ${line}`)),
    ...sideOf(change.after).map((line) => paint("green", `  + ${line}`)),
  ]);
  const count = changes.length === 1 ? "1 difference" : `${changes.length} differences`;
  return [`${count}: - is ${before}, + is ${after}`, ...lines].join("\n");
}

/** Text as it stands, line by line; everything else as JSON. */
function sideOf(value: Json | undefined): string[] {
  if (value === undefined) return [];
  if (typeof value !== "string") return [clean(JSON.stringify(value))];
  return value.trimEnd().split("\n").map(clean);
}
