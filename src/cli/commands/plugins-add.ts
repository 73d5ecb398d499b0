/** `octopus plugins add PATH…`: publishes files and folders of this machine, or plugins that come with Octopus. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import type { PluginDetail, PluginUpload } from "../../protocol/plugin.ts";
import { candidateAt, contentsOf } from "../../plugins/candidates.ts";
import { EXTENSIONS, isPluginName } from "../../plugins/names.ts";
import { readPlugin } from "../../plugins/read-plugin.ts";
import { shippedPlugin } from "../../root/plugin-door.ts";
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { textOf, usage } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const name = textOf(options, "name");
  if (name !== undefined && args.length > 1) throw usage("--name is for one plugin: add them one by one");
  const client = await context.client();
  const known = new Map((await client.plugins()).items.map((plugin) => [plugin.name, plugin.version]));
  const { done, errors } = await forEachWord(context, args, async (path) => {
    const read = await readFrom(path, name);
    return client.setPlugin(read.name, read.files);
  });
  const resultOf = (plugin: PluginDetail): string =>
    known.get(plugin.name) === plugin.version ? `version ${plugin.version}, as before` : `version ${plugin.version}`;
  out.answer(done, {
    table: () => done.map((plugin) => `${plugin.name}  ${resultOf(plugin)}`).join("\n"),
    quiet: () => done.map((plugin) => plugin.name).join("\n"),
  });
  return gravest(errors.map(exitCodeOfError));
}

/** What is wrong with it is said here, before anything is sent. */
async function readFrom(path: string, as: string | undefined): Promise<{ name: string; files: PluginUpload["files"] }> {
  const place = placeOf(path);
  const candidate = candidateAt(place);
  if (candidate === undefined)
    throw new OctopusError("invalid", `${path} is no plugin: it must be a folder, or end in ${EXTENSIONS.join(", ")}`);
  const name = as ?? candidate.name;
  const { files } = await readPlugin(name, await contentsOf(candidate));
  return {
    name,
    files: files.map(({ path: inside, content }) => ({
      path: inside,
      base64: Buffer.from(content).toString("base64"),
    })),
  };
}

function placeOf(path: string): string {
  if (existsSync(path)) return resolve(path);
  const shipped = isPluginName(path) ? shippedPlugin(path) : undefined;
  if (shipped !== undefined) return shipped;
  const hint = isPluginName(basename(path)) ? ", and no plugin of that name comes with Octopus" : "";
  throw new OctopusError("not_found", `there is no file ${path}${hint}`);
}
