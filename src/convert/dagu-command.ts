/** The command of a step of Dagu. What is a key of its own there, the command does here: redirect, check, compute variables. */
import type { Json } from "../base/words.ts";
import { type Output, positionalIn, withOutputs } from "./dagu-variables.ts";
import { literal, shellWord } from "./draft.ts";
import { isMapping, isVariable, known, listOf, type Mapping, type Path, textOf, textsOf } from "./source.ts";

export interface StepContext {
  path: Path;
  lose(key: string, message: string): void;
  /** Outputs that the step may name. */
  outputs: ReadonlyMap<string, Output>;
  /** Lines that every command begins with. */
  prelude: readonly string[];
  shell: string | undefined;
  /** The name of a DAG as a path, when it is one of this file. */
  subs: ReadonlySet<string>;
  /** What the DAG says of the workers of its steps. */
  selector: Json | undefined;
}

/** Programs that take a script as an argument. */
const SCRIPT_FLAGS: Readonly<Record<string, string>> = {
  ...{ sh: "-c", bash: "-c", dash: "-c", zsh: "-c", python: "-c", python3: "-c" },
  ...{ node: "-e", perl: "-e", ruby: "-e" },
};

export function readCommand(step: Mapping, made: Mapping, context: StepContext): void {
  const { lose } = context;
  const { text, program } = commandOf(step, context);
  const found = withOutputs(text, context.outputs);
  const positional = positionalIn(found.text);
  if (positional !== undefined && program === undefined)
    lose("command", `${positional} is a param without a name: give it one`);
  if (program !== undefined && /\$\{?[A-Za-z_]/.test(text))
    lose("script", `variables in a script for ${program[0]} are filled in there: read them from the environment`);
  const lines = [
    ...context.prelude,
    ...ownEnv(step["env"], found.env, context),
    ...skipLines(step, found.env, context),
  ];
  const isBare = lines.length === 0 && step["stdout"] === undefined && step["stderr"] === undefined;
  const isAlone = program !== undefined && isBare;
  // A shell that does something beside it hands the script over.
  const own = program === undefined || isAlone ? found.text : handedOver(program[0]!, text);
  const command = literal([...lines, redirect(own, step, found.env, context)].join("\n"));
  const dir = textOf(step["dir"]) ?? textOf(step["workingDir"]) ?? textOf(step["working_dir"]);
  if (dir !== undefined) made["cwd"] = plainPath(dir, lose);
  if (Object.keys(found.env).length > 0) made["env"] = found.env;
  const shell = isAlone ? program : shellOf(textOf(step["shell"]) ?? context.shell);
  made["shell"] = shell === undefined ? command : { command, shell };
  const output = outputOf(step);
  if (output !== undefined) made["outputs"] = { [output]: { from: "stdout" } };
}

function handedOver(program: string, script: string): string {
  return `${program} - <<'OCTOPUS_STEP'\n${script.trimEnd()}\nOCTOPUS_STEP`;
}

/** The variable that a step leaves. */
export function outputOf({ output }: Mapping): string | undefined {
  const name = isMapping(output) ? textOf(output["name"]) : textOf(output);
  return name?.replace(/^\$/, "");
}

function commandOf(step: Mapping, { lose }: StepContext): { text: string; program?: string[] } {
  const { command, script } = step;
  const args = textsOf(listOf(step["args"]));
  const words = Array.isArray(command)
    ? command.map((one) => shellWord(textOf(one) ?? "")).join(" ")
    : (textOf(command) ?? "");
  const line = [words, ...args.map(shellWord)].filter((one) => one !== "").join(" ");
  if (typeof script !== "string") {
    if (line === "") lose("command", "there is none: the step would do nothing");
    return { text: line === "" ? "true" : line };
  }
  const interpreter = line === "" ? /^#!\s*(?:\/usr\/bin\/env\s+)?(\S+)/.exec(script)?.[1] : line;
  if (interpreter === undefined) return { text: script.trimEnd() };
  const name = interpreter.replace(/^.*\//, "").split(" ")[0]!;
  const flag = known(SCRIPT_FLAGS, name);
  if (flag === undefined || /\s/.test(interpreter)) {
    lose("script", `a script for ${JSON.stringify(interpreter)}: known are ${Object.keys(SCRIPT_FLAGS).join(", ")}`);
    return { text: "false" };
  }
  // A shell is told the same way as for a command.
  if (flag === "-c" && !name.startsWith("python")) return { text: script.trimEnd() };
  return { text: script, program: [interpreter, flag] };
}

function shellOf(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const words = text.split(/\s+/);
  const [program = "sh"] = words;
  if (program === "sh" || program === "/bin/sh") return words.length > 1 ? [...words, "-c"] : undefined;
  return [...words.filter((word) => word !== "-c"), "-c"];
}

/** `env` of a step: values that a shell computes are computed by the command. */
function ownEnv(env: Json | undefined, into: Mapping, context: StepContext): string[] {
  return envEntries(env).flatMap(([name, value]) => {
    const { env: found, text } = withOutputs(value, context.outputs);
    Object.assign(into, found);
    if (!isVariable(name)) {
      context.lose("env", `${JSON.stringify(name)} is no name of a variable`);
      return [];
    }
    if (isComputed(text)) return [`export ${name}=${doubleQuoted(text)}`];
    into[name] = literal(text);
    return [];
  });
}

/** `env` in any of its forms. */
export function envEntries(env: Json | undefined): [string, string][] {
  return listOf(env).flatMap((one): [string, string][] => {
    if (isMapping(one)) return Object.entries(one).map(([name, value]) => [name, textOf(value) ?? ""]);
    const split = typeof one === "string" ? one.indexOf("=") : -1;
    return split > 0 ? [[(one as string).slice(0, split), (one as string).slice(split + 1)]] : [];
  });
}

export function isComputed(text: string): boolean {
  return /[$`]/.test(text);
}

/** A word in which a shell still fills in variables and commands. */
export function doubleQuoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** Exit code 99 says that there is nothing to do. */
function skipLines(step: Mapping, env: Mapping, { outputs, lose }: StepContext): string[] {
  return conditionsOf(step["preconditions"] ?? step["precondition"], outputs, env, (message) =>
    lose("preconditions", message),
  ).map((condition) => `${condition} || exit 99`);
}

/** Conditions as tests of a shell. */
export function conditionsOf(
  value: Json | undefined,
  outputs: ReadonlyMap<string, Output>,
  env: Mapping,
  lose: (message: string) => void,
): string[] {
  return listOf(value).flatMap((one) => {
    const condition = isMapping(one) ? textOf(one["condition"]) : textOf(one);
    const expected = isMapping(one) ? textOf(one["expected"]) : undefined;
    if (condition === undefined) {
      lose("a condition needs a text");
      return [];
    }
    const negated = isMapping(one) && one["negate"] === true ? "! " : "";
    const found = withOutputs(condition, outputs);
    Object.assign(env, found.env);
    // Without a value to compare with, the condition is a command.
    if (expected === undefined) return [`${negated}{ ${found.text}; } > /dev/null`];
    const pattern = /^re:(.*)$/s.exec(expected)?.[1];
    const value = doubleQuoted(found.text);
    if (pattern === undefined) return [`${negated}[ ${value} = ${shellWord(expected)} ]`];
    return [`${negated}printf '%s\\n' ${value} | grep -Eq -- ${shellWord(pattern)}`];
  });
}

function redirect(text: string, step: Mapping, env: Mapping, { outputs }: StepContext): string {
  const places = (["stdout", "stderr"] as const).flatMap((key) => {
    const file = textOf(step[key]);
    if (file === undefined) return [];
    const found = withOutputs(file, outputs);
    Object.assign(env, found.env);
    return [`${key === "stdout" ? ">>" : "2>>"} ${doubleQuoted(found.text)}`];
  });
  return places.length === 0 ? text : `{\n${text}\n} ${places.join(" ")}`;
}

function plainPath(path: string, lose: StepContext["lose"]): string {
  if (/[$`~]/.test(path)) lose("dir", `${path} is filled in by a shell there; here it is a path`);
  return literal(path);
}
