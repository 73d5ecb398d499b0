/** Text that a shell reads as one word and takes for nothing else. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
