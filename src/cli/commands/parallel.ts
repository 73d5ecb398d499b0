/** `octopus parallel`: a command for each argument, as GNU parallel runs it. */
import { writeSync } from "node:fs";
import { constants } from "node:os";
import { resolve } from "node:path";
import type { Context } from "../context.ts";
import { localFolder } from "../input.ts";
import { batchesOf } from "../parallel/batches.ts";
import { JobLog, readDone } from "../parallel/joblog.ts";
import { Pool, type Waiting } from "../parallel/pool.ts";
import { Printer } from "../parallel/printer.ts";
import { type Progress, startProgress } from "../parallel/progress.ts";
import type { JobRunner } from "../parallel/runner.ts";
import { type Settings, settingsOf } from "../parallel/settings.ts";
import { shellOf } from "../parallel/shell.ts";
import { readRecords, type Source, splitWords } from "../parallel/sources.ts";
import { createTemplate, type Template } from "../parallel/template.ts";
import { isAllWorkers } from "../../protocol/target.ts";
import { placeOf } from "../place.ts";
import { textOf, usage } from "../read.ts";

/** Answers the number of jobs that failed, which is what GNU parallel exits with. */
export async function run(context: Context): Promise<number> {
  const { args, options } = context;
  const settings = settingsOf(options);
  const { command, sources } = splitWords(args, (options["argFile"] as string[] | undefined) ?? []);
  const replace = textOf(options, "replace");
  const template = createTemplate(command, {
    quote: options["quote"] === true,
    context: options["contextReplace"] === true,
    ...(replace !== undefined && { replace }),
  });
  const log = textOf(options, "joblog");
  const done = settings.resume === undefined ? new Set<number>() : readDone(log!, settings.resume);
  const jobs = waiting(sources, template, settings, { options, done });
  if (options["dryRun"] === true || options["dryrun"] === true) {
    for await (const { seq, values } of jobs) context.out.raw(`${template.expand(values, seq, 1)}\n`);
    return 0;
  }
  const needsTotal = settings.halt?.isPercent === true;
  const known = needsTotal || isProgressWanted(options) ? await knownJobs(jobs, sources, needsTotal) : undefined;
  const runner = await runnerFor(context);
  const jobLog = log === undefined ? undefined : new JobLog(log, settings.resume !== undefined);
  try {
    return await runAll(context, settings, { template, runner, jobLog, jobs: known ?? jobs, total: known?.length });
  } finally {
    jobLog?.close();
    await runner.close();
  }
}

async function* waiting(
  sources: readonly Source[],
  template: Template,
  settings: Settings,
  { options, done }: { options: Context["options"]; done: ReadonlySet<number> },
): AsyncGenerator<Waiting> {
  const { max, isFull, charsMax, slots, delimiter, columns } = settings;
  const records = readRecords(sources, {
    delimiter,
    columns,
    skipEmpty: options["runIfEmpty"] === true || options["noRunIfEmpty"] === true,
    isLinked: options["link"] === true || options["xapply"] === true,
  });
  const lineOf = (values: readonly string[]): string => template.expand(values, 1, 1);
  let seq = 0;
  for await (const values of batchesOf(records, { max, isFull, charsMax, jobs: slots, lineOf })) {
    seq++;
    if (!done.has(seq)) yield { seq, values };
  }
}

/** All jobs, where it must be known how many there are, or where that is known without waiting for anybody. */
async function knownJobs(
  jobs: AsyncIterable<Waiting>,
  sources: readonly Source[],
  isNeeded: boolean,
): Promise<Waiting[] | undefined> {
  const isAtHand = sources.every(({ file }) => file !== "-");
  return isNeeded || isAtHand ? Array.fromAsync(jobs) : undefined;
}

function isProgressWanted(options: Context["options"]): boolean {
  return options["progress"] === true || options["bar"] === true || options["eta"] === true;
}

async function runnerFor(context: Context): Promise<JobRunner> {
  const { options } = context;
  const shell = shellOf(process.env);
  const dir = textOf(options, "workdir") ?? textOf(options, "wd");
  if (options["server"] === undefined) {
    if (options["arm"] !== undefined) throw usage("--arm goes with --server: without one there are no arms");
    const placed = ["namespace", "worker", "target", "prefer", "spread", "pack"].find(
      (name) => options[name] !== undefined,
    );
    if (placed !== undefined) throw usage(`--${placed} goes with --server: without one this machine runs all`);
    const { createLocalRunner } = await import("../parallel/local.ts");
    return createLocalRunner(shell, dir === undefined ? undefined : resolve(dir));
  }
  const client = await context.client();
  const { createRemoteRunner } = await import("../parallel/remote.ts");
  const cwd = dir ?? localFolder(client);
  // Which shells are there, the worker's machine says: /bin/sh is on every one.
  const remoteShell = localFolder(client) === undefined ? ["/bin/sh", "-c"] : shell;
  const place = placeOf(options);
  if (isAllWorkers(place.worker)) throw usage("--worker ALL is for octopus submit: a job here runs once");
  return createRemoteRunner(client, { shell: remoteShell, cwd, arm: textOf(options, "arm"), place });
}

interface Work {
  template: Template;
  runner: JobRunner;
  jobLog: JobLog | undefined;
  jobs: AsyncIterable<Waiting> | Iterable<Waiting>;
  total: number | undefined;
}

async function runAll({ options }: Context, settings: Settings, work: Work): Promise<number> {
  const { template, runner, jobLog, jobs, total } = work;
  let progress: Progress | undefined;
  const write = (stream: "stdout" | "stderr", bytes: Uint8Array): void => {
    progress?.clear();
    writeAll(stream === "stdout" ? 1 : 2, bytes);
  };
  const say = (text: string): void => write("stderr", Buffer.from(`octopus parallel: ${text}\n`));
  const printer = new Printer({ mode: settings.mode, keepOrder: settings.keepOrder, write });
  const pool = new Pool({
    ...{ template, runner, printer, log: jobLog, say },
    ...settings,
    results: textOf(options, "results"),
    tagOf: tagOf(options),
    isVerbose: options["verbose"] === true,
  });
  pool.tally.total = total;
  if (isProgressWanted(options) && process.stderr.isTTY) {
    const counts = () => {
      const { failed, succeeded } = pool.tally;
      return { done: failed + succeeded, failed, running: pool.running, total };
    };
    progress = startProgress(counts, process.stderr);
  }
  let signal: NodeJS.Signals | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (signal !== undefined) process.exit(128 + constants.signals[name]);
    signal = name;
    say("stopping; once more stops at once");
    pool.stop();
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, onSignal);
  try {
    const code = await pool.run(jobs);
    return signal === undefined ? code : 128 + constants.signals[signal];
  } finally {
    printer.close();
    progress?.end();
    for (const name of names) process.off(name, onSignal);
    // Input that nobody reads any more must not keep the process.
    process.stdin.destroy();
  }
}

function tagOf(
  options: Context["options"],
): ((values: readonly string[], seq: number, slot: number) => string) | undefined {
  const text = textOf(options, "tagstring") ?? textOf(options, "tagString");
  if (text !== undefined) return createTemplate([text], { raw: true }).expand;
  return options["tag"] === true ? (values) => values.join(" ") : undefined;
}

/** At once: whoever reads slowly slows the jobs down, instead of filling the memory. */
function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") process.exit(0);
      if (code !== "EAGAIN") throw error;
      // Somebody made the pipe one that does not wait: it is asked again in a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
