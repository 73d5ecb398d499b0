/**
 * Patterns over paths: `*` and `?` within a folder, `**` across folders. Matched in time that grows with the product of the
 * lengths at worst, whatever the pattern.
 */

export function matchesGlob(path: string, pattern: string): boolean {
  return matches(path.split("/"), pattern.split("/"), matchesName, "**");
}

function matchesName(name: string, pattern: string): boolean {
  return matches(Array.from(name), Array.from(pattern), (have, want) => want === "?" || want === have, "*");
}

/** Whether the items fit the pattern, in which `any` stands for any number of them. */
function matches<T>(items: readonly T[], pattern: readonly T[], fits: (have: T, want: T) => boolean, any: T): boolean {
  let item = 0;
  let at = 0;
  /** Where the last `any` stands, and the first item that it has not taken. */
  let star = -1;
  let taken = 0;
  while (item < items.length) {
    if (at < pattern.length && pattern[at] !== any && fits(items[item]!, pattern[at]!)) {
      item++;
      at++;
    } else if (at < pattern.length && pattern[at] === any) {
      star = at++;
      taken = item;
    } else if (star >= 0) {
      at = star + 1;
      item = ++taken;
    } else return false;
  }
  while (at < pattern.length && pattern[at] === any) at++;
  return at === pattern.length;
}
