/** `octopus plugins files NAME [PATH]`. */
import { OctopusError } from "../../base/errors.ts";
import { formatSize } from "../../base/duration.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";
import { wholeOf } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const [name, path] = context.args as [string, string?];
  const client = await context.client();
  const version = wholeOf(context.options, "versionNumber", 1, 999_999_999);
  if (path !== undefined) {
    for await (const chunk of client.readPluginFile(name, path, version)) context.out.raw(chunk);
    return EXIT.ok;
  }
  const plugin = await client.plugin(name);
  const found = plugin.versions.find((one) => one.version === (version ?? plugin.version));
  if (found === undefined) {
    const kept = plugin.versions.map((one) => one.version).join(", ");
    throw new OctopusError("not_found", `version ${version} of ${name} is not kept: there are ${kept}`);
  }
  return printAll(context, found.files, {
    columns: [
      { title: "FILE", cell: (file) => file.path, max: 80 },
      { title: "SIZE", cell: ({ bytes }) => formatSize(bytes), side: "right" },
      { title: "SHA-256", cell: ({ sha256 }) => sha256, max: 64 },
    ],
    name: (file) => file.path,
    none: "it has no files",
  });
}
