/** Rules as they are asked: whether a command is what a rule says. */
import { globMatcher, anyOf, type Matcher } from "./patterns.ts";
import { isOutside, looksLikePath, pathMatcher, pathOf } from "./paths.ts";
import type { CommandMatch } from "./settings.ts";
import { pathsOf, removesOf, type SimpleCommand, writesOf } from "./simple.ts";

export type CommandMatcher = (command: SimpleCommand) => boolean;

export function commandMatcher(match: CommandMatch): CommandMatcher {
  const tests: CommandMatcher[] = [];
  const { program, args, paths, outside, writes, removes, pipesTo, env, isRun } = match;
  if (program !== undefined) tests.push(programMatcher(program));
  if (isRun === true) tests.push(isRunBy);
  if (pipesTo !== undefined) {
    const target = programMatcher(pipesTo);
    tests.push(({ to, runBy }) => to.some(target) || (runBy !== undefined && target(runBy)));
  }
  if (env !== undefined) {
    const name = anyOf(env, false);
    tests.push((command) => command.env.some(name));
  }
  for (const arg of args ?? []) tests.push(argMatcher(arg));
  if (paths !== undefined) tests.push(some(pathMatcher(paths), pathsOf));
  if (writes !== undefined) tests.push(some(pathMatcher(writes), writesOf));
  if (removes !== undefined) tests.push(some(pathMatcher(removes), removesOf));
  if (outside !== undefined) {
    const folders = outside.map((folder) => pathOf(folder, undefined));
    tests.push((command) => namedPaths(command).some((path) => isOutside(path, folders)));
  }
  return (command) => tests.every((test) => test(command));
}

/** By name, or by path where the pattern has a `/`. */
export function programMatcher(patterns: readonly string[]): CommandMatcher {
  const names = anyOf(
    patterns.filter((one) => !one.includes("/")),
    false,
  );
  const whole = patterns.filter((one) => one.includes("/")).map((one) => globMatcher(one, true));
  return ({ program, name }) => program !== "" && (names(name) || whole.some((matcher) => matcher(program)));
}

/** Its output reaches something that runs what it reads. */
function isRunBy({ runBy, to }: SimpleCommand): boolean {
  return runBy !== undefined || to.some((other) => other.isReader === true);
}

function some(matcher: Matcher, of: (command: SimpleCommand) => readonly string[]): CommandMatcher {
  return (command) => of(command).some(matcher);
}

/** What it names as a path: what looks like one, and every operand of the programs that take nothing else. */
function namedPaths(command: SimpleCommand): string[] {
  const { args, reads, writes, cwd } = command;
  const values = args.flatMap((arg) => [arg, ...(/^[\w-]+=(.+)$/s.exec(arg)?.slice(1) ?? [])]);
  const said = [...values.filter(looksLikePath), ...reads, ...writes].map((one) => pathOf(one, cwd));
  return [...said, ...removesOf(command), ...writesOf(command)];
}

/** `-f` is also in `-rf`, `--force` also `--force=x` and `--forc`. */
function argMatcher(pattern: string): CommandMatcher {
  const tests = pattern.split("|").map((one): Matcher => {
    if (/^-[A-Za-z0-9]$/.test(one)) return (arg) => /^-[A-Za-z0-9]/.test(arg) && arg.includes(one[1]!, 1);
    const matcher = globMatcher(one, false);
    if (!one.startsWith("--") || /[*?]/.test(one)) return matcher;
    return (arg) => {
      const name = arg.split("=", 1)[0]!;
      return name === one || (name.startsWith("--") && name.length > 4 && one.startsWith(name));
    };
  });
  return ({ args }) => args.some((arg) => tests.some((test) => test(arg)));
}
