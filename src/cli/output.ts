/**
 * What a command prints. `table` is for people, `json` prints exactly one JSON value, `quiet` prints ids. Notes and
 * progress go to standard error, so that standard output can be piped.
 */
import { OctopusError } from "../base/errors.ts";
import { adviceIn } from "./advice.ts";
import { ansi, type Paint, plain } from "../view/paint.ts";
import { clean } from "../view/text.ts";

export const MODES = ["table", "json", "quiet"] as const;
export type Mode = (typeof MODES)[number];

export interface Output {
  readonly mode: Mode;
  readonly paint: Paint;
  /** Columns of the terminal; undefined when the output goes elsewhere. */
  readonly columns: number | undefined;
  /** True when a person watches: progress may be redrawn, questions asked. */
  readonly isLive: boolean;
  /** Prints the command's answer in the form that was asked for. */
  answer(value: unknown, forms: { table(): string; quiet?(): string }): void;
  /** A line for people, beside the answer. */
  note(text: string): void;
  /** A line for people, whatever the form of the answer: what is odd and no error. */
  warn(text: string): void;
  /** A text with commands to type, as they are in the namespace that this command was told to ask. */
  advice(text: string): string;
  /** The command line says that this namespace is asked. */
  within(namespace: string): void;
  /** Bytes of the answer, as they come. */
  raw(chunk: string | Uint8Array): void;
}

export function createOutput(mode: Mode, env: NodeJS.ProcessEnv = process.env): Output {
  const { stdout, stderr } = process;
  const isTerminal = stdout.isTTY && env["TERM"] !== "dumb";
  const wantsColour = env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0";
  let advice = adviceIn(undefined);
  const colours = (env["NO_COLOR"] ?? "") === "" && (isTerminal || wantsColour);
  return {
    mode,
    paint: colours ? ansi : plain,
    columns: stdout.isTTY ? stdout.columns || undefined : undefined,
    isLive: mode === "table" && isTerminal && env["CI"] === undefined,
    answer(value, forms) {
      const text = mode === "json" ? JSON.stringify(value) : mode === "quiet" ? (forms.quiet?.() ?? "") : forms.table();
      if (text !== "") stdout.write(`${text}\n`);
    },
    note(text) {
      if (mode === "table") stderr.write(`${advice(text)}\n`);
    },
    advice: (text) => advice(text),
    within: (namespace) => void (advice = adviceIn(namespace)),
    warn: (text) => void stderr.write(`${clean(text)}\n`),
    raw: (chunk) => void stdout.write(chunk),
  };
}

/** Prints what went wrong: to standard error for people, as the one value in JSON mode. */
export function printError(error: unknown, mode: Mode, advice = adviceIn(undefined)): void {
  if (mode === "json") process.stdout.write(`${JSON.stringify({ error: errorValue(error) })}\n`);
  else process.stderr.write(`octopus: ${advice(errorText(error))}\n`);
}

function errorValue(error: unknown): object {
  if (!(error instanceof OctopusError))
    return { code: "internal", message: error instanceof Error ? error.message : String(error) };
  const { code, message, retryable, issues } = error;
  return { code, message, retryable, ...(issues.length > 0 && { issues }) };
}

/** Issues that are told of one by one; a file that is not what it should be has hundreds. */
const ISSUES_MAX = 20;

function errorText(error: unknown): string {
  if (!(error instanceof OctopusError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const told = inLines(error);
  if (told !== undefined) return told;
  const issues = error.issues.filter(({ message }) => !error.message.includes(message));
  const lines = issues.slice(0, ISSUES_MAX).map(({ path, message }) => `  ${path === "" ? "" : `${path}: `}${message}`);
  if (issues.length > lines.length) lines.push(`  … and ${issues.length - lines.length} more`);
  // What was refused may stand in the message, with signs that would move the cursor or change the colours.
  return [...error.message.split("\n"), ...lines].map(cleanLine).join("\n");
}

/** Several things that are wrong, one below the other, where the message is nothing but these in a row. */
function inLines({ issues, message }: OctopusError): string | undefined {
  if (issues.length < 2) return undefined;
  const each = issues.map((issue) => `${issue.path === "" ? "body" : issue.path} ${issue.message}`);
  const row = each.join("; ");
  const more = message.slice(row.length);
  if (!message.startsWith(row) || !/^(; and \d+ more)?$/.test(more)) return undefined;
  const lines = [...each.slice(0, ISSUES_MAX), ...(more === "" ? [] : [more.slice(2)])];
  if (each.length > ISSUES_MAX) lines.push(`… and ${each.length - ISSUES_MAX} more`);
  return [`${each.length} things are wrong`, ...lines.map((line) => `  ${clean(line)}`)].join("\n");
}

function cleanLine(line: string): string {
  const indent = line.length - line.trimStart().length;
  return line.slice(0, indent) + clean(line.slice(indent));
}
