/** Builds the parser from the commands' words. Parsing decides nothing: it hands the words to one command. */
import { Argument, Command, Option } from "commander";
import { type CommandSpec, GROUPS } from "./command.ts";
import { CARE } from "./specs-care.ts";
import { LOOK } from "./specs-look.ts";
import { START } from "./specs-start.ts";
import { WORK } from "./specs-work.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandSpec[] = [...START, ...WORK, ...LOOK, ...CARE];

const EXAMPLES = `
Examples:
  octopus up                          start everything on this machine
  octopus submit --wait -- echo hi    run a command as a task
  octopus run workflow.yaml           run a workflow and wait for it
  octopus ls --state failed           what went wrong
  octopus logs -f last                what the newest task prints

\`octopus <command> --help\` says more. Settings: \`octopus config\`.`;

export type Handler = (spec: CommandSpec, args: string[], options: Record<string, unknown>) => Promise<void>;

/** The parser. It throws `CommanderError` where commander would end the process. */
export function createProgram(handler: Handler, version: string): Command {
  const program = new Command("octopus")
    .description("A durable task orchestrator in one process.")
    .usage("<command> [options]")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(--help says more)")
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ helpWidth: 100, showGlobalOptions: false });
  for (const group of GROUPS) {
    program.commandsGroup(`${group}:`);
    for (const spec of COMMANDS.filter((one) => one.group === group)) program.addCommand(build(spec, handler));
  }
  return program;
}

function build(spec: CommandSpec, handler: Handler): Command {
  const command = new Command(spec.name)
    .summary(spec.about)
    .description(`${capital(spec.about)}.${spec.details === undefined ? "" : `\n${spec.details}`}`)
    .aliases(spec.aliases ?? [])
    .helpOption("-h, --help", "show this help")
    .showHelpAfterError("(--help says more)")
    .exitOverride()
    .configureHelp({ helpWidth: 100 });
  for (const [name, about] of spec.args ?? []) command.addArgument(new Argument(name, about));
  for (const { flags, about, choices, hidden } of spec.options) {
    const option = new Option(flags, flags.includes("...>") ? `${about}; repeat the option for more` : about);
    if (choices !== undefined) option.choices([...choices]);
    if (hidden === true) option.hideHelp();
    // `--param a=1 FILE` must not swallow the file: one value each time, repeated for more.
    if (option.variadic) option.variadic = false;
    if (flags.includes("...>"))
      option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  if (spec.examples !== undefined)
    command.addHelpText("after", `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join("\n")}`);
  command.action(async () => handler(spec, command.args, command.opts()));
  return command;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
