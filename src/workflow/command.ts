/**
 * Commands. A value from outside never becomes part of one: where a command names `${{ x }}`, it names an environment
 * variable with that value, and the person is told what to write instead.
 */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { escapeText, hasExpression, piecesOf, textOf } from "./expression.ts";
import { evaluated, type Place, tell, tellExpression, warn } from "./keys.ts";

/** Programs that read `${NAME}` as the variable of that name. */
const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "zsh", "ash", "ksh"]);

/** Does it read `${NAME}` as the variable of that name? */
export function isShell(program: string): boolean {
  return SHELLS.has(program.replace(/^.*\//, ""));
}

/** What gives its words, or what comes in, to a shell once more: there the value of a variable is read as a command. */
const SECOND_SHELL =
  /(?:^|[\s;&|(`])(?:eval|ssh)\s|(?:^|[\s;&|(`/])(?:(?:sh|bash|dash|zsh|ash|ksh)\s+(?:-\S+\s+)*-\w*c\s|(?:sh|bash|dash|zsh|ash|ksh)\b[^\n;&|]*<<|su\s[^\n;&|]*-c)/;

export function isReadAgain(command: string): boolean {
  return SECOND_SHELL.test(command);
}

export const READ_AGAIN =
  "must not hold ${{ }} beside eval, ssh or sh -c, where its value would be read as a command: give it by env and hand its " +
  "variable on as an argument, or by stdin";

export function readCommand(value: Json, key: string, place: Place): void {
  if (typeof value !== "string" || !hasExpression(value)) {
    place.draft[key] = value;
    return;
  }
  if (isReadAgain(value)) tell(place, key, READ_AGAIN);
  try {
    let command = "";
    for (const piece of piecesOf(value)) {
      if (typeof piece === "string") {
        command += escapeText(piece);
        if (hasExpression(piece)) place.task!.markEscaped();
        continue;
      }
      const text = `\${{ ${piece.expression} }}`;
      const read = evaluated(text, key, place);
      if (read === undefined) {
        // Kept, so that the task is not said to do nothing as well.
        command += "refused";
        continue;
      }
      const variable = variableFor(textOf(read), place);
      command += `\${${variable}}`;
      advise(piece.expression, text, variable, isQuoted(command), { place, key });
    }
    place.draft[key] = command === "" ? value : command;
  } catch (error) {
    tellExpression(place, key, error);
    place.draft[key] = "refused";
  }
}

/** The variable that has this value: one for all places that name the same. */
function variableFor(value: string, { task }: Place): string {
  const variables = task!.commandEnv;
  const known = [...variables].find(([, one]) => one === value);
  const name = known?.[0] ?? `OCTOPUS_EXPR_${variables.size + 1}`;
  variables.set(name, value);
  return name;
}

interface Where {
  place: Place;
  key: string;
}

function advise(expression: string, text: string, variable: string, quoted: boolean, { place, key }: Where): void {
  const own = ownVariable(expression);
  const instead =
    own === undefined
      ? `give it to the command by env: {NAME: "${text}"}, and write "$NAME"`
      : `write "$${own.name}", an environment variable that ${own.who} gets`;
  const odd = quoted ? `stands between single quotes, where a shell puts no value` : `becomes "$${variable}"`;
  warn(place, key, `holds ${text}, which ${odd}, so that no value is part of the command: ${instead}`);
}

/** The variable in which a command finds this value anyhow. */
function ownVariable(expression: string): { name: string; who: string } | undefined {
  const [, root, name] = /^(params|env|matrix|item|index)(?:\.([A-Za-z_]\w*))?$/.exec(expression) ?? [];
  if (root === "item" || root === "index") {
    return name === undefined ? { name: `OCTOPUS_${root.toUpperCase()}`, who: "each member" } : undefined;
  }
  if (root === undefined || name === undefined) return undefined;
  if (root === "matrix") return { name: `OCTOPUS_MATRIX_${name}`, who: "each member" };
  return { name: root === "env" ? name : `OCTOPUS_PARAM_${name}`, who: "every shell task" };
}

/** True when what comes next would stand between single quotes, as far as a look at the quotes can tell. */
export function isQuoted(command: string): boolean {
  let quote = "";
  for (let at = 0; at < command.length; at++) {
    const char = command[at]!;
    if (char === "\\" && quote !== "'") at++;
    else if (char === quote) quote = "";
    else if (quote === "" && (char === '"' || char === "'")) quote = char;
  }
  return quote === "'";
}

/** Another program would not know what `${OCTOPUS_EXPR_1}` is. */
export function checkProgram(place: Place): void {
  const { shell: program } = place.draft;
  if (place.task === undefined || place.task.commandEnv.size === 0 || program === undefined) return;
  const first = Array.isArray(program) ? (program[0] as unknown) : program;
  if (typeof first === "string" && isShell(first)) return;
  const words = `must not hold \${{ }}, because ${show(first)} is not a shell: give it values by env or stdin`;
  tell(place, "command", words);
}
