/** `octopus backup FILE`: by the server when one answers, else by opening the data directory here. */
import { resolve } from "node:path";
import { formatSize } from "../../base/duration.ts";
import { OctopusError } from "../../base/errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { loadNode, type LocalOctopus } from "../node-port.ts";

export async function run(context: Context): Promise<ExitCode> {
  const file = resolve(context.args[0]!);
  const copy = await backUp(context, file);
  const { path, bytes, namespaces, missing } = copy;
  const lines = [`${path}  ${formatSize(bytes)}`];
  if (namespaces !== undefined) lines.push(`with ${namespaces.join(", ")} in ${path}.namespaces`);
  if (missing !== undefined) lines.push(`without ${missing.join(", ")}: this server cannot copy them`);
  context.out.answer(copy, { table: () => lines.join("\n"), quiet: () => path });
  return EXIT.ok;
}

async function backUp(context: Context, file: string): ReturnType<LocalOctopus["backup"]> {
  const { config, origins } = await context.settings();
  const client = await context.client();
  try {
    return await client.backup(file);
  } catch (error) {
    const wasNamed = ["server.url", "namespace"].some((key) => origins.get(key)?.kind !== "default");
    if (wasNamed || !(error instanceof OctopusError) || error.code !== "unreachable") throw error;
  }
  const { openOctopus } = loadNode();
  const octopus = await openOctopus({ config });
  try {
    return await octopus.backup(file);
  } finally {
    await octopus.close();
  }
}
