/** `octopus events`: what happens, as it happens, until Ctrl-C. */
import { RUN_STATES, TASK_STATES } from "../../base/words.ts";
import type { FeedEvent } from "../../protocol/feed.ts";
import { eventLine } from "../../view/events.ts";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { listOf, textOf, wholeOf, wordsOf } from "../read.ts";
import { withNames } from "../target.ts";

const TYPES = [
  ...(["task", "task_deleted", "approval", "dead", "run", "progress", "tick", "schedule", "workflow"] as const),
  ...(["bulk", "arm", "worker", "plugin", "resync"] as const),
] as const satisfies readonly FeedEvent["type"][];

export async function run({ options, out, client: open }: Context): Promise<ExitCode> {
  const filter = {
    type: wordsOf(listOf(options, "type"), TYPES, "type"),
    state: wordsOf(listOf(options, "state"), [...new Set([...TASK_STATES, ...RUN_STATES])], "state"),
    task: textOf(options, "task"),
    arm: textOf(options, "arm"),
    taskType: textOf(options, "taskType"),
    schedule: textOf(options, "schedule"),
  };
  let left = wholeOf(options, "count", 1, Number.MAX_SAFE_INTEGER) ?? Infinity;
  const client = await open();
  const onConnection = (lost: Error | undefined): void => {
    if (lost !== undefined) out.note(`no connection (${lost.message}); trying again`);
  };
  const { run } = await withNames(client, { run: textOf(options, "run") });
  for await (const { id, event } of client.feed(textOf(options, "after"), { ...filter, run, onConnection })) {
    if (out.mode === "json") out.raw(`${JSON.stringify({ entry: id, ...event })}\n`);
    else out.raw(`${out.mode === "quiet" ? id : eventLine(event, out.paint)}\n`);
    if (--left <= 0) break;
  }
  return EXIT.ok;
}
