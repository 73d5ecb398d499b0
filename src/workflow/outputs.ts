/** What a task leaves for others, and whether it is done again. */
import type { Json } from "../base/words.ts";
import type { ScopeTask } from "../protocol/evaluator.ts";
import type { ComputedOutput, NodeSpec, OutputType, RepeatSpec } from "../protocol/node.ts";
import { readExpression, type Scope } from "./cel/cel.ts";
import { evaluateAt, Fault } from "./evaluate-value.ts";
import { evaluateText, hasExpression } from "./expression.ts";
import { isMapping } from "./keys.ts";

interface End {
  result?: Json | undefined;
  exitCode?: number | undefined;
  attempt: number;
}

/** What expressions read as the outputs of a task: of an `each` a list of those of its members. */
export function outputsOf(task: ScopeTask): Json {
  if (task.kind === "each") return task.members?.().map(outputsOf) ?? [];
  // A task that has not succeeded may have left something all the same.
  if (task.spec?.outputs === undefined) return isMapping(task.result) ? task.result : {};
  try {
    const computed = computedOutputs(task.spec, task);
    const writes = task.kind === "shell" || task.kind === "docker" || task.kind === "wasm";
    return writes && isMapping(task.result) ? { ...task.result, ...computed } : computed;
  } catch (error) {
    if (error instanceof Fault && task.state !== "succeeded") return {};
    throw error;
  }
}

/** The outputs that are read from the result. Throws `Fault`. */
export function computedOutputs({ outputs }: NodeSpec, { result, exitCode, attempt }: End): Record<string, Json> {
  const computed: Record<string, Json> = {};
  if (outputs === undefined) return computed;
  const scope = {
    result: result ?? null,
    exitCode: exitCode ?? null,
    attempt,
    outputs: isMapping(result) ? result : {},
  };
  for (const [name, output] of Object.entries(outputs)) computed[name] = computedOutput(name, output, scope);
  return computed;
}

function computedOutput(name: string, { value, type }: ComputedOutput, scope: Scope): Json {
  const read = evaluateAt(`outputs.${name}`, value, (text) =>
    hasExpression(text) ? evaluateText(text, scope) : readExpression(text).evaluate(scope),
  );
  if (type === undefined || isOfType(read, type)) return read;
  throw new Fault(`outputs.${name} must be of type ${type}, not ${JSON.stringify(read).slice(0, 80)}`);
}

function isOfType(value: Json, type: OutputType): boolean {
  switch (type) {
    case "integer":
      return Number.isSafeInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isMapping(value);
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
  }
}

/** Whether a task that has succeeded is done again. */
export function judgeRepeat(
  repeat: RepeatSpec,
  end: End & { outputs: Record<string, Json> },
): { type: "done" } | { type: "again"; afterMs: number } | { type: "fail"; reason: string } {
  const { result, exitCode, attempt } = end;
  const outputs = { ...(isMapping(result) ? result : {}), ...end.outputs };
  const scope = { result: result ?? null, exitCode: exitCode ?? null, attempt, outputs };
  const word = repeat.until === undefined ? "while" : "until";
  const text = repeat.until ?? repeat.while;
  if (text !== undefined) {
    const holds = evaluateAt(`repeat.${word}`, text, (one) => readExpression(one).evaluate(scope));
    if (typeof holds !== "boolean") {
      throw new Fault(`repeat.${word} is ${JSON.stringify(holds)}, and not true or false: ${text}`);
    }
    if (holds === (word === "until")) return { type: "done" };
  }
  if (attempt < repeat.limit) return { type: "again", afterMs: repeat.intervalMs };
  if (word === "while" || text === undefined) return { type: "done" };
  return { type: "fail", reason: `repeat.until was not true after ${attempt} times: ${text}` };
}
