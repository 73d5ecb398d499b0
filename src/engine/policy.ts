/**
 * The policy of commands, where the engine meets them: whatever becomes a task is looked at when its arm is known, by
 * whichever way it came. The rules themselves are `src/policy`'s affair.
 *
 * PJ1  A command that the rules refuse becomes no task, whoever asks: a person, a schedule, a file, another task.
 * PJ2  Tasks that are no commands cost nothing here, and commands in which no word of a rule stands hardly anything.
 * PJ3  What was accepted before is not looked at again, unless its command, its variables or its arm change.
 */
import { OctopusError } from "../base/errors.ts";
import type { CommandPolicy, Finding } from "../policy/policy.ts";
import type { CommandText } from "../policy/read-command.ts";
import { DEFAULT_RULES } from "../policy/defaults.ts";
import type { PolicyRules } from "../policy/settings.ts";
import type { PolicyRuleView, PolicyView } from "../protocol/policy.ts";
import type { TaskSpec, Work } from "../protocol/task.ts";
import type { Library } from "./ports.ts";

/** Who wants the task. */
export interface PolicyCaller {
  /** Id of a token, `local`, or what makes tasks by itself. */
  readonly who: string;
  readonly role: string;
}

/** The program around the engine, and whoever reaches a server that asks for no tokens. */
export const LOCAL_CALLER: PolicyCaller = { who: "local", role: "admin" };
export const SCHEDULE_CALLER: PolicyCaller = { who: "schedule", role: "schedule" };
export const WORKFLOW_CALLER: PolicyCaller = { who: "workflow", role: "workflow" };
export const CALLBACK_CALLER: PolicyCaller = { who: "callback", role: "callback" };

const BULK_CALLER: PolicyCaller = { who: "bulk", role: "operator" };

/** Somebody was refused, or warned. */
export interface PolicyDeed {
  who: string;
  rule: string;
  arm: string;
  isRefused: boolean;
  message: string;
}

/** What routing is told of a submission, and tells of it. */
export interface Looked {
  /** Absent: a task of a workflow. */
  by?: PolicyCaller | undefined;
  /** Warnings are added here. */
  warnings?: { task: number; message: string }[] | undefined;
  /** All of it was looked at before. */
  isJudged?: boolean;
  /** Number of the first task in the whole submission. */
  from?: number;
}

/** Where a task stands. */
interface Place {
  arm: string;
  /** For messages. */
  path: string;
  /** Number in the submission. */
  index: number;
  /** The arm of a task inside of it. */
  armOf: (spec: TaskSpec, path: string) => string;
}

/** What is asked about the policy, beside what submissions meet. */
export interface PolicyApi {
  /** Undefined: there is none. */
  readonly policy: CommandPolicy | undefined;
  judge(text: CommandText, occasion: { arm: string; role: string }): readonly Finding[];
  view(): PolicyView;
  modeOf(arm: string): PolicyView["mode"];
  /** Calls back for each refusal and each warning. */
  listen(listener: (deed: PolicyDeed) => void): void;
}

export class PolicyJudge implements PolicyApi {
  readonly policy: CommandPolicy | undefined;
  #listener: ((deed: PolicyDeed) => void) | undefined;

  constructor(policy: CommandPolicy | undefined) {
    this.policy = policy?.isOff === true ? undefined : policy;
  }

  get isOn(): boolean {
    return this.policy !== undefined;
  }

  listen(listener: (deed: PolicyDeed) => void): void {
    this.#listener = listener;
  }

  judge(text: CommandText, occasion: { arm: string; role: string }): readonly Finding[] {
    return this.policy?.judge(text, occasion) ?? [];
  }

  modeOf(arm: string): PolicyView["mode"] {
    return this.policy?.modeOf(arm) ?? "off";
  }

  view(): PolicyView {
    if (this.policy === undefined) return { mode: "off", rules: [], arms: {} };
    const { mode, rules, arms } = this.policy.settings;
    const shown = Object.entries(arms).map(([name, { mode: own, only }]) => {
      return [
        name,
        { ...(own !== undefined && { mode: own }), ...(only !== undefined && { only: [...only] }) },
      ] as const;
    });
    return { mode, rules: this.policy.rules.map((rule) => ruleView(rule, rules)), arms: Object.fromEntries(shown) };
  }

