/** The definition that a word means: a workflow file, what a run began with, or a registered workflow. */
import { existsSync } from "node:fs";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { RunSpec } from "../protocol/workflow.ts";
import type { Context } from "./context.ts";
import { paramsFrom } from "./params.ts";
import { targetOf } from "./target.ts";
import { readWorkflow } from "./workflow-files.ts";

export interface Found {
  definition: string;
  source: string;
  files?: Record<string, string> | undefined;
  cwd?: string | undefined;
  /** Values with which a run began. */
  params?: Record<string, Json> | undefined;
}

/** A file here wins over a registered workflow of that name; a run is named by its id, or is the last one. */
export async function definitionOf(context: Context, word: string): Promise<Found> {
  if (/^r\d+$/.test(word)) return definitionOfRun(context, word);
  if (word === "last") {
    const { kind, id } = await targetOf(await context.client(), word);
    if (kind === "task") throw new OctopusError("not_found", `the last task, ${id}, belongs to no run`);
    return definitionOfRun(context, id);
  }
  if (word === "-" || existsSync(word) || !/^[A-Za-z][\w-]*$/.test(word)) return readWorkflow(word);
  const client = await context.client();
  const { definition, files } = await client.workflow(word);
  return { definition, files, source: `${word}.yaml` };
}

export async function definitionOfRun(context: Context, id: string): Promise<Found & { workflow: string }> {
  const client = await context.client();
  const { definition, files, params, workflow } = await client.run(id);
  if (definition === undefined)
    throw new OctopusError("not_found", `run ${id} of ${workflow} was made by a program and has no workflow file`);
  return { definition, files, params, workflow, source: `${workflow}.yaml` };
}

/** The compiled run; values that are missing are no mistake, since nothing is to run. */
export async function compiledFrom(context: Context, word: string): Promise<RunSpec> {
  const { definition, params, ...how } = await definitionOf(context, word);
  const given = { ...params, ...(await paramsFrom(context.options)) };
  const { compileWorkflow } = await import("../workflow/mod.ts");
  return compileWorkflow(definition, { ...how, params: given, check: true });
}
