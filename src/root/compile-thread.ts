/**
 * The thread that compiles large workflows (`compile-apart.ts` starts it): the server's own thread goes on with its turns.
 *
 * H1  Tasks go back in pieces, each asked for: a message of a hundred thousand tasks would hold the other side up for as
 *     long as it takes to read it.
 */
import { parentPort } from "node:worker_threads";
import { OctopusError } from "../base/errors.ts";
import type { TaskSpec } from "../protocol/task.ts";
import type { Ask, Tell } from "./compile-apart.ts";
import { compileWorkflow } from "../workflow/mod.ts";

/** Tasks of one message: well below the milliseconds that a turn may take. */
const PIECE = 256;

const port = parentPort!;
const waiting = new Map<number, { tasks: TaskSpec[]; next: number }>();

port.on("message", (ask: Ask) => {
  if (ask.type === "compile") compile(ask);
  else more(ask.id);
});

function compile({ id, definition, options }: Ask & { type: "compile" }): void {
  try {
    const { tasks, ...run } = compileWorkflow(definition, options);
    // The text is at hand over there.
    delete run.definition;
    waiting.set(id, { tasks, next: 0 });
    tell({ id, type: "begun", run });
  } catch (error) {
    const { code, message, issues } =
      error instanceof OctopusError
        ? error
        : { code: "internal" as const, message: error instanceof Error ? error.message : String(error), issues: [] };
    tell({ id, type: "failed", code, message, issues: [...issues] });
  }
}

function more(id: number): void {
  const left = waiting.get(id);
  if (left === undefined) return;
  const tasks = left.tasks.slice(left.next, left.next + PIECE);
  left.next += PIECE;
  const last = left.next >= left.tasks.length;
  if (last) waiting.delete(id);
  tell({ id, type: "tasks", tasks, last });
}

function tell(message: Tell): void {
  port.postMessage(message);
}
