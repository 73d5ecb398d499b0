/** `octopus schedule preview CRON`: when something would be due, in words and as a list; nothing is kept. */
import { nextText, whenText } from "../../view/schedules.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { textOf, wholeOf } from "../read.ts";
import { whenOf } from "../schedule-options.ts";

const COUNT = 10;
const COUNT_MAX = 1000;

export async function run({ args, options, out, client: open }: Context): Promise<ExitCode> {
  const now = Date.now();
  const count = wholeOf(options, "count", 1, COUNT_MAX) ?? COUNT;
  const when = whenOf(options, args.length === 0 ? undefined : args, now);
  const name = textOf(options, "name") ?? "preview";
  const client = await open();
  // What it would do plays no part; the server wants something to do.
  const view = await client.previewSchedule({ name, ...when, task: { shell: ":" } }, count);
  const { when: words, zone, next: items, warnings } = view;
  out.answer(
    { when: words, zone, items, warnings },
    {
      table: () => `${whenText(view)}${items.length === 0 ? "" : `\n${nextText(items, zone, now)}`}`,
      quiet: () => items.join("\n"),
    },
  );
  for (const warning of warnings) out.note(`warning: ${warning}`);
  if (items.length === 0) out.note("there is no tick to come");
  return EXIT.ok;
}
