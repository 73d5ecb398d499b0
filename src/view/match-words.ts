/** Whether a text is what somebody means who typed a few words: each of them stands in it, in any order, in any case. */
export function matchesWords(words: string, text: string): boolean {
  const found = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => found.includes(word));
}
