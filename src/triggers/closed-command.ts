/**
 * Commands of what a trigger starts. Where one names `${{ event.x }}`, it gets an environment variable with that value in its
 * place: a text that a stranger sent must never be read by a shell.
 */
import type { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { isQuoted, isReadAgain, isShell, READ_AGAIN } from "../workflow/command.ts";
import { escapeText, hasExpression, piecesOf } from "../workflow/expression.ts";
import { invalid } from "./settings.ts";

/** Where a task holds other tasks, which run when something has become of it. */
const FOLLOWERS = ["onFailure", "finally"] as const;
/** What starts a program and is no command: a list of words that a shell may read. */
const STARTERS = { shell: "shell", docker: "entrypoint" } as const;

/** The task with its commands closed, and those of the tasks in it. Throws `invalid` where a variable would be of no use. */
export function closedCommands(task: Record<string, Json>, where: string): Record<string, Json> {
  let closed = withFollowers(task, where);
  for (const kind of ["shell", "docker"] as const) {
    const work = task[kind];
    if (work === undefined || work === null) continue;
    const long = (typeof work === "string" && kind === "shell" ? { command: work } : work) as Record<string, Json>;
    if (typeof long !== "object") continue;
    const starter = STARTERS[kind];
    if (holdsExpression(long[starter])) {
      const words = "must not hold ${{ }}: a value decides what a program gets, not what runs; give it by env or stdin";
      throw invalid(`${where}.${kind}.${starter}`, words);
    }
    const { command } = long;
    if (command === undefined || !holdsExpression(command)) continue;
    const place = typeof work === "string" ? `${where}.shell` : `${where}.${kind}.command`;
    checkProgram(long["shell"], place);
    const variables = new Map<string, string>();
    const written =
      typeof command === "string" ? closeText(command, variables, place) : closeList(command, variables, place);
    const env = { ...(long["env"] as Record<string, Json> | undefined), ...fromVariables(variables) };
    closed = { ...closed, [kind]: { ...long, command: written, env } };
  }
  return closed;
}

function withFollowers(task: Record<string, Json>, where: string): Record<string, Json> {
  const closed = { ...task };
  for (const key of FOLLOWERS) if (task[key] !== undefined) closed[key] = eachOf(task[key], `${where}.${key}`, inner);
  if (isMapping(task["on"])) {
    const moments = Object.entries(task["on"]);
    const callback = (one: Record<string, Json>, place: string): Json =>
      isMapping(one["task"]) ? { ...one, task: closedCommands(one["task"], `${place}.task`) } : one;
    closed["on"] = Object.fromEntries(moments.map(([on, said]) => [on, eachOf(said, `${where}.on.${on}`, callback)]));
  }
  return closed;
}

function inner(task: Record<string, Json>, where: string): Json {
  return closedCommands(task, where);
}

/** One, or a list of them. */
function eachOf(said: Json, where: string, close: (one: Record<string, Json>, where: string) => Json): Json {
  if (Array.isArray(said)) return said.map((one, index) => (isMapping(one) ? close(one, `${where}[${index}]`) : one));
  return isMapping(said) ? close(said, where) : said;
}

function isMapping(value: Json | undefined): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function holdsExpression(command: Json | undefined): boolean {
  return Array.isArray(command)
    ? command.some((part) => typeof part === "string" && hasExpression(part))
    : typeof command === "string" && hasExpression(command);
}

function fromVariables(variables: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...variables].map(([expression, name]) => [name, `\${{ ${expression} }}`]));
}

/** Another program would not know what `${OCTOPUS_EXPR_1}` is. */
function checkProgram(program: Json | undefined, place: string): void {
  const first = Array.isArray(program) ? program[0] : program;
  if (first === undefined || (typeof first === "string" && isShell(first))) return;
  throw notShell(first, place);
}

function notShell(program: Json | undefined, place: string): OctopusError {
  return invalid(
    place,
    `must not hold \${{ }}, because ${show(program)} is not a shell: give it values by env or stdin`,
  );
}

/** Arguments are not read by a shell, unless the program is one: then only the text of its command may name variables. */
function closeList(command: Json, variables: Map<string, string>, place: string): Json {
  const list = command as Json[];
  const [program] = list;
  if (typeof program !== "string" || !isShell(program)) throw notShell(program, place);
  return list.map((part) =>
    typeof part === "string" && hasExpression(part) ? closeText(part, variables, place) : part,
  );
}

function closeText(text: string, variables: Map<string, string>, place: string): string {
  let command = "";
  for (const piece of piecesOf(text)) {
    if (typeof piece === "string") {
      command += escapeText(piece);
      continue;
    }
    if (isReadAgain(text)) throw invalid(place, READ_AGAIN);
    const known = variables.get(piece.expression);
    const name = known ?? `OCTOPUS_EXPR_${variables.size + 1}`;
    variables.set(piece.expression, name);
    command += `\${${name}}`;
    if (!isQuoted(command)) continue;
    const words = `holds \${{ ${piece.expression} }} between single quotes, where a shell puts no value: use double quotes`;
    throw invalid(place, words);
  }
  return command;
}
