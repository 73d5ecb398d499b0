/** `octopus diff RUN [FILE]`: what a run began with against the workflow of today. */
import { OctopusError } from "../../base/errors.ts";
import { changesText } from "../../view/changes.ts";
import { diffDefinitions } from "../../workflow/mod.ts";
import type { Context } from "../context.ts";
import { definitionOf, definitionOfRun } from "../definition.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { usage } from "../read.ts";
import { targetOf } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { out, args } = context;
  const { kind, id } = await targetOf(await context.client(), args[0]!);
  if (kind !== "run") throw usage(`${args[0]} is a task: name its run, such as r3`);
  const before = await definitionOfRun(context, id);
  const today = args[1] ?? before.workflow;
  const after =
    args[1] === undefined ? await registered(context, before.workflow, id) : await definitionOf(context, today);
  const changes = diffDefinitions(before, after);
  out.answer(
    { run: id, workflow: before.workflow, with: today, changes },
    {
      table: () => changesText(changes, { before: id, after: today }, out),
      quiet: () => changes.map(({ path }) => path).join("\n"),
    },
  );
  return changes.length === 0 ? EXIT.ok : EXIT.failed;
}

async function registered(context: Context, name: string, run: string) {
  try {
    const { definition, files } = await (await context.client()).workflow(name);
    return { definition, files, source: `${name}.yaml` };
  } catch (error) {
    if (!(error instanceof OctopusError) || error.code !== "not_found") throw error;
    throw usage(`no workflow ${name} is registered: name the file of today, as in octopus diff ${run} ${name}.yaml`);
  }
}
