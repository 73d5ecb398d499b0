/** Runs from what people hand in: a definition, or the name of a registered one, and how it is to be carried out. */
import { nearest } from "../../base/nearest.ts";
import { OctopusError } from "../../base/errors.ts";
import { parse } from "../../protocol/parse.ts";
import type { WorkflowTarget } from "../../protocol/schedule.ts";
import { type RunScope, type RunSpec, RunSubmission } from "../../protocol/workflow.ts";
import type { Library, Outside } from "../ports.ts";
import type { StoredWorkflow } from "../stored.ts";

export interface CompilingOptions {
  library: Library;
  outside: Outside;
}

export async function compileRun({ library, outside }: CompilingOptions, submission: RunSubmission): Promise<RunSpec> {
  // Whoever embeds the engine may write a time as people do; what was read already stays as it is.
  const given = parse(RunSubmission, submission);
  const { workflow, params, cwd, arm, target: place, timeout, executor, maxParallel } = given;
  const named = workflow === undefined ? undefined : registered(library, workflow);
  const { definition, files, source } = named === undefined ? given : { ...named, source: `${workflow!}.yaml` };
  const target: WorkflowTarget = { definition: definition! };
  Object.assign(target, defined({ files, source, params, cwd, arm, target: place }));
  const ordered = executor === "sequential" ? true : undefined;
  const run = withGiven(await outside.compile(target), { cwd, arm, target: place, ordered });
  if (timeout !== undefined) run.timeoutMs = timeout;
  if (ordered === true) Object.assign(run, { maxParallel: 1, ordered });
  else if (maxParallel !== undefined) run.maxParallel = Math.min(maxParallel, run.maxParallel ?? Infinity);
  return run;
}

/** Keeps with the run what it takes to compile it again. */
export function withGiven(run: RunSpec, given: NonNullable<RunScope["given"]>): RunSpec {
  if (Object.values(given).every((value) => value === undefined)) return run;
  return { ...run, scope: { ...run.scope, given: defined(given) } };
}

function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function registered(library: Library, name: string): StoredWorkflow {
  const found = library.workflow(name);
  if (found !== undefined) return found;
  const guess = nearest(
    name,
    library.workflows().map((each) => each.name),
  );
  const hint = guess === undefined ? "" : `; did you mean ${guess}?`;
  throw new OctopusError("not_found", `there is no workflow ${name}${hint}; \`octopus apply FILE\` registers one`);
}
