/** The outputs of a task for whoever looks at it. Large ones are left out: `octopus result` shows them. */
import { isEnded, type Json } from "../../base/words.ts";
import type { TaskDetail } from "../../protocol/views.ts";
import type { Library } from "../ports.ts";
import type { StoredNode } from "../stored.ts";
import type { Evaluation } from "./evaluation.ts";
import { scopeTask } from "./scope.ts";

/** Largest text of JSON that a view shows. */
const SHOWN_CHARS_MAX = 64 * 1024;

export function outputsOf(
  task: TaskDetail,
  node: StoredNode | undefined,
  library: Library,
  evaluation: Evaluation,
): Record<string, Json> | undefined {
  if (node === undefined || !isEnded(task.state) || task.state === "skipped") return undefined;
  // Those of an `each` are those of its members, which may be many; a large result lies in a file of its own.
  if (node.kind === "each" || task.resultHref !== undefined) return undefined;
  const evaluator = evaluation.loaded;
  if (evaluator === undefined) {
    evaluation.begin();
    return undefined;
  }
  const outputs = evaluator.outputs(scopeTask(library, node));
  if (Object.keys(outputs).length === 0) return undefined;
  return JSON.stringify(outputs).length <= SHOWN_CHARS_MAX ? outputs : undefined;
}
