/** JSON that a person types, and where it is wrong. */
import type { Json } from "@octopus/base/words.ts";

export function parseJson(
  text: string,
): { value: Json } | { problem: { line: number; column: number; message: string } } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /line (\d+) column (\d+)/.exec(message);
    return { problem: { line: Number(at?.[1] ?? 1), column: Number(at?.[2] ?? 1), message } };
  }
}

export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
