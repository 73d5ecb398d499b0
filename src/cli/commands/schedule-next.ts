/** `octopus schedule next NAME`: ticks to come. */
import { nextText } from "../../view/schedules.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { laterOf } from "../moments.ts";
import { wholeOf } from "../read.ts";

const COUNT = 10;
const COUNT_MAX = 1000;

export async function run({ args, options, out, client: open }: Context): Promise<ExitCode> {
  const client = await open();
  const count = wholeOf(options, "count", 1, COUNT_MAX) ?? COUNT;
  const now = Date.now();
  const { name, zone, paused } = await client.schedule(args[0]!);
  const items = await client.nextTicks(name, count, laterOf(options, "after", now, zone));
  out.answer({ items }, { table: () => nextText(items, zone, now), quiet: () => items.join("\n") });
  if (items.length === 0) out.note("there is no tick to come");
  else if (paused) out.note(`${name} is paused: none of these fires before octopus schedule resume ${name}`);
  return EXIT.ok;
}
