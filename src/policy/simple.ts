/** One program that a command starts, with its arguments and where its input and output go. */
import { pathOf, UNKNOWN } from "./paths.ts";

export interface SimpleCommand {
  /** As it is written; `UNKNOWN` in it where only the shell will know. Empty: redirections alone. */
  readonly program: string;
  /** Without its folder. */
  readonly name: string;
  readonly args: readonly string[];
  /** Names of the variables that it is given, or sets. */
  readonly env: readonly string[];
  /** Targets of redirections. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Where it runs; undefined where that is not known. */
  readonly cwd: string | undefined;
  /** What stands in the text, for messages. */
  readonly text: string;
  /** Programs that get its output. */
  readonly to: SimpleCommand[];
  /** Its output is run as code by one of these. */
  runBy?: SimpleCommand;
  /** A function that starts itself more than once, without end. */
  readonly isBomb?: boolean;
  /** It runs what comes in. */
  readonly isReader?: boolean;
  /** It is one of the shell's own, or a function of the text. */
  readonly isInside?: boolean;
  /** It starts nothing but what is looked at by itself. */
  isWrapper?: boolean;
}

/** The shell's own that change nothing outside of it. */
export const HARMLESS: ReadonlySet<string> = new Set([
  ...["", ":", "[", "[[", "true", "false", "test", "echo", "printf", "cd", "pwd", "pushd", "popd", "dirs"],
  ...["set", "shift", "exit", "return", "export", "unset", "local", "readonly", "declare", "typeset", "read", "let"],
  ...["wait", "umask", "type", "hash", "break", "continue", "ulimit", "times", "getopts", "shopt", "jobs", "mapfile"],
]);

/** What stands behind the options; `withValue` are those that take the next word. */
export function operandsOf(args: readonly string[], withValue = ""): string[] {
  const out: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--") return [...out, ...args.slice(at + 1)];
    if (!arg.startsWith("-") || arg === "-") out.push(arg);
    else if (!arg.startsWith("--") && withValue.includes(arg.at(-1)!)) at++;
  }
  return out;
}

/** Paths that it names: operands and values of options, and what it reads and writes. */
export function pathsOf(command: SimpleCommand): string[] {
  const values = command.args.flatMap((arg) => {
    const value = /^(?:--?[\w-]+|\w+)=(.+)$/s.exec(arg)?.[1];
    return value === undefined ? (arg.startsWith("-") ? [] : [arg]) : [value];
  });
  return [...values, ...command.reads, ...command.writes].map((one) => pathOf(one, command.cwd));
}

/** Files that it writes, beside those that its redirections name. */
export function writesOf(command: SimpleCommand): string[] {
  return [...command.writes, ...ownWrites(command)].map((one) => pathOf(one, command.cwd));
}

function ownWrites({ name, args }: SimpleCommand): string[] {
  switch (name) {
    case "tee":
    case "truncate":
    case "shred":
    case "sponge":
      return operandsOf(args, name === "tee" ? "" : "snr");
    case "dd":
      return args.flatMap((arg) => (arg.startsWith("of=") ? [arg.slice(3)] : []));
    case "cp":
    case "mv":
    case "ln":
    case "install":
    case "rsync":
      return [targetOf(args)].filter((one) => one !== undefined);
    case "sed":
    case "perl":
      // Changes the files in place: the first operand is the script, unless an option holds it.
      return args.some((arg) => /^-[a-zA-Z]*i|^--in-place/.test(arg)) ? operandsOf(args, "e") : [];
    case "curl":
      return valuesOf(args, "-o", "--output");
    case "wget":
      return valuesOf(args, "-O", "--output-document");
    default:
      return [];
  }
}

/** Files that it removes, or moves away. */
export function removesOf(command: SimpleCommand): string[] {
  return ownRemoves(command).map((one) => pathOf(one, command.cwd));
}

function ownRemoves({ name, args }: SimpleCommand): string[] {
  switch (name) {
    case "rm":
    case "rmdir":
    case "unlink":
      return operandsOf(args);
    case "mv": {
      const operands = operandsOf(args, "tS");
      return hasTarget(args) ? operands : operands.slice(0, -1);
    }
    case "find":
      return foundAndRemoved(args);
    default:
      return [];
  }
}

/** Where `find` looks for nothing in particular, the folder; else something in it. */
function foundAndRemoved(args: readonly string[]): string[] {
  const start = args.findIndex((arg) => /^[-(!]/.test(arg) && !/^-([HLP]|D|O\d?)$/.test(arg));
  if (start === -1) return [];
  const said = args.slice(start);
  if (!said.some((arg, at) => arg === "-delete" || (arg === "rm" && /^-(exec|ok)/.test(said[at - 1] ?? "")))) return [];
  const isPart = said.some((arg) => /^-[a-z]/i.test(arg) && !WHOLE.test(arg));
  const folders = args.slice(0, start).filter((arg) => !arg.startsWith("-"));
  return folders.map((folder) => (isPart ? `${folder}/${UNKNOWN}` : folder));
}

/** Words of `find` that leave nothing out. */
const WHOLE =
  /^-(delete|depth|d|exec|execdir|ok|okdir|print0?|xdev|mount|maxdepth|r|f|rf|fr|R|type|noleaf|ignore_readdir_race)$/;

function hasTarget(args: readonly string[]): boolean {
  return args.some((arg) => /^-[a-zA-Z]*t|^--target-directory/.test(arg));
}

function targetOf(args: readonly string[]): string | undefined {
  const [named] = valuesOf(args, "-t", "--target-directory");
  if (named !== undefined) return named;
  const operands = operandsOf(args, "St");
  return operands.length > 1 ? operands.at(-1) : undefined;
}

function valuesOf(args: readonly string[], short: string, long: string): string[] {
  return args.flatMap((arg, at) => {
    if (arg === short || arg === long) return args[at + 1] === undefined ? [] : [args[at + 1]!];
    return arg.startsWith(`${long}=`) ? [arg.slice(long.length + 1)] : [];
  });
}
