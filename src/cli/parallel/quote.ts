/**
 * Values as words of a POSIX shell. What stands in a command line was quoted here, so that a value is never taken for
 * anything but a value. The form is that of GNU parallel, to the letter: job logs and dry runs can be compared.
 */
export function quoteWord(word: string): string {
  if (word === "") return "''";
  return /[^-_.+A-Za-z0-9/]/.test(word) ? `'${word.replaceAll("'", `'"'"'`)}'` : word;
}
