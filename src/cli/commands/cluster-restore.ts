/** `octopus cluster restore FILE`. */
import { resolve } from "node:path";
import { mayGoOn } from "../ask.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { loadNode } from "../node-port.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const { config } = await context.settings();
  const file = resolve(args[0]!);
  const only = options["namespace"] as string | undefined;
  const cluster = `cluster ${config.cluster.name}`;
  const place = only === undefined ? cluster : `the namespace ${only} of ${cluster}`;
  const what = `${place} goes on from ${file}; what came after that is not there any more`;
  if (!(await mayGoOn(context, what))) return EXIT.ok;
  const { restoreCluster } = loadNode();
  const moved = await restoreCluster(config, file, only);
  const next = moved.live === true ? "servers that run have it within seconds" : "start the servers";
  out.answer(moved, {
    table: () => `record ${moved.record} of ${place} is the backup: ${next}`,
    quiet: () => String(moved.record),
  });
  return EXIT.ok;
}
