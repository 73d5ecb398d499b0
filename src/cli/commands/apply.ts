/** `octopus apply FILE…`: registers workflows under their names, with the schedules that they ask for. */
import type { WorkflowDetail } from "../../protocol/run-views.ts";
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { readWorkflow } from "../workflow-files.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { out } = context;
  const client = await context.client();
  const known = new Map((await client.workflows()).map((one) => [one.name, one.definitionHash]));
  const { done, errors } = await forEachWord(context, context.args, async (file) => {
    const { cwd: _, ...submission } = await readWorkflow(file);
    const view = await client.setWorkflow(submission);
    for (const { path, message } of view.warnings) out.warn(`warning: ${path} ${message}`);
    return view;
  });
  const resultOf = ({ name, definitionHash }: WorkflowDetail): string => {
    const before = known.get(name);
    return before === undefined ? "made" : before === definitionHash ? "same" : "changed";
  };
  out.answer(done, {
    table: () => done.map((one) => `${one.name}  ${resultOf(one)}${schedulesText(one)}`).join("\n"),
    quiet: () => done.map(({ name }) => name).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}

function schedulesText({ schedules }: WorkflowDetail): string {
  return schedules.length === 0 ? "" : `, schedule ${schedules.join(", ")}`;
}
