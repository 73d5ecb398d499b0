/** Puts words together to a command line that a POSIX shell takes apart to the same words. */
export function shellLine(words: readonly string[]): string {
  // One word is a command line of its own, as with ssh: `submit -- 'sort x | uniq'`.
  return words.length === 1 ? words[0]! : words.map(quote).join(" ");
}

function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
