/**
 * What a command is: its words (name, arguments, options, examples), from which the parser, the help, the completion and
 * the reference are made, and a file that does it, which is loaded only when the command is used.
 */
import type { Context } from "./context.ts";

export const GROUPS = ["Start", "Work", "Workflows", "Look", "Limits and times", "Look after"] as const;

export interface OptionSpec {
  /** As commander writes them: `-p, --param <key=value...>`. */
  flags: string;
  about: string;
  /** The setting that this flag gives. */
  setting?: string;
  choices?: readonly string[];
  /** Left out of help and reference pages: kept for scripts of ours. */
  hidden?: true;
  /** `--no-x` is a flag of its own here, and not the opposite of `--x`. */
  isOwnWord?: true;
}

/** Lists of the server from which a word can be completed. */
export type Listed = "runs" | "workflows" | "approvals" | "plugins" | "triggers" | "namespaces";

export interface CommandSpec {
  name: string;
  aliases?: readonly string[];
  group: (typeof GROUPS)[number];
  about: string;
  /** More to say, below the usage line. */
  details?: string;
  /** Name and meaning of each argument: `<id...>`. */
  args?: readonly (readonly [string, string])[];
  /** What its arguments may name that only the server knows, for completion. */
  names?: readonly Listed[];
  options: readonly OptionSpec[];
  examples?: readonly string[];
  /** Options end with the first word that is none: what follows belongs to a command. */
  isOpen?: true;
  /** The number is one of `ExitCode`, but where a command counts with it. */
  load(): Promise<{ run(context: Context): Promise<number> }>;
}

/** Commands about one thing: `octopus arms pause builds`. */
export interface CommandGroup {
  name: string;
  aliases?: readonly string[];
  group: (typeof GROUPS)[number];
  about: string;
  details?: string;
  examples?: readonly string[];
  commands: readonly AnyCommand[];
  /** The one that is meant when none is named. */
  byDefault: string;
}

export type AnyCommand = CommandSpec | CommandGroup;

export function isGroup(command: AnyCommand): command is CommandGroup {
  return "commands" in command;
}

/** Every command that does something, with the words that lead to it. */
export function* leavesOf(
  commands: readonly AnyCommand[],
  path: readonly string[] = [],
): Generator<{ path: readonly string[]; spec: CommandSpec }> {
  for (const command of commands) {
    const words = [...path, command.name];
    if (isGroup(command)) yield* leavesOf(command.commands, words);
    else yield { path: words, spec: command };
  }
}
