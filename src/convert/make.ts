/**
 * A Makefile as a workflow: a task for each target that the goals need, which calls make for that target. Make still decides
 * what is out of date and carries out the recipes, so variables, functions and pattern rules mean what they mean there; what
 * is new is the order across machines' crashes, output by target, retries.
 */
import type { Json } from "../base/words.ts";
import { nearest } from "../base/nearest.ts";
import { OctopusError } from "../base/errors.ts";
import { type Converted, Draft, literal, shellWord } from "./draft.ts";
import { type Makefile, readMakefile, type Rule } from "./make-read.ts";
import { stemOf } from "./make-variables.ts";
import type { Mapping } from "./source.ts";

export interface MakeOptions {
  source: string;
  /** Targets that are to be made; none: the first one. */
  goals?: readonly string[];
  /** How make is called on this file: `["-f", "build.mk"]`. */
  args?: readonly string[];
}

/** What rules that are built into make know how to make. */
const BUILT_IN = [{ target: "%.o", needs: [] }];

export function convertMake(text: string, { source, goals = [], args = [] }: MakeOptions): Converted {
  const file = readMakefile(text);
  const wanted = goalsOf(file, goals, source);
  const draft = new Draft();
  draft.head["name"] = nameOfGoals(wanted);
  draft.comments.push(`From ${source}: each task makes one target. What is up to date is not made again.`);
  if (file.isSequential) draft.head["maxParallel"] = 1;
  const targets = reachable(file, wanted);
  const notes: string[] = [];
  for (const name of targets.keys()) draft.nameFor(name);
  let isVague = false;
  for (const [name, rule] of targets) {
    const needs = [...new Set([...rule.needs, ...rule.orderOnly])].filter((one) => targets.has(one) && one !== name);
    const made: Mapping = {};
    if (needs.length > 0) made["needs"] = needs.map((one) => draft.nameFor(one));
    if (rule.isVague) {
      made["mutex"] = "make";
      isVague = true;
    }
    made["shell"] = literal(commandOf(name, rule, { file, targets, args }));
    draft.addTask(draft.nameFor(name), tidy(made));
    const twice = file.phony.has(name)
      ? []
      : rule.needs.filter((one) => file.phony.has(one) && targets.get(one)?.hasRecipe === true);
    if (twice.length > 0)
      notes.push(
        `${name} needs ${twice.join(", ")}, which make always makes: it runs in its own task, and again with ${name}`,
      );
  }
  const unsaid = [...targets].filter(([name, rule]) => isLikePhony(name, rule, file)).map(([name]) => name);
  const again = unsaid.filter((one) => [...targets.values()].some(({ needs }) => needs.includes(one)));
  if (again.length > 0)
    notes.push(
      `${again.join(", ")}: no recipe names a file of that name. Where there never is one, make makes it again with each ` +
        `target that needs it: write .PHONY: ${again.join(" ")}`,
    );
  if (isVague)
    notes.push(
      "what some targets need is known to make alone (wildcards, the shell): these run one at a time (mutex: make)",
    );
  const losses = file.losses.map(({ line, message }) => ({ path: `${source}:${line}`, message }));
  return { text: draft.render(), losses, notes };
}

/** A target that is probably no file, though nobody says so. */
function isLikePhony(name: string, { recipe }: Rule, { phony }: Makefile): boolean {
  return (
    recipe !== undefined &&
    !phony.has(name) &&
    !/[./$%]/.test(name) &&
    !/\$(@|\(@)/.test(recipe) &&
    !recipe.includes(name)
  );
}

function goalsOf(file: Makefile, goals: readonly string[], source: string): string[] {
  const known = [...file.rules.keys()];
  if (goals.length === 0) {
    if (file.firstGoal === undefined)
      throw new OctopusError("invalid", `${source} is no Makefile: it has no rule for a target`);
    return [file.firstGoal];
  }
  for (const goal of goals) {
    if (file.rules.has(goal)) continue;
    const near = nearest(goal, known);
    const hint = near === undefined ? `it has ${known.slice(0, 20).join(", ")}` : `did you mean ${near}?`;
    throw new OctopusError("invalid", `${source} has no rule for ${JSON.stringify(goal)}; ${hint}`);
  }
  return [...goals];
}

function nameOfGoals(goals: readonly string[]): string {
  return `make ${goals.join(" ")}`.slice(0, 200);
}

/** Everything that has to be made for the goals: explicit rules in the order of the file, then what pattern rules make. */
function reachable(file: Makefile, goals: readonly string[]): Map<string, Rule> {
  const found = new Map<string, Rule>();
  const open = [...goals];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    const rule = file.rules.get(name) ?? byPattern(name, file);
    if (rule === undefined) continue;
    found.set(name, rule);
    open.push(...rule.needs, ...rule.orderOnly);
  }
  const order = [...file.rules.keys()].filter((name) => found.has(name));
  const others = [...found.keys()].filter((name) => !file.rules.has(name)).toSorted();
  return new Map([...order, ...others].map((name) => [name, found.get(name)!]));
}

/** A file without a rule of its own that a pattern rule may make. A source that fits one is up to date, and costs nothing. */
function byPattern(name: string, { patterns }: Makefile): Rule | undefined {
  const fitting = [...patterns, ...BUILT_IN].flatMap(({ target, needs }) => {
    const stem = target === "%" ? undefined : stemOf(name, target);
    return stem === undefined ? [] : [needs.map((need) => need.replace("%", () => stem))];
  });
  if (fitting.length === 0) return undefined;
  return {
    line: 0,
    needs: fitting.flat().filter((need) => need !== name),
    orderOnly: [],
    hasRecipe: true,
    isVague: false,
  };
}

interface Around {
  file: Makefile;
  targets: ReadonlyMap<string, Rule>;
  args: readonly string[];
}

/**
 * A phony target always makes the phony ones that it needs, which have been made in their own tasks: `-o` says that they are
 * done. A file that needs a phony target is made anew each time because of it, so there nothing is said.
 */
function commandOf(name: string, rule: Rule, { file, args }: Around): string {
  const done = file.phony.has(name)
    ? [...new Set([...rule.needs, ...rule.orderOnly])].filter((one) => file.phony.has(one))
    : [];
  const words = ["make", ...args, ...done.flatMap((one) => ["-o", one]), "--", name];
  return words.map(shellWord).join(" ");
}

/** A task that says no more than its command is one line. */
function tidy(made: Mapping): Json {
  const keys = Object.keys(made);
  return keys.length === 1 ? made["shell"]! : made;
}