  /** Whether there may be something to say of the task; for most there is not. */
  isConcerned({ work, on }: TaskSpec, arm: string): boolean {
    if (on !== undefined || work.kind === "each") return true;
    return work.kind === "shell" && this.policy!.mayMatter(work.shell, arm);
  }

  /** Throws `forbidden` for a task whose command is refused, or that would make such a task. */
  look(spec: TaskSpec, { arm, path, index, armOf }: Place, looked: Looked): void {
    const { work, on } = spec;
    const inner = (task: TaskSpec, where: string): void =>
      this.look(task, { arm: armOf(task, where), path: where, index, armOf }, looked);
    if (work.kind === "shell") this.#look(work.shell, { arm, path: `${path}.shell`, index }, looked);
    else if (work.kind === "each") inner(work.each.task, path);
    for (const [at, { task }] of (on ?? []).entries()) inner(task, `${path}.on[${at}].task`);
  }

  /** For work that changed after it was accepted; throws `forbidden`. */
  lookAgain(work: Work, arm: string, path: string, by: PolicyCaller): void {
    if (work.kind === "shell") this.#look(work.shell, { arm, path, index: 0 }, { by });
    else if (work.kind === "each") this.lookAgain(work.each.task.work, work.each.task.arm ?? arm, path, by);
  }

  /** For a task that is to go to another arm: that one may have other rules. */
  lookInArm(task: number, arm: string, library: Pick<Library, "works">, by: PolicyCaller): void {
    if (this.policy?.differsByArm !== true) return;
    const [work] = library.works([task]);
    if (work !== undefined) this.lookAgain(JSON.parse(work) as Work, arm, "its command", by);
  }

  /** Those of them that may go to the arm. */
  movable(tasks: readonly number[], arm: string | undefined, library: Pick<Library, "works">): number[] {
    if (arm === undefined || this.policy?.differsByArm !== true) return [...tasks];
    const texts = library.works([...tasks]);
    return tasks.filter((_, index) => {
      try {
        this.lookAgain(JSON.parse(texts[index]!) as Work, arm, "its command", BULK_CALLER);
        return true;
      } catch (error) {
        if (error instanceof OctopusError && error.code === "forbidden") return false;
        throw error;
      }
    });
  }

  #look(shell: CommandText, { arm, path, index }: Omit<Place, "armOf">, looked: Looked): void {
    const { by = WORKFLOW_CALLER } = looked;
    const findings = this.policy!.judge(shell, { arm, role: by.role });
    if (findings.length === 0) return;
    for (const finding of findings) {
      const message = wordsOf(finding);
      const isRefused = finding.effect === "deny";
      this.#listener?.({ who: by.who, rule: finding.rule, arm, isRefused, message });
      if (isRefused) throw refusal(path, message);
      (looked.warnings ??= []).push({ task: index, message: `${path} ${message}` });
    }
  }
}

function ruleView(rule: CommandPolicy["rules"][number], own: PolicyRules): PolicyRuleView {
  const { name, effect, isShipped } = rule;
  const { arms, roles, why } = isShipped ? DEFAULT_RULES[name]! : own[name]!;
  return {
    ...{ name, effect, from: isShipped ? "octopus" : "settings" },
    ...(arms !== undefined && { arms: [...arms] }),
    ...(roles !== undefined && { roles: [...roles] }),
    ...(why !== undefined && { why }),
  };
}

function wordsOf({ rule, effect, command, why }: Finding): string {
  const verb = effect === "deny" ? "is refused by" : "is warned of by";
  return `${verb} the rule ${rule} of the command policy: ${JSON.stringify(command)}: ${why}`;
}

function refusal(path: string, message: string): OctopusError {
  const next =
    "Change the command, or ask whoever runs the server for a rule that allows it (policy.rules); " +
    "`octopus policy check -- COMMAND` tells what a command meets";
  return new OctopusError("forbidden", `${path} ${message}. ${next}`, { issues: [{ path, message }] });
}
