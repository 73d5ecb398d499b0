/** `octopus completion SHELL`: scripts made from the table of commands, so they know every command and flag. */
import { OctopusError } from "../../base/errors.ts";
import { RUN_STATES, TASK_STATES } from "../../base/words.ts";
import { type AnyCommand, type CommandSpec, isGroup, leavesOf, type OptionSpec } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Context } from "../context.ts";
import { listedBy, listsOf, NAMES_FISH, NAMES_SH } from "../completion-names.ts";
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
const namesOf = (spec: AnyCommand): string[] => [spec.name, ...(spec.aliases ?? [])];

/** Every option of every command. */
function allOptions(): OptionSpec[] {
  return [...leavesOf(COMMANDS)].flatMap(({ spec }) => spec.options);
}

/** The command that a group means when none is named. */
function defaultOf(spec: AnyCommand): CommandSpec {
  return isGroup(spec) ? defaultOf(spec.commands.find(({ name }) => name === spec.byDefault)!) : spec;
}

function bash(): string {
  // The deepest words first: a group stands below its commands.
  const casesOf = (commands: readonly AnyCommand[], before: readonly string[]): string[] =>
    commands.flatMap((spec) => {
      const paths = before.flatMap((path) => namesOf(spec).map((name) => `${path}${name} `));
      const below = isGroup(spec) ? casesOf(spec.commands, paths) : [];
      const flags = defaultOf(spec).options.flatMap(wordsOf).join(" ");
      const names = isGroup(spec) ? ` names="${spec.commands.flatMap(namesOf).join(" ")}"` : "";
      const lists = isGroup(spec) || spec.names === undefined ? "" : ` lists="${listsOf(spec)}"`;
      return [
        ...below,
        `    ${paths.map((path) => `"${path}"*`).join("|")}) words="${flags} --help"${names}${lists} ;;`,
      ];
    });
  const values = new Map<string, string>();
  for (const option of allOptions()) {
    const listed = listedBy(option);
    if (listed !== undefined)
      values.set(wordsOf(option).join("|"), `COMPREPLY=($(compgen -W "$(_octopus_names ${listed})" -- "$word"))`);
    else if (valuesOf(option).length > 0)
      values.set(wordsOf(option).join("|"), `COMPREPLY=($(compgen -W "${valuesOf(option).join(" ")}" -- "$word"))`);
    else if (takesFile(option)) values.set(wordsOf(option).join("|"), `COMPREPLY=($(compgen -f -- "$word"))`);
  }
  return `# bash completion for octopus
${NAMES_SH}
_octopus() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words="" names="" lists=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${COMMANDS.flatMap(namesOf).join(" ")} help" -- "$word"))
    return
  fi
  case "$before" in
${[...values].map(([flags, action]) => `    ${flags}) ${action}; return ;;`).join("\n")}
  esac
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1} " in
${casesOf(COMMANDS, [""]).join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$names $(_octopus_names $lists)" -- "$word") $(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _octopus octopus
`;
}

function zsh(): string {
  const quote = (text: string): string => text.replaceAll("'", "'\\''").replace(/[[\]:]/g, "\\$&");
  const argsOf = (option: OptionSpec): string => {
    if (!/[<[]/.test(option.flags)) return "";
    const listed = listedBy(option);
    if (listed !== undefined) return `:name: _octopus_add ${listed}`;
    return valuesOf(option).length > 0
      ? `:value:(${valuesOf(option).join(" ")})`
      : takesFile(option)
        ? ":file:_files"
        : ":value:";
  };
  const argumentsOf = (spec: CommandSpec): string => {
    const lines = spec.options.flatMap((option) =>
      wordsOf(option).map((word) => `        '*${word}[${quote(option.about)}]${argsOf(option)}'`),
    );
    const others = spec.names === undefined ? "" : `'*:name: _octopus_add -f ${listsOf(spec)}'`;
    return `        _arguments \\\n${[...lines, `        ${others || "'*:file:_files'"}`].join(" \\\n")}`;
  };
  // Each level looks at its first word, and hands the rest to the next.
  const levelOf = (commands: readonly AnyCommand[], otherwise: string): string => {
    const about = commands.flatMap((spec) => namesOf(spec).map((name) => `    '${name}:${quote(spec.about)}'`));
    const cases = commands.map((spec) => {
      const body = isGroup(spec) ? levelOf(spec.commands, argumentsOf(defaultOf(spec))) : argumentsOf(spec);
      return `      ${namesOf(spec).join("|")})\n${body} ;;`;
    });
    return `  commands=(
${about.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
      *)
${otherwise} ;;
  esac`;
  };
  return `#compdef octopus
${NAMES_SH}
_octopus_add() {
  local -a names
  names=(\${(f)"$(_octopus_names "$@")"})
  compadd -a names
  [[ "$1" != -f ]] || _files
}
_octopus() {
  local -a commands
  local command
${levelOf(COMMANDS, "        :")}
}
if [ "\${funcstack[1]}" = _octopus ]; then _octopus "$@"; else compdef _octopus octopus; fi
`;
}

function fish(): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const optionLines = (spec: CommandSpec, when: string): string[] =>
    spec.options.map((option) => {
      const parts = wordsOf(option).map((word) =>
        word.startsWith("--") ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`,
      );
      const listed = listedBy(option);
      if (listed !== undefined) parts.push(`-x -a '(_octopus_names ${listed})'`);
      else if (valuesOf(option).length > 0) parts.push(`-x -a ${quote(valuesOf(option).join(" "))}`);
      else if (/[<[]/.test(option.flags)) parts.push(takesFile(option) ? "-r" : "-x");
      return `complete -c octopus -n '${when}' ${parts.join(" ")} -d ${quote(option.about)}`;
    });
  const nameLines = ({ names }: CommandSpec, when: string): string[] =>
    names === undefined ? [] : [`complete -c octopus -n '${when}' -a '(_octopus_names ${names.join(" ")})'`];
  const linesOf = (commands: readonly AnyCommand[], when: string): string[] =>
    commands.flatMap((spec) => {
      const here = `${when === "" ? "" : `${when}; and `}__fish_seen_subcommand_from ${namesOf(spec).join(" ")}`;
      const first =
        when === ""
          ? "__fish_use_subcommand"
          : `${when}; and not __fish_seen_subcommand_from ${commands.flatMap(namesOf).join(" ")}`;
      return [
        ...namesOf(spec).map((name) => `complete -c octopus -n '${first}' -f -a ${name} -d ${quote(spec.about)}`),
        ...(isGroup(spec) ? linesOf(spec.commands, here) : [...optionLines(spec, here), ...nameLines(spec, here)]),
      ];
    });
  return `# fish completion for octopus\n${NAMES_FISH}\n${linesOf(COMMANDS, "").join("\n")}\n`;
}
