/** Commands about schedules and the calendars of days on which they rest. */
import { CATCH_UPS, OVERLAPS } from "../base/words.ts";
import type { AnyCommand, CommandSpec, OptionSpec } from "./command.ts";
import { ASKING } from "./options.ts";
import { IMPORTS } from "./specs-import.ts";
import { ASK_OPTIONS, PLACE_OPTIONS, WORK_OPTIONS } from "./task-options.ts";

const group = "Limits and times";
const ONE = [["<name>", "the schedule"]] as const;

const WHEN: readonly OptionSpec[] = [
  {
    flags: "--cron <expression...>",
    about: "cron: 5 fields, 6 with seconds first, or @daily; L, W, # and H are known",
  },
  { flags: "--every <duration>", about: "elapsed time between ticks, at least 1s" },
  { flags: "--at <time...>", about: "a moment: 2026-11-21 08:00 in the zone, 2026-11-21T08:00Z, or 10m from now" },
];
const NARROWED: readonly OptionSpec[] = [
  { flags: "--zone <name>", about: "IANA time zone: Europe/Berlin; the server's when nothing is said" },
  { flags: "--start <time>", about: "no tick before" },
  { flags: "--end <time>", about: "no tick from then on" },
  { flags: "--exclude <day...>", about: "days without ticks: 2026-12-25, 12-25, 2026-07-01/2026-07-14, sat" },
  { flags: "--calendar <name...>", about: "exclusion calendars: octopus calendar" },
  { flags: "--blackout <from-to...>", about: "times of day without ticks: 22:00-06:00, or sat,sun@22:00-06:00" },
];
const COUNT: OptionSpec = { flags: "-n, --count <number>", about: "how many; 10 when nothing is said" };

function change(name: string, about: string): CommandSpec {
  const args = [["<name...>", "the schedules"]] as const;
  return { name, group, about, args, options: [...ASKING], load: () => import("./commands/schedule-change.ts") };
}

