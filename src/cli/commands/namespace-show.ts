/** `octopus namespace show NAME`. */
import { renderFacts } from "../../view/table.ts";
import { relative } from "../../view/time.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { out, args } = context;
  const client = await context.mainClient();
  const namespace = await client.namespace(args[0]!);
  const { name, path, state, reason, leader, hosts, createdAt } = namespace;
  out.answer(namespace, {
    table: () =>
      renderFacts(
        [
          ["namespace", name],
          ["address", path === "/" ? client.url : client.url + path],
          ["state", reason === undefined ? state : `${state}: ${reason}`],
          ["leader", hosts && (leader ?? "nobody")],
          ["copies on", hosts?.join(", ")],
          ["made", relative(createdAt, Date.now())],
        ],
        out.paint,
      ),
    quiet: () => name,
  });
  return EXIT.ok;
}
