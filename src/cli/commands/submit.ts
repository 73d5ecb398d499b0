/** `octopus submit`: one task or many, from options, lines or JSON. */
import { isAllWorkers } from "../../protocol/target.ts";
import type { TaskSubmission } from "../../protocol/task.ts";
import type { TaskDetail } from "../../protocol/views.ts";
import { isEnded } from "../../base/words.ts";
import type { Client } from "../../client/mod.ts";
import { causeOf, endOf } from "../../view/tasks.ts";
import { clean } from "../../view/text.ts";
import { EXIT, exitCodeOfTask, type ExitCode, gravest } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { linesOf, localFolder, readTasks, readText } from "../input.ts";
import { createRawPrinter } from "../log-printer.ts";
import { flagOf, textOf, usage } from "../read.ts";
import { arrayTasks, lineTasks, readRange, templateOf } from "../submission.ts";
import { sayWhyWaits } from "../why-waits.ts";

const INPUT_BYTES_MAX = 64 * 1024 * 1024;
/** Tasks waited for at the same time. */
const WAITS_MAX = 32;

/** Options that say something of the submission, and not of the task. */
const BESIDE_JSON = new Set(["fromJson", "wait", "follow", "server", "config", "output"]);

export async function run(context: Context): Promise<ExitCode> {
  const { args, options, out } = context;
  const client = await context.client();
  const many = await manyOf(context, client);
  if (many !== undefined) return submitMany(context, client, many);

  const given = { ...options, ...(options["input"] === "-" && { input: await readText("-", INPUT_BYTES_MAX) }) };
  const task = templateOf(args, given, localFolder(client));
  if (options["follow"] === true && isAllWorkers(task.worker))
    throw usage("--follow prints the output of one task: use --wait, and octopus logs ID --follow beside it");
  const submitted = await client.submitAlone(task);
  for (const warning of submitted.warnings ?? []) context.out.warn(`warning: ${warning}`);
  if (options["wait"] === true || options["follow"] === true) {
    process.once("SIGINT", () => {
      const { id } = submitted;
      out.note(`${id} goes on; follow it with: octopus logs -f ${id}, stop it with: octopus cancel ${id}`);
      process.exit(EXIT.interrupted);
    });
  }
  if (options["follow"] === true && out.mode === "table") {
    const printer = createRawPrinter((bytes) => out.raw(bytes));
    {
      using _ = sayWhyWaits(client, out, submitted.id);
      for await (const line of client.logs(submitted.id, { follow: true })) printer.print(line);
    }
    return waitFor(context, client, [submitted.id], false);
  }
  if (options["wait"] === true || options["follow"] === true) return waitFor(context, client, [submitted.id], true);
  out.answer(submitted, {
    table: () => `${submitted.id}  ${submitted.state}${submitted.existed === true ? "  (submitted before)" : ""}`,
    quiet: () => submitted.id,
  });
  return EXIT.ok;
}

/** The tasks, when the options speak of more than one. */
async function manyOf(
  { args, options }: Context,
  client: Client,
): Promise<Iterable<TaskSubmission> | AsyncIterable<TaskSubmission> | undefined> {
  const file = textOf(options, "fromJson");
  const array = textOf(options, "array");
  const byLine = options["eachLine"] === true;
  if ([file, array, byLine || undefined].filter((one) => one !== undefined).length > 1) {
    throw usage("--from-json, --array and --each-line do not go together: choose one");
  }
  if (file !== undefined) {
    const other = ["call", "http", "input"].find((name) => options[name] !== undefined);
    if (args.length > 0 || other !== undefined)
      throw usage("--from-json reads whole tasks: leave out the command, --call and --http");
    const lost = Object.keys(options).find((name) => !BESIDE_JSON.has(name) && options[name] !== undefined);
    if (lost !== undefined) throw usage(`--from-json reads whole tasks: write what --${flagOf(lost)} says into them`);
    return readTasks(file);
  }
  if (array === undefined && !byLine) return undefined;
  const template = templateOf(args, options, localFolder(client));
  return array === undefined ? lineTasks(template, linesOf(process.stdin)) : arrayTasks(template, readRange(array));
}

async function submitMany(
  context: Context,
  client: Client,
  tasks: Iterable<TaskSubmission> | AsyncIterable<TaskSubmission>,
): Promise<ExitCode> {
  const { options, out } = context;
  if (options["follow"] === true) throw usage("--follow prints the output of one task: use --wait for many");
  let accepted = 0;
  let ids: string[];
  try {
    ids = await client.submitMany(tasks, { onProgress: (count) => (accepted = count) });
  } catch (error) {
    if (accepted > 0) out.note(`the first ${accepted} tasks were accepted before this`);
    throw error;
  }
  if (options["wait"] === true) return waitFor(context, client, ids, true);
  out.answer(
    { count: ids.length, ids },
    {
      table: () =>
        ids.length > 1
          ? `${ids.length} tasks: ${ids[0]} to ${ids.at(-1)}`
          : ids.length === 1
            ? ids[0]!
            : "no task: the input is empty",
      quiet: () => ids.join("\n"),
    },
  );
  return EXIT.ok;
}

/** How it ended, and below it what a function or plugin has returned: that is what was waited for. */
function endedText(task: TaskDetail): string {
  const ended = `${task.id}  ${task.state}  ${clean(endOf(task))}`.trimEnd();
  const { result } = task;
  if (result === undefined || result === null || task.state !== "succeeded") return ended;
  return `${ended}\n${clean(typeof result === "string" ? result : JSON.stringify(result))}`;
}

/** Waits for all, one after the other: the last one to end decides how long it takes either way. */
async function waitFor(
  { out }: Context,
  client: Client,
  ids: readonly string[],
  shallPrint: boolean,
): Promise<ExitCode> {
  using _ = ids.length === 1 ? sayWhyWaits(client, out, ids[0]!) : undefined;
  const tasks = await waitAll(client, ids);
  const failed = tasks.filter((task) => isEnded(task.state) && exitCodeOfTask(task) !== EXIT.ok);
  if (shallPrint) {
    out.answer(tasks.length === 1 ? tasks[0] : tasks, {
      table: () => {
        if (tasks.length > 1) return `${tasks.length - failed.length} of ${tasks.length} tasks succeeded`;
        return tasks.map(endedText).join("\n");
      },
      quiet: () => ids.join("\n"),
    });
  } else for (const task of failed) out.note(`octopus: ${task.id} ${task.state}: ${clean(causeOf(task))}`);
  return gravest(tasks.map(exitCodeOfTask));
}

/** Several at a time: most of many tasks have ended when their turn comes, and the way there and back is what takes long. */
async function waitAll(client: Client, ids: readonly string[]): Promise<TaskDetail[]> {
  const tasks: TaskDetail[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < ids.length; i = next++) tasks[i] = await client.waitTask(ids[i]!);
  };
  await Promise.all(Array.from({ length: Math.min(WAITS_MAX, ids.length) }, lane));
  return tasks;
}