export const SCHEDULES: readonly AnyCommand[] = [
  {
    name: "schedule",
    aliases: ["schedules"],
    group,
    about: "run tasks and workflows by the calendar",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list schedules, the next one first",
        options: [...ASKING],
        load: () => import("./commands/schedule.ts"),
      },
      {
        name: "add",
        aliases: ["set"],
        group,
        about: "make a schedule, or replace the one of that name",
        details: "When: one of --cron, --every, --at. What: a command after --, --call, --http or --workflow.",
        args: [
          ["<name>", "the schedule"],
          ["[command...]", "a command for the shell, after --"],
        ],
        options: [
          ...WHEN,
          ...NARROWED,
          { flags: "--jitter <duration>", about: "fire each tick up to this much later" },
          { flags: "--overlap <policy>", about: "what a tick means while the one before runs", choices: OVERLAPS },
          {
            flags: "--catch-up <policy>",
            about: "what becomes of ticks that nobody was there to fire",
            choices: CATCH_UPS,
          },
          {
            flags: "--catch-up-window <duration>",
            about: "let go what was missed longer ago; 1d when nothing is said",
          },
          { flags: "--catch-up-max <number>", about: "most ticks caught up; 100 when nothing is said" },
          { flags: "--description <text>", about: "what it is for" },
          { flags: "--paused", about: "make it without starting it" },
          ...WORK_OPTIONS,
          { flags: "--workflow <file>", about: "run a workflow file" },
          { flags: "-p, --param <key=value...>", about: "value of a parameter of the workflow" },
          ...PLACE_OPTIONS,
          ...ASK_OPTIONS,
          ...ASKING,
        ],
        examples: [
          "octopus schedule add backup --cron '30 2 * * *' --zone Europe/Berlin -- ./backup.sh",
          "octopus schedule add poll --every 90s --overlap skip --call poll --input '{\"page\":1}'",
          "octopus schedule add report --cron '0 8 * * 1-5' --exclude 12-25 --workflow report.yaml",
        ],
        load: () => import("./commands/schedule-add.ts"),
      },
      {
        name: "show",
        group,
        about: "show a schedule, its next ticks and what became of the last ones",
        args: ONE,
        options: [...ASKING],
        load: () => import("./commands/schedule-show.ts"),
      },
      {
        name: "next",
        group,
        about: "list the ticks to come",
        args: ONE,
        options: [COUNT, { flags: "--after <time>", about: "from this moment on, instead of now" }, ...ASKING],
        load: () => import("./commands/schedule-next.ts"),
      },
      {
        name: "preview",
        group,
        about: "say in words when something would be due, and list the ticks, without keeping anything",
        args: [["[cron]", "a cron expression, in quotes"]],
        options: [
          ...WHEN.slice(1),
          ...NARROWED,
          { flags: "--name <name>", about: "the name that H is hashed from" },
          COUNT,
          ...ASKING,
        ],
        examples: [
          "octopus schedule preview '30 2 * * *' --zone Europe/Berlin",
          "octopus schedule preview --every 90s",
        ],
        load: () => import("./commands/schedule-preview.ts"),
      },
      {
        name: "ticks",
        group,
        about: "list what became of its ticks, the newest first",
        args: ONE,
        options: [{ flags: "-n, --limit <number>", about: "at most this many; 20 when nothing is said" }, ...ASKING],
        load: () => import("./commands/schedule-ticks.ts"),
      },
      change("pause", "fire nothing; ticks that pass are not caught up"),
      change("resume", "fire again"),
      change("trigger", "fire now, whatever the calendar says"),
      change("rm", "remove schedules; what they have made stays"),
      {
        name: "backfill",
        group,
        about: "fire the ticks of a time in the past that were not fired",
        details: "Counts them first and asks.",
        args: ONE,
        options: [
          { flags: "--from <time>", about: "first moment: 2026-11-01 in the schedule's zone, or 7d (ago)" },
          { flags: "--to <time>", about: "the moment before which to end; now when nothing is said" },
          { flags: "--dry-run", about: "only say how many ticks it would be" },
          { flags: "-y, --yes", about: "do not ask" },
          ...ASKING,
        ],
        examples: ["octopus schedule backfill report --from 2026-11-01 --to 2026-11-08 --dry-run"],
        load: () => import("./commands/schedule-backfill.ts"),
      },
    ],
    examples: [
      "octopus schedule add backup --cron '30 2 * * *' -- ./backup.sh",
      "octopus schedule next backup",
      "octopus schedule trigger backup",
    ],
  },
  {
    name: "calendar",
    aliases: ["calendars"],
    group,
    about: "days on which schedules rest",
    byDefault: "ls",
    commands: [
      {
        name: "ls",
        group,
        about: "list calendars and who uses them",
        options: [...ASKING],
        load: () => import("./commands/calendar.ts"),
      },
      {
        name: "set",
        group,
        about: "make a calendar, or replace its days",
        args: [
          ["<name>", "the calendar"],
          ["<day...>", "2026-12-25, 12-25 (each year), 2026-07-01/2026-07-14 or sat"],
        ],
        options: [...ASKING],
        examples: ["octopus calendar set holidays 12-25 12-26 2027-04-02"],
        load: () => import("./commands/calendar-set.ts"),
      },
      {
        name: "rm",
        group,
        about: "remove calendars that no schedule uses",
        args: [["<name...>", "the calendars"]],
        options: [...ASKING],
        load: () => import("./commands/calendar-rm.ts"),
      },
    ],
  },
  {
    name: "import",
    group,
    about: "take over schedules and workflows from elsewhere",
    byDefault: "crontab",
    commands: [
      {
        name: "crontab",
        group,
        about: "make a schedule of each line of a crontab",
        details: "Importing the same file again changes nothing: schedules are named after their lines.",
        args: [["<file>", "the crontab; - reads standard input, as in `crontab -l | octopus import crontab -`"]],
        options: [
          { flags: "--dry-run", about: "show what it would make" },
          { flags: "--system", about: "lines have a user in the sixth column, as in /etc/crontab" },
          { flags: "--prefix <text>", about: "begins the name of each schedule" },
          { flags: "--zone <name>", about: "time zone of lines without CRON_TZ; this machine's when nothing is said" },
          { flags: "--arm <name>", about: "the arm that they run in" },
          ...ASKING,
        ],
        examples: ["crontab -l | octopus import crontab - --dry-run", "octopus import crontab /etc/crontab --system"],
        load: () => import("./commands/import-crontab.ts"),
      },
      ...IMPORTS,
    ],
  },
];
