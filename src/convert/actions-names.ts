/** What expressions of GitHub Actions name, in the words of Octopus. */
import { outputPath, taskPath } from "./cel-names.ts";
import { Foreign } from "./actions-expression.ts";
import { isVariable, type Mapping, textOf } from "./source.ts";

/** A job, as far as names in it matter. */
export interface JobNames {
  /** The task of each job. */
  tasks: ReadonlyMap<string, string>;
  /** `env` at the top of the file, as far as it stands in ours. */
  env: Mapping;
  /** `env` of the job. */
  jobEnv: Mapping;
  secrets: Set<string>;
  /** What a run is given. */
  params: ReadonlySet<string>;
  /** Axes that only some combinations of its matrix have. */
  partialAxes: ReadonlySet<string>;
}

/** A name as a param, an axis or a variable may have it. */
export function variableName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, "_");
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

/** The variable of a script that holds an output of a step before. */
export function stepVariable(step: string, output: string): string {
  return `STEPS_${variableName(step)}_${variableName(output)}`;
}

/**
 * A path that a shell knows as a variable, and CEL does not: secrets, variables of the job, outputs of steps. Undefined for
 * all others.
 */
export function shellVariable(path: readonly string[], names: JobNames): string | undefined {
  const [root, first, second, third] = path;
  if (root === "secrets" && path.length === 2 && isVariable(first!)) {
    names.secrets.add(first!);
    return first;
  }
  if (root === "env" && path.length === 2) return variableName(first!);
  if (root === "steps" && second === "outputs" && path.length === 4) return stepVariable(first!, third!);
  if (root === "steps" && (second === "outcome" || second === "conclusion") && path.length === 3)
    return stepVariable(first!, second);
  if (root === "github" && first === "workspace") return "GITHUB_WORKSPACE";
  return undefined;
}

/** A path in CEL. */
export function celPath(path: readonly string[], names: JobNames): string {
  const [root, first, second, third] = path;
  const text = path.join(".");
  if (root === "inputs" && path.length === 2) return celInput(first!, names);
  if (root === "github" && first === "event" && second === "inputs" && path.length === 4)
    return celInput(third!, names);
  if (root === "vars" && path.length === 2) throw new Foreign(`${text} is set on GitHub: make it a param`);
  if (root === "matrix" && path.length > 1) {
    const axis = ["matrix", ...path.slice(1).map(variableName)].join(".");
    return names.partialAxes.has(variableName(first!)) ? `default(${axis}, "")` : axis;
  }
  if (root === "env" && path.length === 2) return celEnv(first!, names);
  if (root === "needs") return celNeed(path, names);
  if (text === "github.workflow") return "workflow.name";
  if (text === "github.run_id") return "run.id";
  if (text === "strategy.job-index") return "index";
  if (root === "secrets")
    throw new Foreign(`${text} is a secret: the worker must have it in its environment, and a command as $${first}`);
  if (root === "steps") throw new Foreign(`${text} is known only while the job runs`);
  throw new Foreign(`${text} is known to GitHub alone`);
}

function celInput(name: string, { params }: JobNames): string {
  if (params.has(variableName(name))) return `params.${variableName(name)}`;
  throw new Foreign(`the input ${name} is not declared`);
}

function celEnv(name: string, { env, jobEnv }: JobNames): string {
  const own = textOf(jobEnv[name]);
  if (own !== undefined && !own.includes("${{")) return JSON.stringify(own);
  if (own === undefined && Object.hasOwn(env, name)) return `env.${name}`;
  throw new Foreign(`env.${name} is known only while the job runs`);
}

function celNeed([, job, what, output]: readonly string[], { tasks }: JobNames): string {
  const name = tasks.get(job ?? "");
  if (name === undefined) throw new Foreign(`there is no job ${job}`);
  if (what === "outputs" && output !== undefined) return outputPath(name, variableName(output));
  if (what !== "result") throw new Foreign(`needs.${job}.${what} has no counterpart`);
  const state = `${taskPath(name)}.state`;
  return `(${state} == "succeeded" ? "success" : ${state} in ["skipped", "cancelled"] ? ${state} : "failure")`;
}
