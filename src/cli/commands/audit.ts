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
  return printPages(context, (page) => client.audit({ ...query, ...page }), {
    columns: auditColumns(Date.now()),
    name: ({ id }) => String(id),
    none: "the audit log has nothing of this kind",
  });
}
