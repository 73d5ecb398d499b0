/** Reads options that change a setting or take it back: `--rate 10/1m`, `--rate none`. */
import { textOf } from "./read.ts";

type Options = Readonly<Record<string, unknown>>;

/** True for the words that take a setting back to its default. */
export function isNone(text: string | undefined): boolean {
  return text === "none" || text === "default";
}

/** The value that `read` makes of the option; null for `none`, undefined when it was not given. */
export function changeOf<T>(options: Options, name: string, read: (options: Options, name: string) => T): T | null {
  return isNone(textOf(options, name)) ? null : read(options, name);
}
