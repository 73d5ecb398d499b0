/** `octopus schedule add NAME`: makes a schedule, or replaces the one of that name. */
import type { CatchUp, Overlap } from "../../base/words.ts";
import type { ScheduleSubmission } from "../../protocol/schedule.ts";
import { scheduleText } from "../../view/schedules.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { localFolder, readText } from "../input.ts";
import { durationOf, flagOf, paramsOf, textOf, usage, wholeOf } from "../read.ts";
import { whenOf } from "../schedule-options.ts";
import { templateOf } from "../submission.ts";
import { readWorkflow } from "../workflow-files.ts";

const INPUT_BYTES_MAX = 64 * 1024 * 1024;
/** What a workflow file says itself, for each of its tasks. */
const OF_TASKS = [
  ...["call", "input", "http", "priority", "timeout", "retries", "tag", "cwd", "env", "owner", "key", "mutex", "rate"],
  ...["resource", "unique", "cache", "cacheKey", "cacheFile", "noCache", "on"],
  ...["plugin", "action", "arg", "kwarg", "docker", "volume", "wasm", "uses", "with"],
];

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const name = args[0]!;
  const policy = textOf(options, "catchUp") as CatchUp | undefined;
  const window = durationOf(options, "catchUpWindow");
  const max = wholeOf(options, "catchUpMax", 1, 10_000);
  const more = {
    jitter: durationOf(options, "jitter"),
    overlap: textOf(options, "overlap") as Overlap | undefined,
    description: textOf(options, "description"),
    catchUp: catchUpOf(policy, window, max),
    paused: options["paused"] === true ? true : undefined,
  };
  const schedule: ScheduleSubmission = {
    name,
    ...whenOf(options, options["cron"] as string[] | undefined, Date.now()),
    ...Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)),
    ...(await targetOf(context)),
  };
  const client = await context.client();
  const view = await client.setSchedule(schedule);
  out.answer(view, { table: () => scheduleText(view, out, Date.now()), quiet: () => view.name });
  return EXIT.ok;
}

function catchUpOf(
  policy: CatchUp | undefined,
  window: number | undefined,
  max: number | undefined,
): ScheduleSubmission["catchUp"] {
  if (window === undefined && max === undefined) return policy;
  if (policy === undefined || policy === "none")
    throw usage("--catch-up-window and --catch-up-max need --catch-up latest or all");
  return { policy, ...(window !== undefined && { window }), ...(max !== undefined && { max }) };
}

async function targetOf(context: Context): Promise<Pick<ScheduleSubmission, "task" | "workflow">> {
  const { args, options } = context;
  const command = args.slice(1);
  const file = textOf(options, "workflow");
  if (file === undefined) {
    if (options["param"] !== undefined) throw usage("--param belongs to --workflow; a command gets --env");
    const client = await context.client();
    const input = options["input"] === "-" ? { input: await readText("-", INPUT_BYTES_MAX) } : {};
    return { task: templateOf(command, { ...options, ...input }, localFolder(client)) };
  }
  if (command.length > 0) throw usage("say one thing to do: a command after --, or --workflow");
  const other = OF_TASKS.find((name) => options[name] !== undefined);
  if (other !== undefined) throw usage(`--${flagOf(other)} is for one task: write it in ${file}`);
  const params = paramsOf(options["param"] as string[] | undefined);
  const arm = textOf(options, "arm");
  return {
    workflow: {
      ...(await readWorkflow(file)),
      ...(params !== undefined && { params }),
      ...(arm !== undefined && { arm }),
    },
  };
}
