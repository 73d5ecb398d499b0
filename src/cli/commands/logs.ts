/** `octopus logs ID`: of a task as it was printed, of a run with the task's name before each line. */
import { isEnded } from "../../base/words.ts";
import type { Client } from "../../client/mod.ts";
import { watchRun } from "../../client/mod.ts";
import { ALL_WORKERS } from "../../protocol/target.ts";
import type { LogLine, TaskView } from "../../protocol/views.ts";
import { clean, pad, width } from "../../view/text.ts";
import { titleOf } from "../../view/tasks.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { createLinePrinter, createRawPrinter, type LogPrinter } from "../log-printer.ts";
import { wholeOf } from "../read.ts";
import { type Leaf, leavesOf } from "../run-leaves.ts";
import { targetOf } from "../target.ts";

const NAME_COLUMNS_MAX = 24;
/** Tasks of a run whose output is followed at the same time. */
const STREAMS_MAX = 64;

export async function run(context: Context): Promise<ExitCode> {
  const { options, out } = context;
  const client = await context.client();
  const { kind, id } = await targetOf(client, context.args[0]!);
  const attempt = wholeOf(options, "attempt", 1, 1_000_000);
  const follow = options["follow"] === true;
  const timestamps = options["timestamps"] === true;
  const lines: (LogLine & { task?: string })[] = [];
  const keepsAll = out.mode === "json";

  const copy = async (task: string, printer: LogPrinter, name?: string): Promise<void> => {
    for await (const line of client.logs(task, { attempt, follow })) {
      if (keepsAll) lines.push(name === undefined ? line : { task, ...line });
      else printer.print(line);
    }
    printer.end();
  };
  const view = kind === "task" ? await client.task(id) : undefined;
  if (kind === "task" && view?.members === undefined && view?.worker !== ALL_WORKERS) {
    const write = (text: string): void => out.raw(text);
    const printer = timestamps
      ? createLinePrinter(write, { prefix: "", timestamps, paint: out.paint })
      : createRawPrinter((bytes) => out.raw(bytes));
    await copy(id, printer);
  } else {
    const looks = view === undefined ? looksAtRun(client, id, follow) : looksAtTask(client, id, follow);
    await copyLeaves(client, looks, follow, (leaf, columns) => {
      const prefix = `${pad(nameOf(leaf), columns)} | `;
      return copy(
        leaf.task.id,
        createLinePrinter((text) => out.raw(text), { prefix, timestamps, paint: out.paint }),
        nameOf(leaf),
      );
    });
  }
  if (keepsAll) out.answer({ items: lines }, { table: () => "" });
  return EXIT.ok;
}

/** Its tasks as they are, and while it goes on, as they become. */
async function* looksAtRun(client: Client, id: string, follow: boolean): AsyncGenerator<TaskView[]> {
  if (!follow) return yield (await client.run(id)).tasks;
  for await (const { tasks } of watchRun(client, id)) yield tasks;
}

/** How long a look waits for the end of a task that holds others. */
const LOOK_MS = 500;

/** The same for a task that holds others. */
async function* looksAtTask(client: Client, id: string, follow: boolean): AsyncGenerator<TaskView[]> {
  for (;;) {
    const task = await client.task(id, follow ? { waitMs: LOOK_MS } : {});
    yield [task];
    if (!follow || isEnded(task.state)) return;
  }
}

/** Copies the output of each task that has begun, one after the other, or side by side while they run. */
async function copyLeaves(
  client: Client,
  looks: AsyncGenerator<TaskView[]>,
  follow: boolean,
  copy: (leaf: Leaf, columns: number) => Promise<void>,
): Promise<void> {
  const begun = ({ task }: Leaf): boolean => task.attempt > 0;
  if (!follow) {
    const { value: tasks = [] } = await looks.next();
    const leaves = (await leavesOf(client, tasks)).filter(begun);
    const startOf = ({ task }: Leaf): string => task.startedAt ?? "";
    for (const leaf of leaves.toSorted((a, b) => startOf(a).localeCompare(startOf(b))))
      await copy(leaf, columnsOf(leaves));
    return;
  }
  const copies = new Map<string, Promise<void>>();
  const { enter, leave } = createGate(STREAMS_MAX);
  for await (const tasks of looks) {
    const leaves = await leavesOf(client, tasks);
    const columns = columnsOf(leaves);
    for (const leaf of leaves) {
      const { task } = leaf;
      const hasOutput = task.state === "running" || (begun(leaf) && isEnded(task.state));
      if (!hasOutput || copies.has(task.id)) continue;
      copies.set(
        task.id,
        enter()
          .then(() => copy(leaf, columns))
          .finally(leave),
      );
    }
  }
  await Promise.all(copies.values());
}

/** Lets a number of jobs in at once; the others wait for their turn. */
function createGate(limit: number): { enter(): Promise<void>; leave(): void } {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    enter: () => (inside++ < limit ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    leave() {
      inside--;
      waiting.shift()?.();
    },
  };
}

function nameOf({ task, name }: Leaf): string {
  return clean(name || titleOf(task)).slice(0, NAME_COLUMNS_MAX);
}

function columnsOf(leaves: readonly Leaf[]): number {
  return leaves.reduce((most, leaf) => Math.max(most, width(nameOf(leaf))), 0);
}
