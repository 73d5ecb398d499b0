/** `octopus graph FILE|RUN|NAME`: draws a workflow. */
import type { RunSpec } from "../../protocol/workflow.ts";
import { drawAscii, drawDot, drawMermaid } from "../../workflow/mod.ts";
import type { Context } from "../context.ts";
import { compiledFrom } from "../definition.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { textOf } from "../read.ts";

const DRAWINGS = {
  text: (run: RunSpec) => drawAscii(run),
  ascii: (run: RunSpec) => drawAscii(run, { plain: true }),
  mermaid: drawMermaid,
  dot: drawDot,
};

export async function run(context: Context): Promise<ExitCode> {
  const format = (textOf(context.options, "format") ?? "text") as keyof typeof DRAWINGS;
  const compiled = await compiledFrom(context, context.args[0]!);
  const drawing = DRAWINGS[format](compiled);
  context.out.answer({ workflow: compiled.workflow, format, drawing }, { table: () => drawing.trimEnd() });
  return EXIT.ok;
}
