/** `octopus completion SHELL`: scripts made from the table of commands, so they know every command and flag. */
import { OctopusError } from "../../base/errors.ts";
import { RUN_STATES, TASK_STATES } from "../../base/words.ts";
import type { CommandSpec, OptionSpec } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { COMMANDS } from "../program.ts";

const SHELLS: Record<string, () => string> = { bash, zsh, fish };

export async function run({ args, out }: Context): Promise<ExitCode> {
  const script = SHELLS[args[0]!];
  if (script === undefined)
    throw new OctopusError("invalid", `completion is made for bash, zsh and fish, not for ${JSON.stringify(args[0])}`);
  out.raw(script());
  return EXIT.ok;
}

/** What may stand after a flag, where that is a closed list. */
function valuesOf(option: OptionSpec): readonly string[] {
  if (option.choices !== undefined) return option.choices;
  return option.flags.includes("--state") ? [...new Set([...TASK_STATES, ...RUN_STATES])] : [];
}

function wordsOf(option: OptionSpec): string[] {
  return [...option.flags.matchAll(/(?<=^|[ ,])--?[a-z][a-z-]*/gi)].map(([word]) => word);
}

const takesFile = (option: OptionSpec): boolean => /<(file|dir|module)/.test(option.flags);
const namesOf = (spec: CommandSpec): string[] => [spec.name, ...(spec.aliases ?? [])];

function bash(): string {
  const cases = COMMANDS.map((spec) => {
    const flags = spec.options.flatMap(wordsOf).join(" ");
    return `    ${namesOf(spec).join("|")}) words="${flags} --help" ;;`;
  });
  const values = new Map<string, string>();
  for (const option of COMMANDS.flatMap(({ options }) => options)) {
    if (valuesOf(option).length > 0)
      values.set(wordsOf(option).join("|"), `COMPREPLY=($(compgen -W "${valuesOf(option).join(" ")}" -- "$word"))`);
    else if (takesFile(option)) values.set(wordsOf(option).join("|"), `COMPREPLY=($(compgen -f -- "$word"))`);
  }
  return `# bash completion for octopus
_octopus() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${COMMANDS.flatMap(namesOf).join(" ")} help" -- "$word"))
    return
  fi
  case "$before" in
${[...values].map(([flags, action]) => `    ${flags}) ${action}; return ;;`).join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _octopus octopus
`;
}

function zsh(): string {
  const quote = (text: string): string => text.replaceAll("'", "'\\''").replace(/[[\]:]/g, "\\$&");
  const argsOf = (option: OptionSpec): string => {
    if (!/[<[]/.test(option.flags)) return "";
    return valuesOf(option).length > 0
      ? `:value:(${valuesOf(option).join(" ")})`
      : takesFile(option)
        ? ":file:_files"
        : ":value:";
  };
  const cases = COMMANDS.map((spec) => {
    const lines = spec.options.flatMap((option) =>
      wordsOf(option).map((word) => `        '*${word}[${quote(option.about)}]${argsOf(option)}'`),
    );
    return `      ${namesOf(spec).join("|")})\n        _arguments \\\n${[...lines, "        '*:file:_files'"].join(" \\\n")} ;;`;
  });
  return `#compdef octopus
_octopus() {
  local -a commands
  commands=(
${COMMANDS.flatMap((spec) => namesOf(spec).map((name) => `    '${name}:${quote(spec.about)}'`)).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
  esac
}
if [ "\${funcstack[1]}" = _octopus ]; then _octopus "$@"; else compdef _octopus octopus; fi
`;
}

function fish(): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = COMMANDS.flatMap((spec) => [
    ...namesOf(spec).map(
      (name) => `complete -c octopus -n __fish_use_subcommand -f -a ${name} -d ${quote(spec.about)}`,
    ),
    ...spec.options.map((option) => {
      const parts = wordsOf(option).map((word) =>
        word.startsWith("--") ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`,
      );
      if (valuesOf(option).length > 0) parts.push(`-x -a ${quote(valuesOf(option).join(" "))}`);
      else if (/[<[]/.test(option.flags)) parts.push(takesFile(option) ? "-r" : "-x");
      return `complete -c octopus -n '__fish_seen_subcommand_from ${namesOf(spec).join(" ")}' ${parts.join(" ")} -d ${quote(option.about)}`;
    }),
  ]);
  return `# fish completion for octopus\n${lines.join("\n")}\n`;
}
