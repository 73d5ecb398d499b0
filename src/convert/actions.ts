/**
 * A workflow of GitHub Actions: its `run:` steps. A job becomes a task whose script is the steps, one after the other, in one
 * folder. What runs on GitHub alone (actions, containers, events) is told of.
 */
import type { Json } from "../base/words.ts";
import { conditionOf } from "./actions-condition.ts";
import { Foreign, piecesOf, toCel } from "./actions-expression.ts";
import { matrixOf, partialAxesOf } from "./actions-matrix.ts";
import { celPath, type JobNames, variableName } from "./actions-names.ts";
import { scriptOf } from "./actions-script.ts";
import { type Converted, Draft, literal } from "./draft.ts";
import { runnerSelector, systemOfAxis } from "./place.ts";
import {
  isMapping,
  isVariable,
  known,
  listOf,
  type Mapping,
  notThatKind,
  type Path,
  Source,
  textOf,
  textsOf,
} from "./source.ts";

const TOP_KEYS = new Set(["name", "on", "env", "defaults", "concurrency", "jobs"]);
const JOB_KEYS = new Set([
  ...["name", "needs", "runs-on", "if", "env", "defaults", "strategy", "timeout-minutes"],
  ...["continue-on-error", "outputs", "steps", "concurrency", "permissions", "environment"],
]);
/** What a job does elsewhere, and not on its own. */
const FOREIGN_KEYS: Readonly<Record<string, string>> = {
  container: "runs in a container: write docker",
  services: "needs services beside it",
  uses: "calls another workflow of GitHub",
};
const STEP_KEYS = new Set([
  ...["name", "id", "if", "run", "uses", "with", "env", "shell", "working-directory", "continue-on-error"],
  "timeout-minutes",
]);

export function convertActions(text: string, options: { source: string }): Converted {
  const source = new Source(text, options.source);
  const [top] = source.values;
  if (!isMapping(top) || !isMapping(top["jobs"]))
    throw notThatKind(options.source, "workflow of GitHub Actions", "it needs a key jobs");
  return new Reader(top, source).convert();
}

class Reader {
  readonly #top: Mapping;
  readonly #source: Source;
  readonly #draft = new Draft();
  readonly #env: Mapping = {};
  /** Variables of the whole file that only a script can set. */
  readonly #exports: [string, string][] = [];
  readonly #secrets = new Set<string>();
  readonly #params = new Set<string>();
  readonly #tasks = new Map<string, string>();

  constructor(top: Mapping, source: Source) {
    this.#top = top;
    this.#source = source;
  }

