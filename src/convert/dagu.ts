/** A DAG of Dagu: its steps, params, conditions, handlers; further documents of the file are workflows that it calls. */
import type { Json } from "../base/words.ts";
import { type Converted, Draft, literal, seconds } from "./draft.ts";
import { paramsOf } from "./dagu-params.ts";
import { conditionsOf, doubleQuoted, envEntries, isComputed, outputOf, type StepContext } from "./dagu-command.ts";
import { stepTask } from "./dagu-step.ts";
import type { Output } from "./dagu-variables.ts";
import {
  expressionOf,
  isMapping,
  isVariable,
  listOf,
  type Mapping,
  notThatKind,
  type Path,
  Source,
  textOf,
  textsOf,
} from "./source.ts";

/** Keys that change nothing of what a run does. */
const HARMLESS = new Set([
  ...["group", "tags", "labels", "logDir", "log_dir", "histRetentionDays", "hist_retention_days", "maxOutputSize"],
  ...["max_output_size", "maxCleanUpTimeSec", "runConfig", "run_config", "ui", "otel"],
]);
const KNOWN = new Set([
  ...[
    "name",
    "description",
    "schedule",
    "env",
    "params",
    "steps",
    "type",
    "shell",
    "handlerOn",
    "handler_on",
    "timeoutSec",
  ],
  ...[
    "timeout_sec",
    "maxActiveRuns",
    "max_active_runs",
    "maxActiveSteps",
    "max_active_steps",
    "preconditions",
    "precondition",
  ],
  ...["workingDir", "working_dir", "overlapPolicy", "workerSelector", "worker_selector"],
]);

export function convertDagu(text: string, options: { source: string }): Converted {
  const source = new Source(text, options.source);
  const documents = source.values.filter((value) => value !== null);
  const [first] = documents;
  if (!isMapping(first) || first["steps"] === undefined)
    throw notThatKind(options.source, "DAG of Dagu", "it needs a key steps");
  const subs = new Set(documents.slice(1).flatMap((one) => (isMapping(one) ? (textOf(one["name"]) ?? []) : [])));
  const texts = documents.map((value, index) =>
    new DagReader(isMapping(value) ? value : {}, { source, subs, index }).text(),
  );
  return { text: texts.join("---\n"), losses: source.losses, notes: source.notes };
}

interface Around {
  source: Source;
  /** Names of the DAGs in the file that others may call. */
  subs: ReadonlySet<string>;
  index: number;
}

interface NamedStep {
  name: string;
  value: Mapping;
  path: Path;
  needs: string[];
}

class DagReader {
  readonly #dag: Mapping;
  readonly #around: Around;
  readonly #draft = new Draft();
  readonly #prelude: string[] = [];

  constructor(dag: Mapping, around: Around) {
    this.#dag = dag;
    this.#around = around;
  }

