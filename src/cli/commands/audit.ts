/** `octopus audit`: who did what, and who was refused, newest first. */
import { auditColumns } from "../../view/access.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printPages } from "../list.ts";
import { agoOf } from "../moments.ts";
import { textOf } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { options } = context;
  const client = await context.client();
  const query = {
    who: textOf(options, "who"),
    action: textOf(options, "action"),
    from: agoOf(options, "since", Date.now()),
  };
  const now = Date.now();
  const columns = auditColumns(now);
  const missing = new Set<string>();
  const ask = async (page: object) => {
    const answer = await client.audit({ ...query, ...page });
    if (answer.items.some(({ server }) => server !== undefined))
      columns.splice(0, columns.length, ...auditColumns(now, true));
    for (const server of answer.missing ?? []) missing.add(server);
    return answer;
  };
  const code = await printPages(context, ask, {
    columns,
    name: ({ id }) => String(id),
    none: "the audit log has nothing of this kind",
  });
  if (missing.size > 0) context.out.note(`without the rows of ${[...missing].join(", ")}, which did not answer`);
  return code;
}
