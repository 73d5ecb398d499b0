/** What the options of `octopus parallel` mean. Everything is checked before the first job starts. */
import { availableParallelism } from "node:os";
import { parseDuration } from "../../base/duration.ts";
import { textOf, usage, wholeOf } from "../read.ts";
import { type Halt, parseHalt } from "./halt.ts";
import type { PrinterOptions } from "./printer.ts";

type Options = Readonly<Record<string, unknown>>;

export interface Settings {
  slots: number;
  mode: PrinterOptions["mode"];
  keepOrder: boolean;
  tries: number;
  timeoutMs: number | undefined;
  delayMs: number;
  halt: Halt | undefined;
  resume: "all" | "succeeded" | undefined;
  max: number | undefined;
  isFull: boolean;
  charsMax: number;
  delimiter: string;
  columns: RegExp | undefined;
}

/** `-j 0`: as many as possible, within reason. */
const SLOTS_MAX = 1000;
/** On a server its arms and workers say how many run at once; this is how many are asked for. */
const REMOTE_SLOTS = 50;
/** What Linux takes as one argument, with room for the rest. */
const CHARS_MAX = 130_000;

export function settingsOf(options: Options): Settings {
  const log = textOf(options, "joblog");
  const resume = options["resumeFailed"] === true ? "succeeded" : options["resume"] === true ? "all" : undefined;
  if (resume !== undefined && log === undefined)
    throw usage("--resume and --resume-failed need the --joblog that says which jobs have run");
  const perJob = ["maxArgs", "maxReplaceArgs", "maxLines"].find((name) => options[name] !== undefined);
  const max = perJob === undefined ? undefined : wholeOf(options, perJob, 0, 1_000_000);
  const isFull = options["contextReplace"] === true || options["many"] === true || options["xargs"] === true;
  return {
    slots: slotsOf(textOf(options, "jobs") ?? textOf(options, "maxProcs"), options["server"] !== undefined),
    mode: modeOf(options),
    keepOrder: options["keepOrder"] === true,
    tries: wholeOf(options, "retries", 0, 1_000_000) ?? 1,
    timeoutMs: secondsOf(options, "timeout"),
    delayMs: secondsOf(options, "delay") ?? 0,
    halt: parseHalt(textOf(options, "halt") ?? textOf(options, "haltOnError") ?? "never"),
    resume,
    max,
    isFull,
    charsMax: wholeOf(options, "maxChars", 1, 10_000_000) ?? CHARS_MAX,
    delimiter: options["null"] === true ? "\0" : delimiterOf(textOf(options, "delimiter")),
    columns: columnsOf(textOf(options, "colsep")),
  };
}

/** `4`, `50%` of the cores, `+2` more than them, `-1` less, `0` as many as possible. */
function slotsOf(text: string | undefined, isRemote: boolean): number {
  const cores = availableParallelism();
  if (text === undefined) return isRemote ? REMOTE_SLOTS : cores;
  const found = /^([+-]?)(\d+)(%?)$/.exec(text);
  if (found === null)
    throw usage(
      `--jobs must be a number such as 8, 50%, +2, -1, or 0 for as many as possible, not ${JSON.stringify(text)}`,
    );
  const [, sign, digits, percent] = found;
  const amount = percent === "%" ? (cores * Number(digits)) / 100 : Number(digits);
  const slots = sign === "+" ? cores + amount : sign === "-" ? cores - amount : amount;
  if (slots === 0 && sign === "") return SLOTS_MAX;
  return Math.min(SLOTS_MAX, Math.max(1, Math.floor(slots)));
}

function modeOf(options: Options): PrinterOptions["mode"] {
  if (options["ungroup"] === true) return "ungroup";
  return options["lineBuffer"] === true || options["lb"] === true || options["linebuffer"] === true ? "line" : "group";
}

/** A bare number is in seconds. */
function secondsOf(options: Options, name: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const ms = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (ms !== undefined && ms <= 2 ** 31 - 1) return ms;
  throw usage(`--${name} must be seconds such as 10 or 0.5, or a time such as 5m, not ${JSON.stringify(text)}`);
}

const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", "\\t": "\t", "\\0": "\0", "\\r": "\r" };

function delimiterOf(text: string | undefined): string {
  if (text === undefined) return "\n";
  if (text === "") throw usage("--delimiter must not be empty");
  return ESCAPES[text] ?? text;
}

function columnsOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(ESCAPES[text] ?? text);
  } catch (error) {
    throw usage(`--colsep must be a regular expression: ${(error as Error).message}`);
  }
}
