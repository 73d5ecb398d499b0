/** Values for the params of a workflow, from the command line and from a file. */
import type { Json } from "../base/words.ts";
import { readText } from "./input.ts";
import { paramsOf, textOf, usage } from "./read.ts";

const FILE_BYTES_MAX = 10 * 1024 * 1024;

export async function paramsFrom(
  options: Readonly<Record<string, unknown>>,
): Promise<Record<string, Json> | undefined> {
  const own = paramsOf(options["param"] as string[] | undefined);
  const file = textOf(options, "paramsFile");
  if (file === undefined) return own;
  const { readYaml } = await import("../workflow/mod.ts");
  const name = file === "-" ? "standard input" : file;
  const values = readYaml(await readText(file, FILE_BYTES_MAX), name);
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw usage(`${name} must hold a mapping of parameters, such as day: 2026-11-21`);
  return { ...values, ...own };
}
