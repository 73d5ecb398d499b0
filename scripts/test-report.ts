/** What the test run says while it goes. */

export interface Counts {
  passed: number;
  failed: number;
}

/** Writes a line to where the results go. */
export function report(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The line that ends a stage, and the whole run. */
export function countsText({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}

/** The last such line in a program's output. */
export function countsIn(output: string): Counts | undefined {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return last && { passed: Number(last[1]), failed: Number(last[2]) };
}
