/** `octopus schedule backfill NAME --from … --to …`: fires ticks of the past, counted first. */
import { mayGoOn } from "../ask.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { agoOf } from "../moments.ts";
import { usage } from "../read.ts";

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const now = Date.now();
  const client = await context.client();
  const { name, zone } = await client.schedule(args[0]!);
  const from = agoOf(options, "from", now, zone);
  if (from === undefined) throw usage("say from when: --from 2026-11-01, or --from 7d");
  const to = agoOf(options, "to", now, zone) ?? now;
  if (to <= from)
    throw usage(`--to (${new Date(to).toISOString()}) must be later than --from (${new Date(from).toISOString()})`);
  const { count } = await client.backfillSchedule(name, from, to, { preview: true });
  const ticks = count === 1 ? "1 tick" : `${count} ticks`;
  if (options["dryRun"] === true || count === 0) {
    const table = (): string => (count === 0 ? "no tick there that was not fired" : `would fire ${ticks} of ${name}`);
    out.answer({ count, started: false }, { table, quiet: () => String(count) });
    return EXIT.ok;
  }
  if (!(await mayGoOn(context, `this will fire ${ticks} of ${name}`))) return EXIT.failed;
  const done = await client.backfillSchedule(name, from, to);
  out.answer({ ...done, started: true }, { table: () => `${done.count} ticks of ${name} fired`, quiet: () => name });
  return EXIT.ok;
}
