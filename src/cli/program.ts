/** Builds the parser from the commands' words. Parsing decides nothing: it hands the words to one command. */
import { Argument, Command, CommanderError, Option } from "commander";
import { nearest } from "../base/nearest.ts";
import { type AnyCommand, type CommandGroup, type CommandSpec, GROUPS, isGroup } from "./command.ts";
import { parserWords } from "./elsewhere.ts";
import { ACCESS } from "./specs-access.ts";
import { ARMS } from "./specs-arms.ts";
import { CARE } from "./specs-care.ts";
import { CLUSTERS } from "./specs-cluster.ts";
import { LOOK } from "./specs-look.ts";
import { MANY } from "./specs-many.ts";
import { NAMESPACES } from "./specs-namespaces.ts";
import { PARALLEL } from "./specs-parallel.ts";
import { PLUGINS } from "./specs-plugins.ts";
import { POLICY } from "./specs-policy.ts";
import { SCHEDULES } from "./specs-schedule.ts";
import { START } from "./specs-start.ts";
import { TRIGGERS } from "./specs-triggers.ts";
import { WORK } from "./specs-work.ts";
import { WORKERS } from "./specs-workers.ts";
import { WORKFLOWS } from "./specs-workflow.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly AnyCommand[] = [
  ...START,
  ...WORK,
  PARALLEL,
  ...WORKFLOWS,
  ...LOOK,
  ...MANY,
  ...ARMS,
  ...WORKERS,
  ...PLUGINS,
  ...SCHEDULES,
  ...TRIGGERS,
  ...POLICY,
  ...ACCESS,
  ...NAMESPACES,
  ...CLUSTERS,
  ...CARE,
];

const EXAMPLES = `
Examples:
  octopus up                          start everything on this machine
  octopus submit --wait -- echo hi    run a command as a task
  octopus run workflow.yaml           run a workflow and wait for it
  octopus ls --state failed           what went wrong
  octopus logs -f last                what the newest task prints

\`octopus <command> --help\` says more. Settings: \`octopus config\`.`;

export type Handler = (spec: CommandSpec, args: string[], options: Record<string, unknown>) => Promise<void>;

/**
 * The parser. It throws `CommanderError` where commander would end the process. `first`: the word that the line begins with;
 * where it names a command, that alone is built, since the others cost more than most commands do.
 */
export function createProgram(handler: Handler, version: string, first?: string): Command {
  const program = new Command("octopus")
    .description("A durable task orchestrator in one process.")
    .usage("<command> [options]")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(--help says more)")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`octopus: ${parserWords(text, true)}\n`) })
    .configureHelp({ helpWidth: 100, showGlobalOptions: false });
  const named = COMMANDS.filter((spec) => first === spec.name || aliasesOf(spec).includes(first ?? ""));
  const isAll = named.length === 0 && first !== "-V" && first !== "--version";
  for (const group of GROUPS) {
    program.commandsGroup(`${group}:`);
    const specs = (isAll ? COMMANDS : named).filter((one) => one.group === group);
    for (const spec of specs) program.addCommand(build(spec, handler));
  }
  // Last, so that it stands in the last group and not in one of its own.
  return program.helpCommand("help [command]", "show the help of a command");
}

/** Whether the parser ends with this: because of wrong words or, with the exit code 0, because it has said what was asked. */
export function isParserEnd(error: unknown): error is CommanderError {
  return error instanceof CommanderError;
}

/** Words for the same that people use as well, in every group. */
const ALSO: Readonly<Record<string, readonly string[]>> = { ls: ["list"], rm: ["remove", "delete"] };

function aliasesOf({ name, aliases = [] }: AnyCommand): string[] {
  return [...new Set([...aliases, ...(ALSO[name] ?? [])])];
}

function build(spec: AnyCommand, handler: Handler, above = "octopus"): Command {
  const command = new Command(spec.name)
    .summary(spec.about)
    .description(`${capital(spec.about)}.${spec.details === undefined ? "" : `\n${spec.details}`}`)
    .aliases(aliasesOf(spec))
    .helpOption("-h, --help", "show this help")
    .showHelpAfterError("(--help says more)")
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`octopus: ${parserWords(text, false)}\n`) })
    .configureHelp({ helpWidth: 100 });
  if (spec.examples !== undefined)
    command.addHelpText("after", `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join("\n")}`);
  if (isGroup(spec)) addCommands(command, spec, handler, `${above} ${spec.name}`);
  else addWords(command, spec, handler);
  return command;
}

function addWords(command: Command, spec: CommandSpec, handler: Handler): void {
  for (const [name, about] of spec.args ?? []) command.addArgument(new Argument(name, about));
  for (const { flags, about, choices, hidden, isOwnWord } of spec.options) {
    const option = new Option(flags, flags.includes("...>") ? `${about}; repeat the option for more` : about);
    if (choices !== undefined) option.choices([...choices]);
    if (hidden === true) option.hideHelp();
    if (isOwnWord === true) option.negate = false;
    // `--param a=1 FILE` must not swallow the file: one value each time, repeated for more.
    if (option.variadic) option.variadic = false;
    if (flags.includes("...>"))
      option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  if (spec.isOpen === true) command.passThroughOptions();
  command.action(async () => handler(spec, command.args, command.opts()));
}

/**
 * The commands of a group. A word that is none of them lands at the default one, which takes no such word: the refusal
 * must speak of the group, since that is what was typed.
 */
function addCommands(command: Command, group: CommandGroup, handler: Handler, path: string): void {
  command.usage("[command] [options]").helpCommand(false).enablePositionalOptions();
  const names = group.commands.map(({ name }) => name);
  for (const spec of group.commands) {
    const isDefault = spec.name === group.byDefault;
    const child = build(spec, handler, path);
    if (isDefault) {
      const takes = isGroup(spec) ? 0 : (spec.args ?? []).length;
      child.allowExcessArguments().hook("preAction", (_, { args: [word = "", ...more] }) => {
        if (more.length + (word === "" ? 0 : 1) <= takes) return;
        const near = names.find((name) => name.startsWith(word)) ?? nearest(word, names);
        const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
        child.error(`error: ${path} has no command ${JSON.stringify(word)}${hint}; its commands: ${names.join(", ")}`);
      });
    }
    command.addCommand(child, { isDefault });
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
