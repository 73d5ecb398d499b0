/** `octopus validate FILE…`: everything that is wrong or odd about workflow files, without a server. */
import { OctopusError } from "../../base/errors.ts";
import type { WorkflowCheck } from "../../protocol/workflow.ts";
import { compileWorkflow } from "../../workflow/mod.ts";
import { clean } from "../../view/text.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readWorkflow } from "../workflow-files.ts";

type Checked = WorkflowCheck & { file: string };

export async function run({ args, out }: Context): Promise<ExitCode> {
  const checked: Checked[] = [];
  for (const file of args) checked.push({ file, ...(await check(file)) });
  out.answer(
    { valid: checked.every(({ valid }) => valid), files: checked },
    {
      table: () => checked.flatMap((one) => linesOf(one, out.paint)).join("\n"),
      quiet: () =>
        checked
          .filter(({ valid }) => !valid)
          .map(({ file }) => file)
          .join("\n"),
    },
  );
  if (out.mode === "table")
    for (const { warnings } of checked)
      for (const { path, message } of warnings) out.warn(`warning: ${path} ${message}`);
  return checked.every(({ valid }) => valid) ? EXIT.ok : EXIT.usage;
}

async function check(file: string): Promise<WorkflowCheck> {
  try {
    const { definition, ...how } = await readWorkflow(file);
    const { workflow, tasks, warnings = [] } = compileWorkflow(definition, { ...how, check: true });
    return { valid: true, name: workflow, tasks: tasks.length, problems: [], warnings };
  } catch (error) {
    if (!(error instanceof OctopusError)) throw error;
    const problems = error.issues.length > 0 ? [...error.issues] : [{ path: "", message: error.message }];
    return { valid: false, problems, warnings: [] };
  }
}

function linesOf({ file, valid, name, tasks, problems }: Checked, paint: Context["out"]["paint"]): string[] {
  if (valid)
    return [`${file}  ${paint("green", "valid")}  ${clean(name ?? "")}, ${tasks === 1 ? "1 task" : `${tasks} tasks`}`];
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [
    `${file}  ${paint("red", count)}`,
    ...problems.map(({ path, message }) => `  ${clean(path === "" ? message : `${path} ${message}`)}`),
  ];
}
