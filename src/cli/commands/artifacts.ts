/** `octopus artifacts ID`: the files that a task left. */
import { formatSize } from "../../base/duration.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printAll } from "../list.ts";
import { wholeOf } from "../read.ts";
import { taskId } from "../target.ts";

export async function run(context: Context): Promise<ExitCode> {
  const client = await context.client();
  const id = await taskId(client, context.args[0]!);
  const attempt = wholeOf(context.options, "attempt", 1, Number.MAX_SAFE_INTEGER);
  return printAll(context, await client.artifacts(id, attempt), {
    columns: [
      { title: "FILE", cell: ({ path }) => path },
      { title: "SIZE", cell: ({ bytes }) => formatSize(bytes), side: "right" },
      { title: "TRY", cell: (file) => String(file.attempt), side: "right" },
      { title: "SHA-256", cell: ({ sha256 }) => sha256.slice(0, 16) },
    ],
    name: ({ path }) => path,
    none: `${id} left no file: a command leaves some by writing them to the folder $OCTOPUS_ARTIFACTS`,
  });
}
