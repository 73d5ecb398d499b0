/** `octopus plugins new FILE`: writes the beginnings of a plugin. */
import { writeFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import { isPluginName } from "../../plugins/names.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { TEMPLATES } from "../plugins/templates.ts";
import { usage } from "../read.ts";

export async function run({ args, out }: Context): Promise<ExitCode> {
  const file = args[0]!;
  const extension = extname(file);
  const name = basename(file, extension);
  const text = Object.hasOwn(TEMPLATES, extension) ? TEMPLATES[extension]! : undefined;
  if (text === undefined)
    throw usage(`a new plugin ends in ${Object.keys(TEMPLATES).join(", ")}, which ${file} does not`);
  if (!isPluginName(name))
    throw usage(
      `${JSON.stringify(name)} is no name of a plugin: letters, digits, _ and -, beginning with a letter or _`,
    );
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new OctopusError("conflict", `${file} is there already; nothing was written`);
    throw new OctopusError("failed", `${file} could not be written: ${message}`, { cause: error });
  }
  out.answer({ file, plugin: name }, { table: () => `${file}  written`, quiet: () => file });
  out.note(`\`octopus plugins add ${file}\` publishes it, \`octopus submit --plugin ${name} --wait\` calls it`);
  return EXIT.ok;
}
