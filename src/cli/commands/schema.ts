/** `octopus schema [KEY]`: the JSON Schema of workflow files, or what one key means. */
import { explainKey, workflowSchema } from "../../workflow/mod.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run({ args, out }: Context): Promise<ExitCode> {
  const key = args[0];
  if (key === undefined) {
    const schema = workflowSchema();
    out.answer(schema, { table: () => JSON.stringify(schema, null, 2) });
    return EXIT.ok;
  }
  const text = explainKey(key);
  out.answer({ key, text }, { table: () => text.trimEnd() });
  return EXIT.ok;
}
