/** Pieces of SQL that the views are written with: numbers as words, times as text. */

/** A column of numbers as words, by their place in the list. */
export function names(column: string, words: readonly string[]): string {
  const cases = words.map((word, index) => `WHEN ${index} THEN '${word}'`).join(" ");
  return `CASE ${column} ${cases} END`;
}

/** Epoch milliseconds as ISO 8601 in UTC. */
export function time(column: string): string {
  return `strftime('%Y-%m-%dT%H:%M:%fZ', (${column}) / 1000.0, 'unixepoch')`;
}
