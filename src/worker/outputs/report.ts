/** What a command left as outputs, put into the report of its attempt. */
import type { AttemptReport } from "../../protocol/link.ts";
import type { ShellWork } from "../../protocol/work/shell.ts";
import { readOutputFile } from "./file.ts";
import type { StdoutCapture } from "./stdout.ts";
import { outputsOf } from "./values.ts";

/**
 * The outputs as the result of the attempt. What is wrong with them fails a command that succeeded; of one that failed they
 * are there for whoever allows its failure, as far as they can be read. Answers whether the file held anything.
 */
export function addOutputs(
  report: AttemptReport,
  work: Pick<ShellWork, "outputs">,
  file: string | undefined,
  capture: StdoutCapture | undefined,
): boolean {
  const lines = file === undefined ? undefined : readOutputFile(file);
  if (lines === undefined && work.outputs === undefined) return false;
  let fault = lines !== undefined && "fault" in lines ? `$OCTOPUS_OUTPUT cannot be used: ${lines.fault}` : undefined;
  if (fault === undefined) {
    const values = lines === undefined || "fault" in lines ? new Map<string, string>() : lines.values;
    const outputs = outputsOf(work.outputs, values, capture?.end());
    if ("fault" in outputs) ({ fault } = outputs);
    else if (outputs.result !== undefined) report.result = outputs.result;
  }
  if (fault !== undefined && report.outcome === "succeeded")
    Object.assign(report, { outcome: "failed", error: { message: fault, kind: "output" } });
  return lines !== undefined;
}
