/**
 * The steps of a job as one script: they share a folder and the files of the job, as they do there. Each runs in a shell of
 * its own, so that what it changes of its shell ends with it. Values never become part of the script: an expression becomes
 * a variable.
 */
import type { Json } from "../base/words.ts";
import { conditionOf, type Status } from "./actions-condition.ts";
import { type Context, Foreign, piecesOf, toCel } from "./actions-expression.ts";
import { celPath, type JobNames, shellVariable, stepVariable, variableName } from "./actions-names.ts";
import { isSingleQuoted, literal, shellWord } from "./draft.ts";
import { isMapping, isVariable, known, type Mapping, textOf } from "./source.ts";

export interface Step {
  value: Mapping;
  lose(key: string, message: string): void;
}

export interface ScriptOptions {
  names: JobNames;
  shell: string | undefined;
  workingDirectory: string | undefined;
  outputs: Mapping;
  /** Variables that only the script can set. */
  exports: [name: string, value: string][];
  loseOutput(name: string, message: string): void;
}

export interface Script {
  command: string;
  /** By variable the expression that it holds. */
  env: Record<string, string>;
  outputs: string[];
}

export function scriptOf(steps: readonly Step[], options: ScriptOptions): Script {
  return new Writer(options).write(steps);
}

/** Programs that read a script from their standard input. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ...{ python: "python3", python3: "python3", node: "node", perl: "perl", ruby: "ruby" },
};

/** Variables of GitHub that a script here has. */
const KNOWN = new Set([
  "GITHUB_OUTPUT",
  "GITHUB_ENV",
  "GITHUB_PATH",
  "GITHUB_WORKSPACE",
  "GITHUB_STEP_SUMMARY",
  "GITHUB_ACTIONS",
]);

/** Reads what steps write: `name=value`, or `name<<MARK`, lines, `MARK`. */
const READ = `octopus_read() { # file, prefix: its names become variables
  while IFS= read -r line || [ -n "$line" ]; do
    name=\${line%%[=<]*}
    case $line in
      "$name<<"*) mark=\${line#*<<}; value=; while IFS= read -r line && [ "$line" != "$mark" ]; do value="$value$line"$'\\n'; done; value=\${value%$'\\n'} ;;
      *) value=\${line#*=} ;;
    esac
    [ -z "$name" ] || export "$2\${name//[^A-Za-z0-9_]/_}=$value"
  done < "$1"
  : > "$1"
}`;

/** A step as it stands in the script. */
interface Written {
  body: string;
  /** What must be true for it to run; none: that nothing has failed. */
  guard: string[] | undefined;
  isContinued: boolean;
  id: string | undefined;
}

class Writer {
  readonly #options: ScriptOptions;
  readonly #env = new Map<string, string>();
  readonly #usedSteps = new Set<string>();

  constructor(options: ScriptOptions) {
    this.#options = options;
  }

