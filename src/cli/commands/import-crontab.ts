/**
 * `octopus import crontab FILE`: a schedule for each line. They are named after their commands, so that importing the file
 * again finds the same ones; a schedule of that name that somebody made otherwise is left alone.
 */
import { homedir, userInfo } from "node:os";
import { resolve } from "node:path";
import { OctopusError } from "../../base/errors.ts";
import type { ScheduleSubmission } from "../../protocol/schedule.ts";
import type { TaskSubmission } from "../../protocol/task.ts";
import { type CrontabEntry, createCalendar, describeRule, parseCrontab } from "../../schedule/mod.ts";
import type { ScheduleView } from "../../protocol/schedule-views.ts";
import { type Column, renderTable } from "../../view/table.ts";
import { relative } from "../../view/time.ts";
import type { Context } from "../context.ts";
import { forEachWord } from "../each.ts";
import { EXIT, exitCodeOfError, type ExitCode, gravest } from "../exit-codes.ts";
import { readText } from "../input.ts";
import { textOf } from "../read.ts";

const FILE_BYTES_MAX = 1024 * 1024;
/** Begins the description of what was imported; by it an import knows its own. */
const MARK = "from crontab";
/** Variables that mean something to cron itself. */
const OF_CRON = new Set(["SHELL", "HOME", "MAILTO", "MAILFROM", "LOGNAME", "USER", "RANDOM_DELAY", "CRON_TZ"]);

interface Row {
  name: string;
  result: string;
  line: number;
  when: string;
  next: string | undefined;
  command: string;
}

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const file = args[0]!;
  const source = file === "-" ? "standard input" : resolve(file);
  const text = await readText(file, FILE_BYTES_MAX);
  const entries = parseCrontab(text, { system: options["system"] === true, source });
  const zone = textOf(options, "zone") ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const schedules = entries.map((entry) => scheduleOf(entry, { zone, source, options }));
  if (entries.length === 0) out.note("nothing to import: the file has no line with a command");
  for (const note of notesOf(entries)) out.note(note);
  if (options["dryRun"] === true) {
    print(
      context,
      schedules.map((schedule, i) => rowOf(schedule, entries[i]!, "would be made")),
      schedules,
    );
    return EXIT.ok;
  }
  const client = await context.client();
  const known = new Map((await client.schedules()).map((one) => [one.name, one]));
  const own = `${MARK} ${source}, `;
  const { done, errors } = await forEachWord(
    context,
    schedules.map(({ name }) => name),
    async (name) => {
      const i = schedules.findIndex((one) => one.name === name);
      const before = known.get(name);
      if (before !== undefined && before.description?.startsWith(own) !== true) throw taken(entries[i]!, before);
      const view = await client.setSchedule({ ...schedules[i]!, ...(before?.paused === true && { paused: true }) });
      const result = before === undefined ? "made" : contentOf(before) === contentOf(view) ? "same" : "changed";
      return { view, row: rowOf(schedules[i]!, entries[i]!, result) };
    },
  );
  const names = new Set(schedules.map(({ name }) => name));
  const left = [...known.values()].filter((one) => one.description?.startsWith(own) === true && !names.has(one.name));
  if (left.length > 0) {
    const list = left.map(({ name }) => name).join(" ");
    out.note(`no longer in the file, and still there: octopus schedule rm ${list}`);
  }
  print(
    context,
    done.map(({ row }) => row),
    done.map(({ view }) => view),
  );
  return gravest(errors.map(exitCodeOfError));
}

/** What an import decides about a schedule. */
function contentOf({ cron, zone, task }: ScheduleView): string {
  return JSON.stringify([cron, zone, task]);
}

function taken({ line }: CrontabEntry, { name, description }: ScheduleView): OctopusError {
  const whose = description?.startsWith(MARK) === true ? `(${description})` : "that was made by hand";
  return new OctopusError(
    "conflict",
    `line ${line}: there is a schedule ${name} ${whose}: begin the names with a --prefix, or remove it first`,
  );
}

function print({ out }: Context, rows: readonly Row[], value: unknown): void {
  const columns: Column<Row>[] = [
    { title: "SCHEDULE", cell: ({ name }) => name, max: 24 },
    { title: "LINE", cell: ({ line }) => String(line), side: "right" },
    { title: "WHEN", cell: ({ when }) => when, max: 34 },
    { title: "NEXT", cell: ({ next }) => relative(next, Date.now()) || "never" },
    { title: "", cell: ({ result }) => result },
    { title: "COMMAND", cell: ({ command }) => command, max: 40 },
  ];
  out.answer(value, {
    table: () => (rows.length === 0 ? "" : renderTable(columns, rows, { paint: out.paint, columns: out.columns })),
    quiet: () => rows.map(({ name }) => name).join("\n"),
  });
}

function scheduleOf(
  { name, cron, zone, command, env, line }: CrontabEntry,
  from: { zone: string; source: string; options: Context["options"] },
): ScheduleSubmission {
  const arm = textOf(from.options, "arm");
  const own = Object.fromEntries(Object.entries(env).filter(([key]) => !OF_CRON.has(key)));
  const shell = {
    command,
    cwd: env["HOME"] ?? homedir(),
    ...(env["SHELL"] !== undefined && { shell: env["SHELL"] }),
    ...(Object.keys(own).length > 0 && { env: own }),
  };
  const task: TaskSubmission = { shell, ...(arm !== undefined && { arm }) };
  return {
    name: `${textOf(from.options, "prefix") ?? ""}${name}`,
    cron,
    zone: zone ?? from.zone,
    description: `${MARK} ${from.source}, line ${line}`,
    // Cron starts each on time, whether or not the one before still runs, and forgets what it missed.
    overlap: "allow",
    catchUp: "none",
    task,
  };
}

function rowOf(schedule: ScheduleSubmission, entry: CrontabEntry, result: string): Row {
  const rule = { crons: [entry.cron], zone: schedule.zone!, seed: schedule.name };
  const next = createCalendar().next(rule, Date.now());
  return {
    name: schedule.name,
    result,
    line: entry.line,
    when: describeRule(rule),
    next: next === undefined ? undefined : new Date(next).toISOString(),
    command: entry.command,
  };
}

/** What will not be as it was under cron. */
function notesOf(entries: readonly CrontabEntry[]): string[] {
  const me = userInfo().username;
  const others = [...new Set(entries.map(({ user }) => user).filter((user) => user !== undefined && user !== me))];
  const mailed = entries.some(({ env }) => (env["MAILTO"] ?? "") !== "");
  return [
    ...(others.length > 0 ? [`lines of ${others.join(", ")} will run as the worker's user, who is not theirs`] : []),
    ...(mailed ? ["MAILTO is not used: output is kept, see octopus logs; for news of failures see --on"] : []),
  ];
}
