/** `octopus run FILE|NAME`: submits a workflow, shows how it goes, and exits with its outcome. */
import { existsSync } from "node:fs";
import { OctopusError } from "../../base/errors.ts";
import type { Executor, Json } from "../../base/words.ts";
import type { RunAccepted, RunSubmission } from "../../protocol/workflow.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { paramsFrom } from "../params.ts";
import { placeOf } from "../place.ts";
import { durationOf, textOf, usage, wholeOf } from "../read.ts";
import { openRunSource, type RunSource } from "../run-source.ts";
import { watchToEnd } from "../run-watch.ts";
import { readWorkflow } from "../workflow-files.ts";

const PARALLEL_MAX = 100_000;

export async function run(context: Context): Promise<ExitCode> {
  const { options, out } = context;
  if (options["watch"] === true && options["detach"] === true)
    throw usage("--watch stays until the run has ended, --detach leaves at once: choose one");
  const submission = await submissionOf(context);
  const source = await openRunSource(context);
  try {
    const { id, warnings = [] } = await submit(source, submission, context.args[0]!);
    for (const { path, message } of warnings) out.warn(`warning: ${path} ${message}`);
    if (options["detach"] === true) {
      out.answer({ id }, { table: () => id, quiet: () => id });
      return EXIT.ok;
    }
    return await watchToEnd(context, source, id);
  } finally {
    await source.close();
  }
}

async function submissionOf({ args, options }: Context): Promise<RunSubmission> {
  const word = args[0]!;
  const params = await paramsFrom(options);
  const arm = textOf(options, "arm");
  const { worker, target } = placeOf(options);
  const place = { ...(worker !== undefined && { worker }), ...(target as object | undefined) };
  const timeoutMs = durationOf(options, "timeout");
  const executor = textOf(options, "executor") as Executor | undefined;
  const maxParallel = wholeOf(options, "maxParallel", 1, PARALLEL_MAX);
  if (executor === "sequential" && maxParallel !== undefined && maxParallel > 1)
    throw usage("--executor sequential runs one task at a time: leave out --max-parallel");
  return {
    ...(isName(word) ? { workflow: word } : await readWorkflow(word)),
    ...(params !== undefined && { params }),
    ...(arm !== undefined && { arm }),
    ...(Object.keys(place).length > 0 && { target: place as Json }),
    // The server keeps to it, whoever still watches.
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(executor !== undefined && { executor }),
    ...(maxParallel !== undefined && { maxParallel }),
  };
}

/** A registered workflow is meant by a plain word that is no file here. */
function isName(word: string): boolean {
  return word !== "-" && /^[A-Za-z][\w-]*$/.test(word) && !existsSync(word);
}

async function submit(source: RunSource, submission: RunSubmission, word: string): Promise<RunAccepted> {
  try {
    return await source.submit(submission);
  } catch (error) {
    if (!(error instanceof OctopusError) || error.code !== "not_found" || submission.workflow === undefined)
      throw error;
    throw new OctopusError("not_found", `there is no file ${word} here, and at ${source.place} ${error.message}`);
  }
}