  text(): string {
    const { source, index } = this.#around;
    const { head, comments } = this.#draft;
    head["name"] = (textOf(this.#dag["name"]) ?? source.name.replace(/^.*\/|\.ya?ml$/g, "")).slice(0, 200);
    const description = textOf(this.#dag["description"]);
    if (description !== undefined) head["description"] = literal(description);
    if (index === 0) comments.push(`From ${source.name}, a DAG of Dagu.`);
    for (const key of Object.keys(this.#dag)) {
      if (HARMLESS.has(key)) source.note(`${key} is left out: it changes nothing of what a run does`);
      else if (!KNOWN.has(key)) this.#lose(key, "has no counterpart");
    }
    this.#readParams();
    this.#readEnv();
    this.#readSchedule(this.#dag["schedule"]);
    this.#readLimits();
    const steps = this.#steps();
    for (const { name } of steps) this.#draft.nameFor(name);
    const guard = this.#readPreconditions();
    for (const step of steps) this.#readStep(step, this.#outputsBefore(step, steps), guard);
    this.#readHandlers(steps);
    return this.#draft.render();
  }

  #lose(key: string, message: string, path: Path = []): void {
    const { source, index } = this.#around;
    source.lose([...path, key], message, index);
  }

  #readParams(): void {
    const { named, positional } = paramsOf(this.#dag["params"]);
    if (positional.length > 0)
      this.#lose("params", `${positional.join(" ")}: params without a name ($1, $2) have no counterpart`);
    if (Object.keys(named).length === 0) return;
    const params: Mapping = {};
    const env: Mapping = {};
    for (const [name, value] of Object.entries(named)) {
      if (typeof value === "string" && isComputed(value))
        this.#lose("params", `${name}: the default ${value} is computed there`);
      params[name] = typeof value === "string" ? literal(value) : value;
      // Commands name it as they did.
      env[name] = expressionOf(`params.${name}`);
    }
    this.#draft.head["params"] = params;
    this.#draft.head["env"] = env;
  }

  #readEnv(): void {
    const env: Mapping = {};
    for (const [name, value] of envEntries(this.#dag["env"])) {
      if (!isVariable(name)) {
        this.#lose("env", `${JSON.stringify(name)} is no name of a variable`);
        continue;
      }
      // Computed values may name those before them: once one is, the order is kept.
      if (isComputed(value)) this.#prelude.push(`export ${name}=${doubleQuoted(value)}`);
      else env[name] = literal(value);
    }
    if (this.#prelude.length > 0)
      this.#around.source.note(
        "variables that a shell computes are computed at the start of each command, and not once for the run",
      );
    const before = this.#draft.head["env"] as Mapping | undefined;
    if (Object.keys(env).length > 0) this.#draft.head["env"] = { ...before, ...env };
    const dir = textOf(this.#dag["workingDir"]) ?? textOf(this.#dag["working_dir"]);
    if (dir === undefined) return;
    if (isComputed(dir) || dir.includes("~"))
      this.#lose("workingDir", `${dir} is filled in by a shell there; here it is a path`);
    this.#draft.head["cwd"] = literal(dir);
  }

  #readSchedule(schedule: Json | undefined): void {
    const start = isMapping(schedule) ? schedule["start"] : schedule;
    if (isMapping(schedule))
      for (const key of ["stop", "restart"])
        if (schedule[key] !== undefined) this.#lose("schedule", `${key}: a run is not stopped by the calendar`);
    const crons = textsOf(listOf(start));
    if (crons.length > 0) this.#draft.head["schedule"] = crons.length === 1 ? crons[0]! : crons;
  }

  #readLimits(): void {
    const { head } = this.#draft;
    const timeout = this.#dag["timeoutSec"] ?? this.#dag["timeout_sec"];
    if (typeof timeout === "number" && timeout > 0) head["runTimeout"] = seconds(timeout);
    const runs = this.#dag["maxActiveRuns"] ?? this.#dag["max_active_runs"];
    if (typeof runs === "number" && runs > 0) head["concurrency"] = { group: head["name"]!, limit: runs };
    const steps = this.#dag["maxActiveSteps"] ?? this.#dag["max_active_steps"];
    if (typeof steps === "number" && steps > 0) head["maxParallel"] = steps;
  }

  /** Steps in their order, each with what it needs. */
  #steps(): NamedStep[] {
    const steps = this.#dag["steps"];
    const entries: [string | number, Json][] = isMapping(steps)
      ? Object.entries(steps)
      : listOf(steps).map((one, i) => [i, one]);
    const read = entries.map(([key, one], i): NamedStep => {
      const value = isMapping(one) ? one : { command: one };
      const name = textOf(value["name"]) ?? (typeof key === "string" ? key : (textOf(value["id"]) ?? `step-${i + 1}`));
      return { name, value, path: ["steps", key], needs: [] };
    });
    const byId = new Map(
      read.flatMap(({ name, value }) => [[name, name] as const, [textOf(value["id"]) ?? name, name] as const]),
    );
    const hasNeeds = read.some(({ value }) => value["depends"] !== undefined);
    // Steps are a chain, unless the file says that they are a graph, in one way or the other.
    const isChain =
      textOf(this.#dag["type"]) === "chain" || (this.#dag["type"] === undefined && !hasNeeds && !isMapping(steps));
    for (const [i, step] of read.entries()) {
      const depends = textsOf(listOf(step.value["depends"]));
      step.needs = depends.map((one) => byId.get(one) ?? one);
      if (isChain && step.value["depends"] === undefined && i > 0) step.needs = [read[i - 1]!.name];
    }
    return read;
  }

  /** What steps before it leave in variables. */
  #outputsBefore(step: NamedStep | undefined, steps: readonly NamedStep[]): Map<string, Output> {
    const byName = new Map(steps.map((one) => [one.name, one]));
    const seen = new Set<string>();
    const open = step === undefined ? steps.map(({ name }) => name) : [...step.needs];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      open.push(...(byName.get(name)?.needs ?? []));
    }
    const outputs = new Map<string, Output>();
    for (const { name, value } of steps) {
      const plain = outputOf(value);
      if (plain === undefined || !seen.has(name)) continue;
      outputs.set(plain, { task: this.#draft.nameFor(name), name: plain });
    }
    return outputs;
  }

  /** Conditions of the whole DAG: a task that everything waits for, and that is skipped when they do not hold. */
  #readPreconditions(): string | undefined {
    const value = this.#dag["preconditions"] ?? this.#dag["precondition"];
    if (value === undefined) return undefined;
    const env: Mapping = {};
    const tests = conditionsOf(value, new Map(), env, (message) => this.#lose("preconditions", message));
    const name = this.#draft.nameFor("preconditions");
    const command = [...this.#prelude, ...tests.map((test) => `${test} || exit 99`)].join("\n");
    this.#draft.addTask(name, { shell: literal(command) }, [
      "Exit code 99: nothing to do, and nothing of the rest runs.",
    ]);
    return name;
  }

  #context(path: Path, outputs: ReadonlyMap<string, Output>): StepContext {
    return {
      path,
      outputs,
      lose: (key, message) => this.#lose(key, message, path),
      prelude: this.#prelude,
      shell: textOf(this.#dag["shell"]),
      subs: this.#around.subs,
      selector: this.#dag["workerSelector"] ?? this.#dag["worker_selector"],
    };
  }

  #readStep(
    { name, value, path, needs }: NamedStep,
    outputs: ReadonlyMap<string, Output>,
    guard: string | undefined,
  ): void {
    const made = stepTask(value, this.#context(path, outputs));
    const all = needs.map((need) => this.#draft.nameFor(need));
    if (all.length === 0 && guard !== undefined) all.push(guard);
    const task: Mapping = { ...(all.length > 0 && { needs: all.length === 1 ? all[0]! : all }), ...made };
    const keys = Object.keys(task);
    const short = keys.length === 1 && typeof task["shell"] === "string" ? task["shell"] : task;
    const description = textOf(value["description"]);
    const own = this.#draft.nameFor(name);
    const comments = [...(own === name ? [] : [name]), ...(description === undefined ? [] : [description])];
    this.#draft.addTask(own, short, comments);
  }

  #readHandlers(steps: readonly NamedStep[]): void {
    const handlers = this.#dag["handlerOn"] ?? this.#dag["handler_on"];
    if (!isMapping(handlers)) return;
    const made: Mapping = {};
    for (const [moment, step] of Object.entries(handlers)) {
      const name = moment === "abort" ? "cancel" : moment;
      const path = [this.#dag["handlerOn"] === undefined ? "handler_on" : "handlerOn", moment];
      if (!["success", "failure", "cancel", "exit"].includes(name))
        this.#lose(moment, "has no counterpart", path.slice(0, 1));
      else if (isMapping(step)) made[name] = stepTask(step, this.#context(path, this.#outputsBefore(undefined, steps)));
    }
    if (Object.keys(made).length > 0) this.#draft.tail["on"] = made;
  }
}
