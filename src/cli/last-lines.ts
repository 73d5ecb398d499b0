/** The end of what a task has printed. */
import type { LogLine } from "../protocol/views.ts";
import { clean } from "../view/text.ts";
import { bytesOf } from "./log-printer.ts";

const CHARS_MAX = 64 * 1024;

/** At most the last `count` lines that are not empty, cleaned. */
export async function lastLines(lines: AsyncIterable<LogLine>, count: number): Promise<string[]> {
  let text = "";
  for await (const line of lines) text = (text + bytesOf(line).toString("utf8")).slice(-CHARS_MAX);
  return text
    .trimEnd()
    .split("\n")
    .slice(-count)
    .filter(Boolean)
    .map((line) => clean(line));
}
