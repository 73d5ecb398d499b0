/** Writes docs/reference/cli.md from the parser's own definitions, so that the page cannot differ from the program. */
import type { Command } from "commander";
import { type AnyCommand, type CommandGroup, GROUPS, isGroup } from "./command.ts";
import { EXIT, EXIT_MEANINGS } from "./exit-codes.ts";
import { COMMANDS, createProgram } from "./program.ts";

/** The whole page. */
export function cliReference(): string {
  const program = createProgram(async () => undefined, "");
  const groups = GROUPS.map((group) => {
    const sections = COMMANDS.filter((spec) => spec.group === group).flatMap((spec) => sectionsOf(spec, program, []));
    return `## ${group}\n\n${sections.join("\n\n")}`;
  });
  return `# The command line

<!-- Generated from src/cli/specs-*.ts by scripts/write-reference.ts; do not edit. -->

\`octopus <command> [options]\`. Commands find the server by \`--server\`, \`OCTOPUS_SERVER_URL\` or the
[configuration](config.md), or else at http://127.0.0.1:8000. \`--namespace\`, \`OCTOPUS_NAMESPACE\` or an address that ends in \`/ns/NAME\` say
[in which namespace](../guide/namespaces.md); in \`default\` if nobody does.

A task is named by the id that the server gave (\`t12\`), by the id that it was submitted with, or by its run and its name
in the workflow (\`r3/extract\`). A run is named by its id (\`r3\`). \`last\` is the newest run, or the newest task where that
belongs to no run.

\`-o json\` prints exactly one JSON value on standard output; an error is \`{"error": {"code", "message", …}}\` there, with an
exit code that is not 0. \`-o quiet\` prints ids only. Colours are used on a terminal, unless \`NO_COLOR\` is set.

## Exit codes

| code | meaning |
| --- | --- |
${Object.entries(EXIT)
  .map(([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`)
  .join("\n")}

${groups.join("\n\n")}
`;
}

/** A command's section; a group has one, and one below it for each of its commands. */
function sectionsOf(spec: AnyCommand, parent: Command, above: readonly string[]): string[] {
  const command = parent.commands.find((one) => one.name() === spec.name)!;
  const path = [...above, spec.name];
  if (!isGroup(spec)) return [section(command, path, spec.examples ?? [])];
  const below = spec.commands.flatMap((one) => sectionsOf(one, command, path));
  return [groupSection(spec, command, path), ...below];
}

function groupSection(spec: CommandGroup, command: Command, path: readonly string[]): string {
  const aliases = aliasesOf(command);
  const usage = `\`octopus ${path.join(" ")} [command]\`${aliases}; without a command it means \`${spec.byDefault}\``;
  const parts = [`### ${path.join(" ")}`, usage, command.description().replace("\n", "\n\n")];
  if (spec.examples !== undefined) parts.push(`\`\`\`sh\n${spec.examples.join("\n")}\n\`\`\``);
  return parts.join("\n\n");
}

function aliasesOf(command: Command): string {
  const words = command.aliases().map((alias) => `\`${alias}\``);
  return words.length === 0 ? "" : `, also ${words.join(", ")}`;
}

function section(command: Command, path: readonly string[], examples: readonly string[]): string {
  const help = command.createHelp();
  const name = path.join(" ");
  const args = help.visibleArguments(command);
  const parts = [
    `${"#".repeat(2 + path.length)} ${name}`,
    `\`octopus ${name}${command.options.length > 0 ? " [options]" : ""}${args.map((one) => ` ${usageOf(one.name(), one.required, one.variadic)}`).join("")}\`` +
      aliasesOf(command),
    command.description().replace("\n", "\n\n"),
  ];
  const rows = [
    ...args.map((one) => [usageOf(one.name(), one.required, one.variadic), one.description]),
    ...command.options.filter((option) => !option.hidden).map((option) => [option.flags, option.description]),
  ];
  if (rows.length > 0)
    parts.push(
      `| | |\n| --- | --- |\n${rows.map(([term, about]) => `| \`${term!.replaceAll("|", "\\|")}\` | ${about} |`).join("\n")}`,
    );
  if (examples.length > 0) parts.push(`\`\`\`sh\n${examples.join("\n")}\n\`\`\``);
  return parts.join("\n\n");
}

function usageOf(name: string, isRequired: boolean, isVariadic: boolean): string {
  const text = `${name}${isVariadic ? "..." : ""}`;
  return isRequired ? `<${text}>` : `[${text}]`;
}
