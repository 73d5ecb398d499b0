/** Turns the options of `schedule add` and `schedule preview` into when a schedule is due. */
import type { ScheduleSubmission } from "../protocol/schedule.ts";
import { isoOf, laterOf, readMoment } from "./moments.ts";
import { listOf, textOf, usage } from "./read.ts";

type Options = Readonly<Record<string, unknown>>;
type When = Omit<ScheduleSubmission, "name" | "task" | "workflow">;
type Blackout = NonNullable<ScheduleSubmission["blackouts"]>[number];
type Day = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

export function whenOf(options: Options, crons: readonly string[] | undefined, now: number): When {
  const zone = textOf(options, "zone");
  const every = textOf(options, "every");
  const at = (options["at"] as string[] | undefined)?.map((text) =>
    isoOf(readMoment(text, "--at", { now, zone, direction: 1 })),
  );
  const edgeOf = (name: string): string | undefined => {
    const moment = laterOf(options, name, now, zone);
    return moment === undefined ? undefined : isoOf(moment);
  };
  const given = [crons, every, at].filter((one) => one !== undefined).length;
  if (given !== 1) throw usage("say when by exactly one of --cron, --every and --at");
  const blackouts = (options["blackout"] as string[] | undefined)?.map((text) => blackoutOf(text, now, zone));
  const all = {
    cron: crons === undefined ? undefined : [...crons],
    every,
    at,
    zone,
    start: edgeOf("start"),
    end: edgeOf("end"),
    exclude: listOf(options, "exclude"),
    calendars: listOf(options, "calendar"),
    blackouts,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const BLACKOUT_FORM = "22:00-06:00, sat,sun@22:00-06:00, or two moments such as 2026-07-01/2026-07-14";

function blackoutOf(text: string, now: number, zone: string | undefined): Blackout {
  const clock = /^(?:([a-z]{3}(?:,[a-z]{3})*)@)?(\d\d:\d\d)-(\d\d:\d\d)$/i.exec(text);
  if (clock !== null) {
    const [, days, from, to] = clock as unknown as [string, string | undefined, string, string];
    return { from, to, ...(days !== undefined && { days: days.toLowerCase().split(",") as Day[] }) };
  }
  const [from, to, ...more] = text.split("/");
  if (from === undefined || to === undefined || more.length > 0)
    throw usage(`--blackout must read ${BLACKOUT_FORM}, not ${JSON.stringify(text)}`);
  const sense = { now, zone, direction: 1 } as const;
  return { from: isoOf(readMoment(from, "--blackout", sense)), to: isoOf(readMoment(to, "--blackout", sense)) };
}
