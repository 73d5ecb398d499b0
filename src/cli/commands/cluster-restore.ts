/** `octopus cluster restore FILE`. */
import { resolve } from "node:path";
import { mayGoOn } from "../ask.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { loadNode } from "../node-port.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, out } = context;
  const { config } = await context.settings();
  const file = resolve(args[0]!);
  const what = `cluster ${config.cluster.name} goes on from ${file}; what came after that is not there any more`;
  if (!(await mayGoOn(context, what))) return EXIT.ok;
  const { restoreCluster } = await loadNode();
  const moved = await restoreCluster(config, file);
  out.answer(moved, {
    table: () => `record ${moved.record} of cluster ${moved.cluster} is the backup: start the servers`,
    quiet: () => String(moved.record),
  });
  return EXIT.ok;
}
