/** `octopus workflows show NAME`: what is registered under the name, and its text. */
import { workflowText } from "../../view/workflows.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { out, options } = context;
  const client = await context.client();
  const view = await client.workflow(context.args[0]!);
  if (options["text"] === true) {
    out.raw(view.definition.endsWith("\n") ? view.definition : `${view.definition}\n`);
    return EXIT.ok;
  }
  out.answer(view, { table: () => workflowText(view, out, Date.now()), quiet: () => view.definitionHash });
  return EXIT.ok;
}
