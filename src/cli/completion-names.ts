/**
 * Names that only the server knows (runs, registered workflows, what waits for a person), asked for by the command itself
 * while somebody completes a word. A server that is not there has none, and says so to nobody.
 */
import type { CommandSpec, Listed, OptionSpec } from "./command.ts";

/** The newest of them are offered. */
const LIMIT = 50;

const ASK: Record<Listed, string> = {
  runs: `ls --runs -n ${LIMIT} -o quiet`,
  workflows: "workflows -o quiet",
  plugins: "plugins -o quiet",
  triggers: "triggers -o quiet",
  namespaces: "namespace -o quiet",
  approvals: `approvals -n ${LIMIT} -o quiet`,
};

/** What may stand after a flag. */
export function listedBy(option: OptionSpec): Listed | undefined {
  if (option.flags.startsWith("--run <")) return "runs";
  if (option.flags.startsWith("--namespace <")) return "namespaces";
  if (option.flags.startsWith("--plugin <") || option.flags.startsWith("--wasm <")) return "plugins";
  return option.flags.startsWith("--workflow <") ? "workflows" : undefined;
}

/** What may stand as an argument, as words for the functions below. */
export function listsOf({ names = [] }: CommandSpec): string {
  return names.join(" ");
}

const CASES = Object.entries(ASK);

/** For bash and zsh: prints the names of the lists that it is given. */
export const NAMES_SH = `_octopus_names() {
  local list
  for list in "$@"; do
    case "$list" in
${CASES.map(([list, words]) => `      ${list}) octopus ${words} ;;`).join("\n")}
    esac
  done 2>/dev/null
}`;

export const NAMES_FISH = `function _octopus_names
  for list in $argv
    switch $list
${CASES.map(([list, words]) => `      case ${list}\n        octopus ${words} 2>/dev/null`).join("\n")}
    end
  end
end`;
