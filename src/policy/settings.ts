/**
 * What an operator writes about commands: a mode, rules by name, and what single arms want. One form for the settings of the
 * server and of a worker; the defaults that come with Octopus are in `defaults.ts`. Read by hand, since every command reads
 * the settings.
 */
import { OctopusError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { POLICY_ROLES } from "../base/words.ts";

export const POLICY_MODES = [
  "off", // nothing is looked at
  "warn", // what would be refused runs, with a warning
  "enforce",
] as const;
export type PolicyMode = (typeof POLICY_MODES)[number];

const RULES_MAX = 200;
const PATTERNS_MAX = 200;
const PATTERN_LENGTH_MAX = 1000;
const WHY_LENGTH_MAX = 500;
const RULE_NAME = /^[a-z][a-z0-9_.-]{0,63}$/i;

/** What a command has to be for a rule to be about it: all that stands here. */
export interface CommandMatch {
  /** Names of programs; with a `/` in it, of paths. `*` is any text. */
  readonly program?: readonly string[];
  /** Each of these is among its arguments, in any order. `-f|--force` is one or the other; `-f` is in `-rf`, too. */
  readonly args?: readonly string[];
  /** One of its arguments, or a file that it reads or writes. `*` is within a folder, `/etc/**` all of it. */
  readonly paths?: readonly string[];
  /** One of the paths that it names is in none of these folders. */
  readonly outside?: readonly string[];
  /** It writes such a file: `> FILE`, `tee`, `dd of=`, the place where `cp` and `mv` put something. */
  readonly writes?: readonly string[];
  /** It removes such a file, or moves it away. */
  readonly removes?: readonly string[];
  /** Its output goes to such a program. */
  readonly pipesTo?: readonly string[];
  /** Its output is run as code: `… | sh`, `sh -c "$(…)"`, `source <(…)`. */
  readonly isRun?: true;
  /** It is given such a variable. */
  readonly env?: readonly string[];
}

/** One of `deny`, `warn` and `allow`, and whose commands it is about. */
export interface PolicyRule {
  readonly deny?: readonly CommandMatch[];
  readonly warn?: readonly CommandMatch[];
  /** Such a command is right, whatever comes behind this rule. */
  readonly allow?: readonly CommandMatch[];
  /** Only for tasks of these arms. */
  readonly arms?: readonly string[];
  /** Only for what comes from these. */
  readonly roles?: readonly (typeof POLICY_ROLES)[number][];
  /** For whoever is refused. */
  readonly why?: string;
}

/** The first that fits decides, so their order counts. */
export type PolicyRules = Record<string, PolicyRule>;

export interface ArmPolicy {
  readonly mode?: PolicyMode;
  /** The only programs that its commands may start; rules come first. */
  readonly only?: readonly string[];
}
export type ArmPolicies = Record<string, ArmPolicy>;

export interface PolicySettings {
  readonly mode: PolicyMode;
  /** The rules that come with Octopus count, behind one's own. */
  readonly defaults: boolean;
  /** Names of those that do not. */
  readonly without: readonly string[];
  readonly rules: PolicyRules;
  readonly arms: ArmPolicies;
}

/** Reads the value at a place; throws `invalid` where it is not what it should be. */
type Read<T> = (value: unknown, at: string) => T;
type Fields<T> = { readonly [K in keyof T]-?: Read<NonNullable<T[K]>> };

const patterns = listOf(text(PATTERN_LENGTH_MAX), PATTERNS_MAX, true);
const matches = listOf(readMatch, PATTERNS_MAX, true);

const MATCH: Fields<CommandMatch> = {
  program: patterns,
  args: patterns,
  paths: patterns,
  outside: patterns,
  writes: patterns,
  removes: patterns,
  pipesTo: patterns,
  isRun: oneOf([true]),
  env: patterns,
};
const RULE: Fields<PolicyRule> = {
  deny: matches,
  warn: matches,
  allow: matches,
  arms: listOf(text(), Number.POSITIVE_INFINITY, false),
  roles: listOf(oneOf(POLICY_ROLES), POLICY_ROLES.length, false),
  why: text(WHY_LENGTH_MAX),
};
const ARM: Fields<ArmPolicy> = { mode: oneOf(POLICY_MODES), only: patterns };

/** Rules by name; throws `invalid` with the place in them and what is wrong there. */
export function readRules(value: unknown): PolicyRules {
  const rules = byName(value, "", readRule);
  const names = Object.keys(rules);
  const wrong = names.find((name) => !RULE_NAME.test(name));
  if (wrong !== undefined) throw refusal(wrong, "must begin with a letter: letters, digits, _ . and -, at most 64");
  if (names.length > RULES_MAX) throw refusal("", `must be at most ${RULES_MAX} rules, not ${names.length}`);
  return rules;
}

/** What arms want; throws as `readRules` does. */
export function readArmPolicies(value: unknown): ArmPolicies {
  return byName(value, "", (one, at) => record<ArmPolicy>(one, at, ARM));
}

/** All of it from what was said of some of it. */
export function policySettings({ mode, defaults, without, rules, arms }: Partial<Said> = {}): PolicySettings {
  return {
    mode: mode ?? "enforce",
    defaults: defaults ?? true,
    without: without ?? [],
    rules: readRules(rules ?? {}),
    arms: readArmPolicies(arms ?? {}),
  };
}

/** Settings whose rules and arms are still to be read. */
type Said = Omit<PolicySettings, "rules" | "arms"> & { rules: unknown; arms: unknown };

function readRule(value: unknown, at: string): PolicyRule {
  const rule = record<PolicyRule>(value, at, RULE);
  const verdicts = [rule.deny, rule.warn, rule.allow].filter((one) => one !== undefined);
  if (verdicts.length === 1) return rule;
  throw refusal(at, "must hold one of deny, warn and allow");
}

function readMatch(value: unknown, at: string): CommandMatch {
  const match = record<CommandMatch>(value, at, MATCH);
  if (Object.keys(match).length > 0) return match;
  throw refusal(at, `must say something of the command: ${Object.keys(MATCH).join(", ")}`);
}

function record<T extends object>(value: unknown, at: string, fields: Fields<T>): T {
  const read: Partial<Record<keyof T, unknown>> = {};
  for (const [key, one] of Object.entries(objectOf(value, at))) {
    const field = Object.hasOwn(fields, key) ? fields[key as keyof T] : undefined;
    if (field === undefined) {
      const near = nearest(key, Object.keys(fields));
      const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
      throw refusal(at, `holds an unknown key ${JSON.stringify(key)}${hint}`);
    }
    if (one !== undefined) read[key as keyof T] = field(one, within(at, key));
  }
  return read as T;
}

function byName<T>(value: unknown, at: string, read: Read<T>): Record<string, T> {
  const entries = Object.entries(objectOf(value, at)).map(([name, one]) => {
    if (name === "") throw refusal(at, "holds something without a name");
    return [name, read(one, within(at, name))] as const;
  });
  return Object.fromEntries(entries);
}

function objectOf(value: unknown, at: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw refusal(at, `must hold keys with values, not ${JSON.stringify(value)}`);
}

/** A list of what `read` takes; `isLoose`: one is a list of one. */
function listOf<T>(read: Read<T>, most: number, isLoose: boolean): Read<readonly T[]> {
  return (value, at) => {
    const items: unknown = isLoose && !Array.isArray(value) ? [value] : value;
    if (!Array.isArray(items)) throw refusal(at, `must be a list, not ${JSON.stringify(value)}`);
    if (items.length === 0) throw refusal(at, "must not be empty");
    if (items.length > most) throw refusal(at, `must have at most ${most} items, not ${items.length}`);
    return items.map((item, i) => read(item, within(at, String(i))));
  };
}

function text(most = Number.POSITIVE_INFINITY): Read<string> {
  return (value, at) => {
    if (typeof value !== "string") throw refusal(at, `must be text, not ${JSON.stringify(value)}`);
    if (value === "") throw refusal(at, "must not be empty");
    if (value.length > most) throw refusal(at, `must have at most ${most} characters, not ${value.length}`);
    return value;
  };
}

function oneOf<T extends string | boolean>(words: readonly T[]): Read<T> {
  return (value, at) => {
    const word = words.find((one) => one === value);
    if (word !== undefined) return word;
    throw refusal(at, `must be ${words.join(", ").replace(/, ([^,]*)$/, " or $1")}, not ${JSON.stringify(value)}`);
  };
}

function within(at: string, key: string): string {
  return at === "" ? key : `${at}.${key}`;
}

function refusal(at: string, message: string): OctopusError {
  return new OctopusError("invalid", at === "" ? message : `${at} ${message}`);
}
