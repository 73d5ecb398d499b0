/**
 * Judges commands by the rules of an operator and those that come with Octopus.
 *
 * PO1  Rules are asked in their order, one's own before the others, for each program that a command starts; the first that
 *      fits decides about that program. What no rule is about is allowed, unless its arm says which programs are.
 * PO2  A command in which no word of any rule stands is not even read: most cost the time of one search.
 * PO3  It is a guard rail, not a wall: it sees what stands in the text, and not what a program makes of it.
 */
import { DEFAULT_RULES, UNREAD_RULE, UNREAD_WHY } from "./defaults.ts";
import { globMatcher, type Matcher } from "./patterns.ts";
import { quickLook } from "./quick-look.ts";
import { type CommandText, readCommand } from "./read-command.ts";
import { type CommandMatcher, commandMatcher, programMatcher } from "./rules.ts";
import type { PolicyMode, PolicySettings } from "./settings.ts";
import type { ShellParser } from "./shell-parser.ts";
import { HARMLESS, type SimpleCommand } from "./simple.ts";
import { isShell } from "./unwrap.ts";
import { UNKNOWN } from "./paths.ts";

/** Where the command is to run, and who wants it. */
export interface Occasion {
  arm: string;
  role: string;
}

export interface Finding {
  rule: string;
  /** What becomes of it: a mode of `warn` makes warnings of all. */
  effect: "deny" | "warn";
  /** The part of the command that the rule is about. */
  command: string;
  why: string;
}

interface Rule {
  name: string;
  effect: "deny" | "warn" | "allow";
  matches: CommandMatcher;
  arms?: ReadonlySet<string> | undefined;
  roles?: ReadonlySet<string> | undefined;
  why: string;
  isShipped: boolean;
}

interface ArmRule {
  mode: PolicyMode;
  only?: CommandMatcher | undefined;
  names: string;
}

const FINDINGS_MAX = 5;

export class CommandPolicy {
  readonly settings: PolicySettings;
  readonly #rules: readonly Rule[];
  readonly #arms: ReadonlyMap<string, ArmRule>;
  readonly #parser: () => ShellParser;
  readonly #mayFit: (text: string) => boolean;
  readonly #env: Matcher | undefined;
  /** The verdict on an arm may be another one than that on the next. */
  readonly differsByArm: boolean;

