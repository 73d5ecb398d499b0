/**
 * `octopus run FILE`: submits a workflow, shows how it goes, and exits with its outcome.
 *
 * Signals are handled here because a run outlives the terminal that watches it: Ctrl-C asks first and cancels the second
 * time. Where nobody can be asked (no terminal, SIGTERM) the first one cancels; one more leaves at once.
 */
import { basename, dirname, resolve } from "node:path";
import type { RunDetail } from "../../protocol/views.ts";
import { causeOf, titleOf } from "../../view/tasks.ts";
import { clean } from "../../view/text.ts";
import { EXIT, exitCodeOfRun, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { readText } from "../input.ts";
import { lastLines } from "../last-lines.ts";
import { durationOf, paramsOf, textOf } from "../read.ts";
import { openRunSource, type RunSource } from "../run-source.ts";
import { createRunScreen } from "../run-screen.ts";

const FILE_BYTES_MAX = 10 * 1024 * 1024;
/** What is shown of tasks that failed. */
const FAILED_SHOWN = 5;
const OUTPUT_LINES = 10;

export async function run(context: Context): Promise<ExitCode> {
  const { options, out } = context;
  const file = context.args[0]!;
  const params = paramsOf(options["param"] as string[] | undefined);
  const timeoutMs = durationOf(options, "timeout");
  const definition = await readText(file, FILE_BYTES_MAX);
  const source = await openRunSource(context);
  try {
    const arm = textOf(options, "arm");
    const { id } = await source.submit({
      definition,
      source: file === "-" ? "standard input" : basename(file),
      cwd: file === "-" ? process.cwd() : dirname(resolve(file)),
      ...(params !== undefined && { params }),
      ...(arm !== undefined && { arm }),
      // The server keeps to it, whoever still watches.
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    });
    if (options["detach"] === true) {
      out.answer({ id }, { table: () => id, quiet: () => id });
      return EXIT.ok;
    }
    const { last, wasInterrupted } = await watch(context, source, id);
    if (last === undefined) return EXIT.interrupted;
    await printFailures(context, source, last);
    out.answer(last, { table: () => "", quiet: () => last.id });
    return wasInterrupted ? EXIT.interrupted : exitCodeOfRun(last);
  } finally {
    await source.close();
  }
}

/** Shows the run to its end. No last picture: somebody left before it had ended. */
async function watch(
  { out }: Context,
  source: RunSource,
  id: string,
): Promise<{ last?: RunDetail; wasInterrupted: boolean }> {
  const screen = createRunScreen(out);
  const leave = new AbortController();
  let isCancelled = false;
  let wasAsked = false;
  const cancel = (): void => {
    if (isCancelled) return leave.abort();
    isCancelled = true;
    screen.say(`cancelling ${id} …`);
    source.cancel(id, "interrupted").catch((error: unknown) => {
      screen.say(`cannot cancel ${id}: ${error instanceof Error ? error.message : String(error)}`);
      leave.abort();
    });
  };
  const onInterrupt = (): void => {
    if (!out.isLive || wasAsked) return cancel();
    wasAsked = true;
    screen.say(`Ctrl-C again cancels ${id}; it goes on otherwise`);
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", cancel);
  process.on("SIGHUP", cancel);
  let last: RunDetail | undefined;
  let hasEnded = false;
  try {
    for await (const picture of source.watch(id, leave.signal)) {
      last = picture;
      screen.show(picture);
    }
    hasEnded = !leave.signal.aborted;
  } catch (error) {
    if (!leave.signal.aborted) throw error;
  } finally {
    screen.end(last);
    process.off("SIGINT", onInterrupt).off("SIGTERM", cancel).off("SIGHUP", cancel);
  }
  return { ...(hasEnded && last !== undefined && { last }), wasInterrupted: isCancelled };
}

async function printFailures({ out }: Context, source: RunSource, run: RunDetail): Promise<void> {
  if (out.mode !== "table") return;
  const failed = run.tasks.filter((task) => task.state === "failed");
  for (const task of failed.slice(0, FAILED_SHOWN)) {
    out.raw(`\n${out.paint("red", `${clean(titleOf(task))} failed: ${clean(causeOf(task))}`)}\n`);
    for (const line of await lastLines(source.logs(task.id), OUTPUT_LINES)) out.raw(`  ${line}\n`);
  }
  if (failed.length > FAILED_SHOWN)
    out.raw(`\n… and ${failed.length - FAILED_SHOWN} more failed tasks: octopus ls --run ${run.id} --state failed\n`);
}
