/** `octopus dry-run FILE|NAME`: what a run would do. */
import { planText } from "../../view/plan.ts";
import { workflowPlan } from "../../workflow/mod.ts";
import type { Context } from "../context.ts";
import { compiledFrom } from "../definition.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { out, args } = context;
  const compiled = await compiledFrom(context, args[0]!);
  const { params = {}, maxParallel, group, timeoutMs, warnings = [] } = compiled;
  const plan = { ...workflowPlan(compiled), params, maxParallel, group, timeoutMs };
  for (const { path, message } of warnings) out.warn(`warning: ${path} ${message}`);
  out.answer(plan, {
    table: () => planText(plan, out),
    quiet: () => plan.levels.map((level) => level.join(" ")).join("\n"),
  });
  return EXIT.ok;
}
