/**
 * `octopus import dagu FILE` and its like: a file of another system as a workflow file, on standard output. What cannot be
 * carried over is told of as a whole, and refused unless somebody says that the rest will do.
 */
import { basename } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import {
  type Converted,
  convertActions,
  convertAirflow,
  convertDagu,
  convertMake,
  convertWfCommons,
  withLosses,
} from "../../convert/mod.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readText } from "../input.ts";
import { textOf, usage } from "../read.ts";

/** A trace of a hundred thousand tasks has so much. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Names that make looks for by itself. */
const MAKEFILES = ["GNUmakefile", "makefile", "Makefile"];

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const [file = "-", ...goals] = args;
  const source = file === "-" ? "standard input" : basename(file);
  const text = await readText(file, FILE_BYTES_MAX);
  const converted = convert(context, text, { source, goals });
  const { losses, notes } = converted;
  for (const note of notes) out.note(`note: ${note}`);
  for (const { path, message } of losses) out.note(`not carried over: ${path}: ${message}`);
  if (losses.length > 0 && options["partial"] !== true) {
    const count = losses.length === 1 ? "one thing" : `${losses.length} things`;
    const message = `${source} holds ${count} that cannot be carried over; --partial writes the rest, with a list of them`;
    // For people they stand above, however many there are.
    throw new OctopusError("invalid", message, out.mode === "json" ? { issues: losses } : {});
  }
  const workflow = withLosses(converted);
  if (out.mode === "json") out.answer({ workflow, losses, notes }, { table: () => "" });
  else out.raw(workflow);
  return EXIT.ok;
}

function convert(
  { spec, options }: Context,
  text: string,
  { source, goals }: { source: string; goals: readonly string[] },
): Converted {
  switch (spec.name) {
    case "dagu":
      return convertDagu(text, { source });
    case "github-actions":
      return convertActions(text, { source });
    case "make":
      return convertMake(text, { source, goals, ...(!MAKEFILES.includes(source) && { args: ["-f", source] }) });
    case "wfcommons":
      return convertWfCommons(text, { source, ...sleepOf(textOf(options, "sleep")) });
    default:
      return convertAirflow(text, { source });
  }
}

function sleepOf(text: string | undefined): { sleep?: number } {
  if (text === undefined) return {};
  const sleep = Number(text);
  if (text.trim() !== "" && sleep >= 0 && sleep <= 1000) return { sleep };
  throw usage(`--sleep must be a factor from 0 to 1000, such as 0.01, not ${JSON.stringify(text)}`);
}