  constructor(settings: PolicySettings, parser: () => ShellParser) {
    this.settings = settings;
    this.#parser = parser;
    this.#rules = rulesOf(settings);
    this.#arms = new Map(
      Object.entries(settings.arms).map(([arm, { mode = settings.mode, only }]) => [
        arm,
        { mode, ...(only !== undefined && { only: programMatcher(only) }), names: only?.join(", ") ?? "" },
      ]),
    );
    this.differsByArm = this.#arms.size > 0 || this.#rules.some(({ arms }) => arms !== undefined);
    this.#mayFit = quickLook(settings);
    const envs = Object.values(settings.rules).flatMap(({ deny, warn }) =>
      (deny ?? warn ?? []).flatMap((m) => m.env ?? []),
    );
    const matchers = envs.map((pattern) => globMatcher(pattern, false));
    this.#env = matchers.length === 0 ? undefined : (name) => matchers.some((matcher) => matcher(name));
  }

  /** In the order in which they are asked. */
  get rules(): { name: string; effect: "deny" | "warn" | "allow"; isShipped: boolean }[] {
    return this.#rules.map(({ name, effect, isShipped }) => ({ name, effect, isShipped }));
  }

  modeOf(arm: string): PolicyMode {
    return this.#arms.get(arm)?.mode ?? this.settings.mode;
  }

  /** Nothing is ever refused or warned of. */
  get isOff(): boolean {
    return this.settings.mode === "off" && [...this.#arms.values()].every(({ mode }) => mode === "off");
  }

  /** False where there is surely nothing to say: one search, and nothing is made. */
  mayMatter(text: CommandText, arm: string): boolean {
    const own = this.#arms.size === 0 ? undefined : this.#arms.get(arm);
    if ((own?.mode ?? this.settings.mode) === "off") return false;
    return own?.only !== undefined || this.#isWorthReading(text);
  }

  /** What is to be said of the command, the most important first; nothing for most. */
  judge(text: CommandText, occasion: Occasion): readonly Finding[] {
    const arm = this.#arms.get(occasion.arm);
    if (!this.mayMatter(text, occasion.arm)) return NONE;
    const findings = this.#findings(text, occasion, arm);
    return this.modeOf(occasion.arm) === "enforce"
      ? findings
      : findings.map((finding) => ({ ...finding, effect: "warn" }));
  }

  #isWorthReading({ command, shell, env }: CommandText): boolean {
    if (this.#mayFit(command)) return true;
    if (shell !== undefined && shell.some((word) => this.#mayFit(word))) return true;
    if (env === undefined) return false;
    // A variable may hold what the command is made of.
    const names = Object.keys(env);
    if (this.#env !== undefined && names.some(this.#env)) return true;
    return names.some((name) => command.includes(name) && this.#mayFit(env[name]!));
  }

  #findings(text: CommandText, occasion: Occasion, arm: ArmRule | undefined): Finding[] {
    const { commands, problem } = this.#read(text);
    const rules = this.#rules.filter(
      ({ arms, roles }) => arms?.has(occasion.arm) !== false && roles?.has(occasion.role) !== false,
    );
    const findings: Finding[] = [];
    for (const command of commands) {
      const finding = judgeOne(command, rules) ?? onlyThese(command, rules, arm);
      if (finding !== undefined && !findings.some((one) => isSame(one, finding))) findings.push(finding);
    }
    if (problem !== undefined) this.#addUnread(findings, problem, arm);
    return findings
      .toSorted((a, b) => Number(a.effect === "warn") - Number(b.effect === "warn"))
      .slice(0, FINDINGS_MAX);
  }

  /** What cannot be read is refused where only some programs may run, and where it is too much; a fault is the shell's to tell. */
  #addUnread(findings: Finding[], problem: string, arm: ArmRule | undefined): void {
    const { without, defaults } = this.settings;
    const isFault = problem.startsWith("cannot be read");
    if (arm?.only === undefined && (isFault || !defaults || without.includes(UNREAD_RULE))) return;
    const finding = { rule: UNREAD_RULE, effect: "deny" as const, command: "the command" };
    findings.push({ ...finding, why: `it ${problem}, so ${UNREAD_WHY}` });
  }

  #read({ command, shell, cwd, env }: CommandText): { commands: SimpleCommand[]; problem?: string } {
    const own = shell?.[0]?.replace(/^.*\//s, "");
    const names = Object.keys(env ?? {});
    const given: SimpleCommand[] = [];
    const outer = (program: string, args: readonly string[], isInside: boolean): SimpleCommand => ({
      ...{ program, name: program.replace(/^.*\//s, ""), args, env: names, reads: [], writes: [], cwd, to: [] },
      ...{ text: program === "" ? "its environment" : [program, ...args].join(" ").slice(0, 120), isInside },
    });
    if (names.length > 0) given.push(outer("", [], true));
    if (own === undefined) {
      const read = readCommand(command, { cwd, env }, this.#parser());
      return { ...read, commands: [...given, ...read.commands] };
    }
    // Another shell than the usual ones, or one that lies elsewhere, is a program like any other.
    const isUsual = isShell(own) && /^((\/usr)?(\/local)?\/bin\/)?[a-z]+$/.test(shell![0]!);
    if (!isUsual) given.push(outer(shell![0]!, [...shell!.slice(1), command], false));
    const isText = isShell(own) && shell!.slice(1).some((word) => /^-[a-zA-Z]*c/.test(word));
    if (!isText) {
      const line = [...shell!, command].map(quoted).join(" ");
      const read = readCommand(line, { cwd, env }, this.#parser());
      return { ...read, commands: [...given, ...read.commands.filter((one) => isUsual || one.name !== own)] };
    }
    const read = readCommand(command, { cwd, env }, this.#parser());
    return { ...read, commands: [...given, ...read.commands] };
  }
}

const NONE: readonly Finding[] = [];

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function rulesOf({ rules, defaults, without }: PolicySettings): Rule[] {
  const own = Object.entries(rules).map(([name, rule]): Rule => {
    const effect = rule.deny !== undefined ? "deny" : rule.warn !== undefined ? "warn" : "allow";
    const matchers = (rule.deny ?? rule.warn ?? rule.allow)!.map(commandMatcher);
    const { arms, roles, why = "an operator has ruled so" } = rule;
    return {
      ...{ name, effect, why, isShipped: false, matches: (command) => matchers.some((matcher) => matcher(command)) },
      ...{ arms: arms && new Set(arms), roles: roles && new Set<string>(roles) },
    };
  });
  if (!defaults) return own;
  const shipped = Object.entries(DEFAULT_RULES).filter(([name]) => !without.includes(name));
  return [
    ...own,
    ...shipped.map(([name, { deny, warn, special, why = "" }]): Rule => {
      const matchers: CommandMatcher[] = (deny ?? warn!).map(commandMatcher);
      if (special !== undefined) matchers.push(special);
      const matches: CommandMatcher = (command) => matchers.some((matcher) => matcher(command));
      return { name, effect: deny === undefined ? "warn" : "deny", matches, why, isShipped: true };
    }),
  ];
}

function judgeOne(command: SimpleCommand, rules: readonly Rule[]): Finding | undefined {
  const rule = rules.find(({ matches }) => matches(command));
  if (rule === undefined || rule.effect === "allow") return undefined;
  return { rule: rule.name, effect: rule.effect, command: command.text, why: rule.why };
}

/** Where an arm names its programs: any other. */
function onlyThese(command: SimpleCommand, rules: readonly Rule[], arm: ArmRule | undefined): Finding | undefined {
  if (arm?.only === undefined || arm.only(command)) return undefined;
  const { program, isInside, isWrapper } = command;
  if (isInside === true || isWrapper === true || HARMLESS.has(program)) return undefined;
  if (rules.some(({ effect, matches }) => effect === "allow" && matches(command))) return undefined;
  const why = program.includes(UNKNOWN)
    ? "which program it starts is only known when it runs, and this arm takes"
    : `this arm does not take ${program}, but`;
  return { rule: "only", effect: "deny", command: command.text, why: `${why} ${arm.names}` };
}

function isSame(a: Finding, b: Finding): boolean {
  return a.rule === b.rule && a.command === b.command;
}