  convert(): Converted {
    const draft = this.#draft;
    const name = textOf(this.#top["name"]);
    draft.head["name"] = (name ?? this.#source.name.replace(/^.*\/|\.ya?ml$/g, "")).slice(0, 200);
    draft.comments.push(`From ${this.#source.name}, a workflow of GitHub Actions.`);
    for (const key of Object.keys(this.#top)) {
      if (key === "permissions" || key === "run-name") this.#source.note(`${key} means something on GitHub alone`);
      else if (!TOP_KEYS.has(key)) this.#source.lose([key], "is not known");
    }
    this.#readOn(this.#top["on"]);
    this.#readEnv(this.#top["env"]);
    this.#readConcurrency(this.#top["concurrency"]);
    const jobs = this.#top["jobs"] as Mapping;
    for (const id of Object.keys(jobs)) this.#tasks.set(id, draft.nameFor(id));
    for (const [id, job] of Object.entries(jobs)) if (isMapping(job)) this.#readJob(id, job);
    const { losses, notes } = this.#source;
    for (const secret of this.#secrets)
      this.#source.note(`the worker must have $${secret} in its environment: it was a secret there`);
    return { text: draft.render(), losses, notes };
  }

  #names(jobEnv: Mapping = {}, partialAxes: ReadonlySet<string> = new Set()): JobNames {
    return { tasks: this.#tasks, env: this.#env, jobEnv, secrets: this.#secrets, params: this.#params, partialAxes };
  }

  /** A text with its expressions in CEL. Throws `Foreign`. */
  #translate(text: string, names: JobNames): string {
    const pieces = piecesOf(text).map((piece) => {
      if (typeof piece === "string") return literal(piece);
      const status = (name: string): never => {
        throw new Foreign(`${name}() may stand in if alone`);
      };
      return `\${{ ${toCel(piece.expression, { value: (path) => celPath(path, names), status })} }}`;
    });
    return pieces.join("");
  }

  #readOn(on: Json | undefined): void {
    const events = isMapping(on) ? on : Object.fromEntries(textsOf(listOf(on)).map((event) => [event, null]));
    const others: string[] = [];
    for (const [event, about] of Object.entries(events)) {
      if (event === "schedule") {
        const crons = listOf(about).flatMap((one) => (isMapping(one) ? textsOf(one["cron"]) : []));
        if (crons.length > 0)
          this.#draft.head["schedule"] = { cron: crons.length === 1 ? crons[0]! : crons, zone: "UTC" };
      } else if (event === "workflow_dispatch" || event === "workflow_call")
        this.#readInputs(isMapping(about) ? about["inputs"] : undefined);
      else others.push(event);
    }
    if (others.length > 0)
      this.#source.note(
        `${others.join(", ")}: events of GitHub start nothing here; a webhook of yours can submit a run`,
      );
  }

  #readInputs(inputs: Json | undefined): void {
    if (!isMapping(inputs)) return;
    const params: Mapping = {};
    for (const [name, input] of Object.entries(inputs)) {
      const about = isMapping(input) ? input : {};
      const given = textOf(about["type"]);
      const type = given === "boolean" || given === "number" ? given : "string";
      const made: Mapping = { type };
      if (about["default"] !== undefined)
        made["default"] = type === "string" ? (textOf(about["default"]) ?? "") : about["default"]!;
      else if (about["required"] !== true) made["default"] = type === "boolean" ? false : type === "number" ? 0 : "";
      if (Array.isArray(about["options"])) made["enum"] = about["options"];
      const description = textOf(about["description"]);
      if (description !== undefined) made["description"] = description;
      params[variableName(name)] = made;
      this.#params.add(variableName(name));
    }
    this.#draft.head["params"] = { ...(this.#draft.head["params"] as Mapping | undefined), ...params };
  }

  #readEnv(env: Json | undefined): void {
    if (!isMapping(env)) return;
    const split = this.#splitEnv(env, ["env"], this.#names());
    Object.assign(this.#env, split.env);
    this.#exports.push(...split.exports);
    this.#draft.head["env"] = { CI: "true", ...split.env };
  }

