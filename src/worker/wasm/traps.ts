/** What ended a module that did not end itself, in words. */

/** It asked for its own end, in a way that is no exit. */
export class CalledByModule extends Error {}

const STACK_LINES_MAX = 20;

/** As the engine says it, and what that usually means. */
const MEANINGS: [RegExp, string][] = [
  [/^unreachable/, "unreachable: it gave up (a panic, a failed assertion or abort)"],
  [/memory access out of bounds/, "memory access out of bounds: it used an address beyond its memory"],
  [/divide by zero|remainder by zero/, "division by zero"],
  [/divide result unrepresentable/, "the result of a division does not fit"],
  [/float unrepresentable/, "a number does not fit into an integer"],
  [/table (index|access|element)|table index is out of bounds/, "a function pointer leads nowhere"],
  [/signature mismatch/, "a function pointer leads to a function of another type"],
  [/Maximum call stack size exceeded/, "stack overflow: its functions call each other too deep"],
];

export function trapOf(error: unknown): { what: string; stack: string } {
  if (!(error instanceof Error)) return { what: String(error), stack: "" };
  const { message } = error;
  const what = MEANINGS.find(([pattern]) => pattern.test(message))?.[1] ?? message;
  const lines = (error.stack ?? "").split("\n").filter((line) => line.includes("wasm-function"));
  const shown = lines.slice(0, STACK_LINES_MAX).map((line) => line.replace(/wasm:\/\/wasm\/[^:]*:/, ""));
  if (lines.length > STACK_LINES_MAX) shown.push(`    … and ${lines.length - STACK_LINES_MAX} more`);
  return { what, stack: shown.join("\n") };
}
