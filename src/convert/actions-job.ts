/** A job of GitHub Actions: it becomes a task. What it asks of GitHub alone is told of. */
import type { Json } from "../base/words.ts";
import { conditionOf } from "./actions-condition.ts";
import { splitEnv, translate } from "./actions-env.ts";
import { Foreign } from "./actions-expression.ts";
import { matrixOf, partialAxesOf } from "./actions-matrix.ts";
import type { JobNames } from "./actions-names.ts";
import { scriptOf, type Step } from "./actions-script.ts";
import type { Draft } from "./draft.ts";
import { runnerSelector, systemOfAxis } from "./place.ts";
import { isMapping, known, listOf, type Mapping, type Path, type Source, textOf, textsOf } from "./source.ts";

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

/** What the file gives each of its jobs. */
export interface ActionsFile {
  source: Source;
  draft: Draft;
  /** The task of each job. */
  tasks: ReadonlyMap<string, string>;
  /** Variables of the whole file that only a script can set. */
  exports: readonly [name: string, value: string][];
  /** `defaults` at the top of the file. */
  defaults: Json | undefined;
  names(jobEnv: Mapping, partialAxes: ReadonlySet<string>): JobNames;
}

export function readJob(id: string, job: Mapping, file: ActionsFile): void {
  new JobReader(id, job, file).read();
}

class JobReader {
  readonly #job: Mapping;
  readonly #file: ActionsFile;
  readonly #task: string;
  readonly #path: Path;
  readonly #names: JobNames;
  /** The task that it becomes. */
  readonly #made: Mapping = {};

  constructor(id: string, job: Mapping, file: ActionsFile) {
    this.#job = job;
    this.#file = file;
    this.#task = file.tasks.get(id)!;
    this.#path = ["jobs", id];
    this.#names = file.names(isMapping(job["env"]) ? job["env"] : {}, partialAxesOf(job["strategy"]));
  }

