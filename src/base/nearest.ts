/**
 * Finds the word that a person probably meant. A guess that is far off misleads more than none: whoever reads "limit (did
 * you mean init?)" looks in the wrong place.
 */

/** A list of this many words can be read at once, so a refusal tells all of it. */
const LIST_MAX = 24;
/** Words that are shorter stand inside too many others; of a short form (`cmd`) the letters stand apart. */
const PART_MIN = 4;
const SHORT_MIN = 3;

/**
 * The candidate nearest to `word`, or undefined when none is near enough to be worth naming: about one slip in three letters,
 * where two letters that changed places are one. Else the only one that the word is a part of, or a short form of.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const given = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  const longer: string[] = [];
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    if (isPart(given, other) && !longer.includes(candidate)) longer.push(candidate);
    const length = Math.max(given.length, other.length);
    if (Math.abs(given.length - other.length) >= bestDistance) continue;
    const distance = editDistance(given, other);
    // Of two letters one is enough to know it by, where it is the first.
    const slips = length < 3 && given[0] === other[0] ? 1 : Math.floor(length / 3);
    if (distance < bestDistance && distance <= slips) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? (longer.length === 1 ? longer[0] : undefined);
}

/**
 * The path nearest to `path`, or the dotted key: each part that differs must be near by itself, since what paths have in
 * common makes any two of them look alike. A part that begins with `:` stands for any.
 */
export function nearestPath(path: string, candidates: Iterable<string>, separator = "/"): string | undefined {
  const parts = path.replace(/\/+$/, "").split(separator);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const others = candidate.split(separator);
    if (others.length !== parts.length) continue;
    let distance = 0;
    for (const [i, part] of parts.entries()) {
      const other = others[i]!;
      if (part === other || (other.startsWith(":") && part !== "")) continue;
      distance +=
        nearest(part, [other]) === undefined ? Infinity : editDistance(part.toLowerCase(), other.toLowerCase());
    }
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** What follows a word that is unknown: the one that was meant, or all that there are where the list is short. */
export function knownWords(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return ` (did you mean ${near}?)`;
  return known.length > 0 && known.length <= LIST_MAX ? `; known are ${known.join(", ")}` : "";
}

/** `parallel` of `maxParallel`, `lvl` of `level`. */
function isPart(word: string, whole: string): boolean {
  if (word.length >= PART_MIN && whole.includes(word)) return true;
  if (word.length < SHORT_MIN || word[0] !== whole[0]) return false;
  let at = 0;
  for (const letter of whole) if (letter === word[at]) at++;
  return at === word.length;
}

/** Edits between two words, row by row; two neighbours that changed places are one edit. */
function editDistance(a: string, b: string): number {
  let above: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? above[j - 2]! + 1 : Infinity;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution, swap));
    }
    above = row;
    row = next;
  }
  return row[b.length]!;
}