  /** What CEL can say, and what only a script can: secrets. */
  #splitEnv(env: Mapping, path: Path, names: JobNames): { env: Mapping; exports: [string, string][] } {
    const split = { env: {} as Mapping, exports: [] as [string, string][] };
    for (const [name, value] of Object.entries(env)) {
      const text = textOf(value) ?? "";
      if (!isVariable(name)) {
        this.#source.lose([...path, name], `${JSON.stringify(name)} is no name of a variable`);
        continue;
      }
      if (/\$\{\{\s*secrets\./.test(text)) {
        // Under its own name it is in the environment already.
        if (new RegExp(`^\\$\\{\\{\\s*secrets\\.${variableName(name)}\\s*\\}\\}$`).test(text)) names.secrets.add(name);
        else split.exports.push([name, text]);
        continue;
      }
      try {
        split.env[name] = typeof value === "string" ? this.#translate(value, names) : text;
      } catch (error) {
        if (!(error instanceof Foreign)) throw error;
        this.#source.lose([...path, name], `${text}: ${error.message}`);
      }
    }
    return split;
  }

  #readConcurrency(concurrency: Json | undefined): void {
    if (concurrency === undefined) return;
    const about = isMapping(concurrency) ? concurrency : { group: concurrency };
    const kept: string[] = [];
    for (const piece of piecesOf(textOf(about["group"]) ?? "")) {
      try {
        kept.push(this.#translate(typeof piece === "string" ? piece : `\${{ ${piece.expression} }}`, this.#names()));
      } catch (error) {
        if (!(error instanceof Foreign) || typeof piece === "string") throw error;
        this.#source.note(
          `concurrency: ${piece.expression} is known to GitHub alone: runs for all of its values share one group`,
        );
      }
    }
    const cancels = about["cancel-in-progress"];
    if (typeof cancels === "string")
      this.#source.lose(["concurrency", "cancel-in-progress"], "an expression has no counterpart there");
    const group = kept.join("").replace(/^[-_/]+|[-_/]+$/g, "");
    this.#draft.head["concurrency"] = {
      group: group === "" ? this.#draft.head["name"]! : group,
      overlap: cancels === true ? "cancel_previous" : "queue",
    };
  }

  /** The labels of its runner: those of GitHub's own say the system, others are labels of workers. */
  #readRunner(runsOn: Json | undefined, made: Mapping, lose: (key: string, message: string) => void): void {
    if (runsOn === undefined) return;
    const said = isMapping(runsOn) ? runsOn["labels"] : runsOn;
    if (isMapping(runsOn) && runsOn["group"] !== undefined)
      lose("runs-on", `the group ${JSON.stringify(runsOn["group"])}: give its workers a label, and name it in target`);
    const labels = textsOf(listOf(said));
    const axis = labels.length === 1 ? /^\$\{\{\s*matrix\.([A-Za-z_]\w*)\s*\}\}$/.exec(labels[0]!)?.[1] : undefined;
    if (axis !== undefined) made["target"] = { labels: systemOfAxis(axis) };
    else if (labels.some((label) => label.includes("${{")))
      return lose("runs-on", `${labels.join(", ")} is known when the job runs: write target`);
    if (axis !== undefined) return;
    const { selector, odd } = runnerSelector(labels);
    if (odd.length > 0) lose("runs-on", `${odd.join(", ")}: a label has letters, digits and _ . / -`);
    if (selector === undefined) return;
    made["target"] = { labels: selector };
    this.#source.note(`runs-on: each worker says its os and arch by itself; others it is given (worker.labels)`);
  }

  #readJob(id: string, job: Mapping): void {
    const path: Path = ["jobs", id];
    const lose = (key: string, message: string): void => this.#source.lose([...path, key], message);
    const made: Mapping = {};
    for (const key of Object.keys(job)) {
      if (JOB_KEYS.has(key)) continue;
      const odd = known(FOREIGN_KEYS, key);
      if (odd !== undefined) lose(key, `the job ${odd}: there is no counterpart in this version`);
      else if (key !== "with" && key !== "secrets") lose(key, "is not known");
    }
    this.#readRunner(job["runs-on"], made, lose);
    if (job["environment"] !== undefined) lose("environment", "its rules of protection are GitHub's: write approval");
    const jobEnv = isMapping(job["env"]) ? job["env"] : {};
    const names = this.#names(jobEnv, partialAxesOf(job["strategy"]));
    const needs = textsOf(listOf(job["needs"])).map((need) => this.#tasks.get(need) ?? need);
    if (needs.length > 0) made["needs"] = needs.length === 1 ? needs[0]! : needs;
    this.#readIf(job, made, names, lose);
    this.#readStrategy(job["strategy"], made, names, lose);
    const minutes = job["timeout-minutes"];
    if (typeof minutes === "number") made["timeout"] = `${minutes}m`;
    else if (minutes !== undefined) lose("timeout-minutes", "an expression has no counterpart there");
    if (job["continue-on-error"] === true) made["allowFailure"] = true;
    else if (typeof job["continue-on-error"] === "string")
      lose("continue-on-error", "an expression has no counterpart there");
    this.#readMutex(job["concurrency"], made, lose);
    this.#readSteps(job, made, { path, names, jobEnv, lose });
    const label = textOf(job["name"]);
    this.#draft.addTask(this.#tasks.get(id)!, made, label === undefined ? [] : [label]);
  }

  #readIf(job: Mapping, made: Mapping, names: JobNames, lose: (key: string, message: string) => void): void {
    const text = textOf(job["if"]);
    if (text === undefined) return;
    try {
      const { status, rest } = conditionOf(text);
      if (status === "always" && made["needs"] !== undefined) made["trigger"] = "all_done";
      if (status === "failure") made["trigger"] = "any_failed";
      const conditions = rest.map((part) => this.#translate(`\${{ ${part} }}`, names).slice(4, -3));
      if (conditions.length === 1) made["when"] = conditions[0]!;
      else if (conditions.length > 1)
        made["when"] = conditions.map((one) => (one.includes("||") ? `(${one})` : one)).join(" && ");
    } catch (error) {
      if (!(error instanceof Foreign)) throw error;
      lose("if", `${text}: ${error.message}`);
    }
  }

  #readStrategy(
    strategy: Json | undefined,
    made: Mapping,
    names: JobNames,
    lose: (key: string, message: string) => void,
  ): void {
    if (!isMapping(strategy)) return;
    const { matrix } = strategy;
    try {
      if (!isMapping(matrix)) throw new Foreign("a matrix must be a mapping of axes");
      const read = matrixOf(matrix, (text) => this.#translate(text, names));
      if (typeof read === "string") throw new Foreign(read);
      made["matrix"] = read;
    } catch (error) {
      if (!(error instanceof Foreign)) throw error;
      return lose("strategy", `the matrix is not carried over: ${error.message}`);
    }
    // There the first that fails ends the others, unless it is said otherwise.
    if (strategy["fail-fast"] !== false) made["failFast"] = true;
    if (typeof strategy["max-parallel"] === "number") made["maxParallel"] = strategy["max-parallel"];
  }

  #readMutex(concurrency: Json | undefined, made: Mapping, lose: (key: string, message: string) => void): void {
    if (concurrency === undefined) return;
    const about = isMapping(concurrency) ? concurrency : { group: concurrency };
    const group = textOf(about["group"]) ?? "";
    if (group.includes("${{") || (about["cancel-in-progress"] ?? false) !== false)
      return lose(
        "concurrency",
        "of a job it is a name that one task holds at a time (mutex): no expression, and nobody is cancelled",
      );
    made["mutex"] = this.#draft.nameFor(`mutex ${group}`).replace(/^mutex-/, "");
  }

  #readSteps(
    job: Mapping,
    made: Mapping,
    {
      path,
      names,
      jobEnv,
      lose,
    }: { path: Path; names: JobNames; jobEnv: Mapping; lose: (key: string, message: string) => void },
  ): void {
    const steps: { value: Mapping; lose(key: string, message: string): void }[] = [];
    for (const [index, value] of listOf(job["steps"]).entries()) {
      const at = [...path, "steps", index];
      if (isMapping(value) && this.#isOurs(value, at))
        steps.push({ value, lose: (key, message) => this.#source.lose([...at, key], message) });
    }
    if (steps.length === 0) {
      if (job["uses"] === undefined) this.#source.note(`${path.join(".")} has no step that runs a command`);
      made["shell"] = job["uses"] === undefined ? "true" : "false";
      return;
    }
    const split = this.#splitEnv(jobEnv, [...path, "env"], names);
    const run = runDefaults(job["defaults"], this.#top["defaults"]);
    const outputs = isMapping(job["outputs"]) ? job["outputs"] : {};
    if (made["matrix"] !== undefined && Object.keys(outputs).length > 0)
      lose("outputs", "of a matrix: there the last job's counts, here they are a list");
    const script = scriptOf(steps, {
      ...{ names, outputs, shell: run.shell, workingDirectory: run.workingDirectory },
      exports: [...this.#exports, ...split.exports],
      loseOutput: (name, message) => lose("outputs", `${name}: ${message}`),
    });
    const env = { ...(this.#draft.head["env"] === undefined && { CI: "true" }), ...split.env, ...script.env };
    if (Object.keys(env).length > 0) made["env"] = env;
    made["shell"] = { command: script.command, shell: ["bash", "-c"] };
    if (script.outputs.length > 0) made["outputs"] = Object.fromEntries(script.outputs.map((name) => [name, "string"]));
  }

  /** A step that runs a command. What it uses is told of. */
  #isOurs(step: Mapping, path: Path): boolean {
    for (const key of Object.keys(step)) if (!STEP_KEYS.has(key)) this.#source.lose([...path, key], "is not known");
    const uses = textOf(step["uses"]);
    if (uses === undefined) return textOf(step["run"]) !== undefined;
    if (uses.startsWith("actions/checkout@"))
      this.#source.note("actions/checkout is left out: tasks run in the folder of the workflow file");
    else this.#source.lose([...path, "uses"], `${uses} runs on GitHub alone: write what it does as a command`);
    return false;
  }
}

function runDefaults(...all: (Json | undefined)[]): {
  shell: string | undefined;
  workingDirectory: string | undefined;
} {
  const runs = all.map((one) => (isMapping(one) && isMapping(one["run"]) ? one["run"] : {}));
  const find = (key: string): string | undefined =>
    runs.map((run) => textOf(run[key])).find((text) => text !== undefined);
  return { shell: find("shell"), workingDirectory: find("working-directory") };
}
