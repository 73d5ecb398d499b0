/** The words of `octopus parallel`: those of GNU parallel, as far as they are known here. */
import type { CommandSpec, OptionSpec } from "./command.ts";
import { CONFIG, NAMESPACE, SERVER } from "./options.ts";

/** Other spellings that GNU parallel knows. */
const SPELLINGS: readonly OptionSpec[] = [
  { flags: "-P, --max-procs <number>", about: "the same as --jobs", hidden: true },
  { flags: "--halt-on-error <when>", about: "the same as --halt", hidden: true },
  { flags: "--lb", about: "the same as --line-buffer", hidden: true },
  { flags: "--linebuffer", about: "the same as --line-buffer", hidden: true },
  { flags: "--dryrun", about: "the same as --dry-run", hidden: true },
  { flags: "--bar", about: "the same as --progress", hidden: true },
  { flags: "--eta", about: "the same as --progress", hidden: true },
  { flags: "--xapply", about: "the same as --link", hidden: true },
  { flags: "-L, --max-lines <number>", about: "the same as --max-args", hidden: true },
  { flags: "--xargs", about: "the same as -m", hidden: true },
  { flags: "--wd <dir>", about: "the same as --workdir", hidden: true },
  { flags: "--tag-string <text>", about: "the same as --tagstring", hidden: true },
  { flags: "--will-cite", about: "means nothing here", hidden: true },
  { flags: "--no-notice", about: "means nothing here", hidden: true, isOwnWord: true },
];

export const PARALLEL: CommandSpec = {
  name: "parallel",
  group: "Work",
  about: "run a command once for each argument, as GNU parallel does",
  details: `Arguments come from standard input, line by line, or after :::, or with :::: from files; several of these give every
combination, :::+ goes along with the one before it. In the command {} stands for the argument, {.} for it without
extension, {/} for its last part, {//} for its folder, {/.} for the last part without extension, {2} for the second one,
{#} for the number of the job, {%} for its slot; without any of these the argument stands at the end. Arguments are
quoted: the shell never reads them as anything else. Without a command, each argument is one.

It runs on this machine, without a server; with --server each job is a task there. Options must stand before the
command. The exit code is the number of jobs that failed, 101 for more than 100.`,
  args: [["[words...]", "the command, and its arguments after ::: or ::::"]],
  isOpen: true,
  options: [
    {
      flags: "-j, --jobs <number>",
      about: "jobs at once: 8, 50% of the cores (default: 100%), +2, -1, or 0 for as many as possible",
    },
    { flags: "-k, --keep-order", about: "print output in the order of the jobs" },
    { flags: "--group", about: "print the output of a job when it has ended (default)" },
    { flags: "--line-buffer", about: "print whole lines as they come" },
    { flags: "-u, --ungroup", about: "print output as it comes" },
    { flags: "--tag", about: "begin each line with the argument" },
    { flags: "--tagstring <text>", about: "begin each line with this, in which {} stands for the argument" },
    { flags: "-a, --arg-file <file...>", about: "read arguments from this file" },
    { flags: "-0, --null", about: "arguments in files end with a NUL character" },
    { flags: "-d, --delimiter <text>", about: "arguments in files end with this" },
    { flags: "-C, --colsep <regexp>", about: "take each argument apart by this: {1}, {2}, …" },
    { flags: "-r, --no-run-if-empty", about: "pass over empty arguments", isOwnWord: true },
    { flags: "--link", about: "arguments of several sources go along with each other" },
    { flags: "-n, --max-args <number>", about: "arguments of one job; 0 runs one for each without handing it over" },
    { flags: "-N, --max-replace-args <number>", about: "the same" },
    { flags: "-m, --many", about: "as many arguments for a job as a command line takes" },
    { flags: "-X, --context-replace", about: "the same; the word around {} is repeated for each" },
    { flags: "-s, --max-chars <number>", about: "longest command line of -m and -X" },
    { flags: "-I, --replace <text>", about: "stands for the argument, instead of {}" },
    { flags: "-q, --quote", about: "each word of the command is one word, whatever it holds" },
    { flags: "--dry-run", about: "print the commands and run none" },
    { flags: "-v, --verbose", about: "print each command before its output" },
    { flags: "--joblog <file>", about: "write a line for each job that has ended" },
    { flags: "--resume", about: "pass over the jobs in the --joblog" },
    { flags: "--resume-failed", about: "pass over the jobs in the --joblog that succeeded" },
    { flags: "--retries <number>", about: "tries of a job that fails, in all" },
    { flags: "--timeout <seconds>", about: "stop a job that runs longer" },
    { flags: "--delay <seconds>", about: "wait between the starts of two jobs" },
    { flags: "--halt <when>", about: "stop early: now,fail=1 or soon,fail=10% or now,success=1 or soon,done=5" },
    { flags: "--results <dir>", about: "keep output of each job in files of this folder, too" },
    { flags: "--workdir <dir>", about: "folder in which the commands run" },
    { flags: "--progress", about: "show how far it is" },
    { flags: "--arm <name>", about: "with --server: arm of the tasks" },
    { flags: "--worker <name>", about: "with --server: the only worker that may run them" },
    { flags: "--target <selector>", about: "with --server: what the worker must be: gpu, zone in (attic, cellar)" },
    { flags: "--prefer <selector...>", about: "with --server: what it had better be" },
    { flags: "--spread <label>", about: "with --server: spread them evenly over the values of this label" },
    { flags: "--pack", about: "with --server: take the fullest worker that has room" },
    SERVER,
    { ...NAMESPACE, about: "with --server: namespace that is asked" },
    CONFIG,
    ...SPELLINGS,
  ],
  examples: [
    "octopus parallel gzip ::: *.log",
    "find . -name '*.png' -print0 | octopus parallel -0 convert {} {.}.jpg",
    "octopus parallel -k --tag 'ping -c1 {} | tail -1' :::: hosts.txt",
    "octopus parallel --joblog jobs.log --resume-failed --retries 3 ./import.sh {1} {2} ::: a b ::: 2025 2026",
    "octopus parallel -j4 --halt now,fail=1 'make -C {}' ::: api web docs",
  ],
  load: () => import("./commands/parallel.ts"),
};