  #lose(key: string, message: string): void {
    this.#file.source.lose([...this.#path, key], message);
  }

  read(): void {
    const [job, made] = [this.#job, this.#made];
    for (const key of Object.keys(job)) {
      if (JOB_KEYS.has(key)) continue;
      const odd = known(FOREIGN_KEYS, key);
      if (odd !== undefined) this.#lose(key, `the job ${odd}: there is no counterpart in this version`);
      else if (key !== "with" && key !== "secrets") this.#lose(key, "is not known");
    }
    this.#readRunner(job["runs-on"]);
    if (job["environment"] !== undefined)
      this.#lose("environment", "its rules of protection are GitHub's: write approval");
    const needs = textsOf(listOf(job["needs"])).map((need) => this.#file.tasks.get(need) ?? need);
    if (needs.length > 0) made["needs"] = needs.length === 1 ? needs[0]! : needs;
    this.#readIf();
    this.#readStrategy(job["strategy"]);
    const minutes = job["timeout-minutes"];
    if (typeof minutes === "number") made["timeout"] = `${minutes}m`;
    else if (minutes !== undefined) this.#lose("timeout-minutes", "an expression has no counterpart there");
    if (job["continue-on-error"] === true) made["allowFailure"] = true;
    else if (typeof job["continue-on-error"] === "string")
      this.#lose("continue-on-error", "an expression has no counterpart there");
    this.#readMutex(job["concurrency"]);
    this.#readSteps();
    const label = textOf(job["name"]);
    this.#file.draft.addTask(this.#task, made, label === undefined ? [] : [label]);
  }

  /** The labels of its runner: those of GitHub's own say the system, others are labels of workers. */
  #readRunner(runsOn: Json | undefined): void {
    if (runsOn === undefined) return;
    const said = isMapping(runsOn) ? runsOn["labels"] : runsOn;
    if (isMapping(runsOn) && runsOn["group"] !== undefined)
      this.#lose(
        "runs-on",
        `the group ${JSON.stringify(runsOn["group"])}: give its workers a label, and name it in target`,
      );
    const labels = textsOf(listOf(said));
    const axis = labels.length === 1 ? /^\$\{\{\s*matrix\.([A-Za-z_]\w*)\s*\}\}$/.exec(labels[0]!)?.[1] : undefined;
    if (axis !== undefined) {
      this.#made["target"] = { labels: systemOfAxis(axis) };
      return;
    }
    if (labels.some((label) => label.includes("${{")))
      return this.#lose("runs-on", `${labels.join(", ")} is known when the job runs: write target`);
    const { selector, odd } = runnerSelector(labels);
    if (odd.length > 0) this.#lose("runs-on", `${odd.join(", ")}: a label has letters, digits and _ . / -`);
    if (selector === undefined) return;
    this.#made["target"] = { labels: selector };
    this.#file.source.note(`runs-on: each worker says its os and arch by itself; others it is given (worker.labels)`);
  }

  #readIf(): void {
    const made = this.#made;
    const text = textOf(this.#job["if"]);
    if (text === undefined) return;
    try {
      const { status, rest } = conditionOf(text);
      if (status === "always" && made["needs"] !== undefined) made["trigger"] = "all_done";
      if (status === "failure") made["trigger"] = "any_failed";
      const conditions = rest.map((part) => translate(`\${{ ${part} }}`, this.#names).slice(4, -3));
      if (conditions.length === 1) made["when"] = conditions[0]!;
      else if (conditions.length > 1)
        made["when"] = conditions.map((one) => (one.includes("||") ? `(${one})` : one)).join(" && ");
    } catch (error) {
      if (!(error instanceof Foreign)) throw error;
      this.#lose("if", `${text}: ${error.message}`);
    }
  }

  #readStrategy(strategy: Json | undefined): void {
    if (!isMapping(strategy)) return;
    const { matrix } = strategy;
    try {
      if (!isMapping(matrix)) throw new Foreign("a matrix must be a mapping of axes");
      const read = matrixOf(matrix, (text) => translate(text, this.#names));
      if (typeof read === "string") throw new Foreign(read);
      this.#made["matrix"] = read;
    } catch (error) {
      if (!(error instanceof Foreign)) throw error;
      return this.#lose("strategy", `the matrix is not carried over: ${error.message}`);
    }
    // There the first that fails ends the others, unless it is said otherwise.
    if (strategy["fail-fast"] !== false) this.#made["failFast"] = true;
    if (typeof strategy["max-parallel"] === "number") this.#made["maxParallel"] = strategy["max-parallel"];
  }

  #readMutex(concurrency: Json | undefined): void {
    if (concurrency === undefined) return;
    const about = isMapping(concurrency) ? concurrency : { group: concurrency };
    const group = textOf(about["group"]) ?? "";
    if (group.includes("${{") || (about["cancel-in-progress"] ?? false) !== false)
      return this.#lose(
        "concurrency",
        "of a job it is a name that one task holds at a time (mutex): no expression, and nobody is cancelled",
      );
    this.#made["mutex"] = this.#file.draft.nameFor(`mutex ${group}`).replace(/^mutex-/, "");
  }

  #readSteps(): void {
    const [job, made, path] = [this.#job, this.#made, this.#path];
    const steps: Step[] = [];
    for (const [index, value] of listOf(job["steps"]).entries()) {
      const at = [...path, "steps", index];
      if (isMapping(value) && this.#isOurs(value, at))
        steps.push({ value, lose: (key, message) => this.#file.source.lose([...at, key], message) });
    }
    if (steps.length === 0) {
      if (job["uses"] === undefined) this.#file.source.note(`${path.join(".")} has no step that runs a command`);
      made["shell"] = job["uses"] === undefined ? "true" : "false";
      return;
    }
    const split = splitEnv(this.#names.jobEnv, {
      path: [...path, "env"],
      names: this.#names,
      source: this.#file.source,
    });
    const run = runDefaults(job["defaults"], this.#file.defaults);
    const outputs = isMapping(job["outputs"]) ? job["outputs"] : {};
    if (made["matrix"] !== undefined && Object.keys(outputs).length > 0)
      this.#lose("outputs", "of a matrix: there the last job's counts, here they are a list");
    const script = scriptOf(steps, {
      ...{ names: this.#names, outputs, shell: run.shell, workingDirectory: run.workingDirectory },
      exports: [...this.#file.exports, ...split.exports],
      loseOutput: (name, message) => this.#lose("outputs", `${name}: ${message}`),
    });
    const env = { ...(this.#file.draft.head["env"] === undefined && { CI: "true" }), ...split.env, ...script.env };
    if (Object.keys(env).length > 0) made["env"] = env;
    made["shell"] = { command: script.command, shell: ["bash", "-c"] };
    if (script.outputs.length > 0) made["outputs"] = Object.fromEntries(script.outputs.map((name) => [name, "string"]));
  }

  /** A step that runs a command. What it uses is told of. */
  #isOurs(step: Mapping, path: Path): boolean {
    for (const key of Object.keys(step))
      if (!STEP_KEYS.has(key)) this.#file.source.lose([...path, key], "is not known");
    const uses = textOf(step["uses"]);
    if (uses === undefined) return textOf(step["run"]) !== undefined;
    if (uses.startsWith("actions/checkout@"))
      this.#file.source.note("actions/checkout is left out: tasks run in the folder of the workflow file");
    else this.#file.source.lose([...path, "uses"], `${uses} runs on GitHub alone: write what it does as a command`);
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
