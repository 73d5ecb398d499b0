/** `octopus calendar set NAME DAY…`. */
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

export async function run({ args, out, client: open }: Context): Promise<ExitCode> {
  const client = await open();
  const [name, ...words] = args;
  const days = words.flatMap((word) => word.split(",")).filter(Boolean);
  const view = await client.setCalendar(name!, days);
  const users = view.usedBy.length === 0 ? "" : `, used by ${view.usedBy.join(", ")}`;
  out.answer(view, {
    table: () => `${view.name}  ${view.days.length} ${view.days.length === 1 ? "day" : "days"}${users}`,
    quiet: () => view.name,
  });
  return EXIT.ok;
}