  write(steps: readonly Step[]): Script {
    const all = steps.map((step) => this.#step(step));
    const outputs = this.#outputs();
    const text = [...all.map(({ body }) => body), ...outputs].join("\n");
    const asksOutcome = [...this.#usedSteps].some((used) => used.endsWith(" outcome"));
    const isSimple = !asksOutcome && all.every(({ guard, isContinued }) => guard === undefined && !isContinued);
    const lines = this.#prelude(steps, text);
    if (!isSimple) lines.push("job=success");
    for (const [index, { body, guard, isContinued, id }] of all.entries()) {
      const { value } = steps[index]!;
      lines.push("", literal(`# ${textOf(value["name"]) ?? `step ${index + 1}`}`.replace(/\s+/g, " ")));
      const after = this.#after(value, text);
      if (isSimple) lines.push("(", body, ")", ...after);
      else lines.push(...guarded(body, { guard: guard ?? ['[ "$job" = success ]'], isContinued, id, after }));
    }
    if (outputs.length > 0) lines.push("", ...outputs);
    if (!isSimple) lines.push("", '[ "$job" = success ]');
    return {
      command: `${lines.join("\n")}\n`,
      env: Object.fromEntries([...this.#env].map(([cel, name]) => [name, `\${{ ${cel} }}`])),
      outputs: Object.keys(this.#options.outputs).map(variableName),
    };
  }

  /** Files and variables that the steps look for. */
  #prelude(steps: readonly Step[], text: string): string[] {
    const readsSteps = steps.some(({ value }) => this.#isUsed(value));
    const lines = ["set -e"];
    if (/GITHUB_WORKSPACE\b/.test(text)) lines.push('export GITHUB_WORKSPACE="$PWD"');
    if (/GITHUB_STEP_SUMMARY\b/.test(text)) lines.push('export GITHUB_STEP_SUMMARY="$OCTOPUS_ARTIFACTS/summary.md"');
    if (readsSteps || /GITHUB_OUTPUT\b/.test(text)) lines.push('export GITHUB_OUTPUT="$(mktemp)"');
    if (/GITHUB_ENV\b/.test(text)) lines.push('export GITHUB_ENV="$(mktemp)"');
    if (/GITHUB_PATH\b/.test(text)) lines.push('export GITHUB_PATH="$(mktemp)"');
    if (readsSteps || /GITHUB_ENV\b/.test(text)) lines.push(READ);
    for (const [name, value] of this.#options.exports) lines.push(`export ${name}=${this.#word(value)}`);
    return lines;
  }

  /** What a step wrote for those after it. */
  #after(value: Mapping, text: string): string[] {
    const after: string[] = [];
    if (this.#isUsed(value)) after.push(`octopus_read "$GITHUB_OUTPUT" STEPS_${variableName(textOf(value["id"])!)}_`);
    if (/GITHUB_ENV\b/.test(text)) after.push('octopus_read "$GITHUB_ENV" ""');
    if (/GITHUB_PATH\b/.test(text))
      after.push('while IFS= read -r line; do PATH="$line:$PATH"; done < "$GITHUB_PATH"; : > "$GITHUB_PATH"');
    return after;
  }

  #isUsed({ id }: Mapping): boolean {
    return typeof id === "string" && this.#usedSteps.has(id);
  }

  #step(step: Step): Written {
    const { value, lose } = step;
    const lines: string[] = [];
    const shell = textOf(value["shell"]) ?? this.#options.shell;
    if (/^bash( |$)/.test(shell ?? "") && shell !== "bash -e {0}") lines.push("set -o pipefail");
    const folder = textOf(value["working-directory"]) ?? this.#options.workingDirectory;
    if (folder !== undefined) lines.push(`cd ${this.#guardedWord(folder, "working-directory", lose)}`);
    lines.push(...this.#stepEnv(value["env"], lose));
    const run = textOf(value["run"]) ?? "";
    lines.push(this.#program(shell, this.#text(run, lose), lose));
    if (value["timeout-minutes"] !== undefined)
      lose("timeout-minutes", "a step has no time of its own here: the job has (timeout)");
    const foreign = [...new Set([...run.matchAll(/\$\{?((?:GITHUB|RUNNER)_[A-Z_]+)/g)].map(([, name]) => name!))];
    for (const name of foreign) if (!KNOWN.has(name)) lose("run", `$${name} is set by GitHub alone`);
    const isContinued = value["continue-on-error"] === true;
    if (typeof value["continue-on-error"] === "string")
      lose("continue-on-error", "an expression has no counterpart there");
    const guard = this.#guard(textOf(value["if"]), lose);
    const id = textOf(value["id"]);
    if (guard.status === "success" && guard.tests.length === 0)
      return { body: lines.join("\n"), guard: undefined, isContinued, id };
    const { status, tests } = guard;
    const first = status === "always" ? [] : [`[ "$job" = ${status === "success" ? "success" : "failure"} ]`];
    return { body: lines.join("\n"), guard: [...first, ...tests], isContinued, id };
  }

  #stepEnv(env: Json | undefined, lose: Step["lose"]): string[] {
    if (!isMapping(env)) return [];
    return Object.entries(env).flatMap(([name, value]) => {
      if (!isVariable(name)) {
        lose("env", `${JSON.stringify(name)} is no name of a variable`);
        return [];
      }
      const word = this.#guardedWord(textOf(value) ?? "", "env", lose);
      // Under its own name it is there already.
      return word === `"\${${name}}"` ? [] : [`export ${name}=${word}`];
    });
  }

  #program(shell: string | undefined, text: string, lose: Step["lose"]): string {
    const program = (shell ?? "bash").split(" ")[0]!;
    if (program === "bash" || program === "sh") return text.trimEnd();
    const name = known(PROGRAMS, program);
    if (name === undefined) {
      lose("shell", `${shell} is no shell that is known here`);
      return "false";
    }
    if (/\$\{(EXPR|STEPS)_/.test(text)) lose("run", `an expression in a script for ${program}: give it by env`);
    return `${name} - <<'OCTOPUS_STEP'\n${text.trimEnd()}\nOCTOPUS_STEP`;
  }

  /** A command, its expressions as variables. */
  #text(text: string, lose: Step["lose"]): string {
    let made = "";
    for (const piece of piecesOf(text)) {
      if (typeof piece === "string") {
        made += literal(piece);
        continue;
      }
      try {
        const variable = this.#variable(piece.expression);
        if (isSingleQuoted(made)) throw new Foreign("it stands between single quotes, where a shell puts no value");
        made += `\${${variable}}`;
      } catch (error) {
        if (!(error instanceof Foreign)) throw error;
        lose("run", `\${{ ${piece.expression} }}: ${error.message}`);
      }
    }
    return made;
  }

  #guardedWord(text: string, key: string, lose: Step["lose"]): string {
    try {
      return this.#word(text);
    } catch (error) {
      if (!(error instanceof Foreign)) throw error;
      lose(key, `${text}: ${error.message}`);
      return "''";
    }
  }

  /** A value as one word of a shell. */
  #word(text: string): string {
    const pieces = piecesOf(text);
    if (pieces.length === 0) return "''";
    return pieces
      .map((piece) =>
        typeof piece === "string" ? literal(shellWord(piece)) : `"\${${this.#variable(piece.expression)}}"`,
      )
      .join("");
  }

  /** The variable that holds the value of the expression. */
  #variable(expression: string): string {
    const path = /^[A-Za-z_][\w-]*(?:\.[\w-]+)+$/.test(expression) ? expression.split(".") : undefined;
    const variable = path === undefined ? undefined : shellVariable(path, this.#options.names);
    if (path?.[0] === "steps") this.#useStep(path);
    if (variable !== undefined) return variable;
    const cel = toCel(expression, this.#context());
    const name = this.#env.get(cel) ?? `EXPR_${this.#env.size + 1}`;
    this.#env.set(cel, name);
    return name;
  }

  #useStep([, id, what]: readonly string[]): void {
    this.#usedSteps.add(what === "outputs" ? id! : `${id} outcome`);
  }

  #context(): Context {
    return {
      value: (path) => celPath(path, this.#options.names),
      status: (name) => {
        throw new Foreign(`${name}() may stand beside && only`);
      },
    };
  }

  #guard(text: string | undefined, lose: Step["lose"]): { status: Status; tests: string[] } {
    if (text === undefined) return { status: "success", tests: [] };
    try {
      const { status, rest } = conditionOf(text);
      return { status, tests: rest.map((part) => this.#test(part)) };
    } catch (error) {
      if (!(error instanceof Foreign)) throw error;
      lose("if", `${text}: ${error.message}`);
      return { status: "success", tests: [] };
    }
  }

  /** Outputs of steps are known to the shell, everything else to CEL. */
  #test(part: string): string {
    const simple = /^(steps\.[\w.-]+) ?(==|!=) ?'([^']*)'$/.exec(part);
    if (simple !== null)
      return `[ "\${${this.#variable(simple[1]!)}}" ${simple[2] === "==" ? "=" : "!="} ${literal(shellWord(simple[3]!))} ]`;
    return `[ "\${${this.#variable(part)}}" = true ]`;
  }

  #outputs(): string[] {
    return Object.entries(this.#options.outputs).flatMap(([name, value]) => {
      try {
        const word = this.#word(textOf(value) ?? "");
        return [`printf '%s<<OCTOPUS_END\\n%s\\nOCTOPUS_END\\n' ${variableName(name)} ${word} >> "$OCTOPUS_OUTPUT"`];
      } catch (error) {
        if (!(error instanceof Foreign)) throw error;
        this.#options.loseOutput(name, error.message);
        return [];
      }
    });
  }
}

interface Guarded {
  guard: readonly string[];
  isContinued: boolean;
  id: string | undefined;
  after: readonly string[];
}

/** A step that may be left out, or after whose failure others run. */
function guarded(body: string, { guard, isContinued, id, after }: Guarded): string[] {
  const outcome =
    id === undefined ? [] : [`export ${stepVariable(id, "outcome")}=$result ${stepVariable(id, "conclusion")}=$result`];
  const lines = [
    "result=success",
    "set +e",
    "(",
    "set -e",
    body,
    ")",
    "[ $? -eq 0 ] || result=failure",
    "set -e",
    ...after,
    ...outcome,
  ];
  if (!isContinued) lines.push("[ $result = success ] || job=failure");
  return guard.length === 0 ? lines : [`if ${guard.join(" && ")}; then`, ...lines, "fi"];
}
