/**
 * Attempts that have succeeded, of tasks whose file has a last word: whether they are done again (`repeat`), and whether
 * their outputs can be read. Decided before the end is told to core, so that nobody sees an end that was none.
 */
import type { Task } from "../../core/task.ts";
import type { AttemptReport } from "../../protocol/link.ts";
import type { TaskSpec } from "../../protocol/task.ts";
import type { Library } from "../ports.ts";
import type { Evaluation } from "./evaluation.ts";
import { wordsOf } from "./new-tasks.ts";

export type Judged = AttemptReport & { againMs?: number };

export class Judge {
  readonly #library: Library;
  readonly #evaluation: Evaluation;
  /** The evaluator cannot be loaded: what it would judge fails, and says so. */
  #broken = false;

  constructor(library: Library, evaluation: Evaluation) {
    this.#library = library;
    this.#evaluation = evaluation;
  }

  /** The report is to be judged before it counts. */
  concerns(task: Task | undefined, attempt: number, report: AttemptReport): boolean {
    return task?.node?.rule.judged === true && task.attempt === attempt && report.outcome === "succeeded";
  }

  /** Resolves when `judge` can answer; undefined = it can now. */
  waits(): Promise<unknown> | undefined {
    if (this.#evaluation.loaded !== undefined || this.#broken) return undefined;
    return this.#evaluation.load().catch(() => {
      this.#broken = true;
    });
  }

  judge(task: number, report: AttemptReport): Judged {
    try {
      return this.#judge(task, report);
    } catch (error) {
      return failed(report, wordsOf(error), "outputs");
    }
  }

  #judge(task: number, report: AttemptReport): Judged {
    const node = this.#library.node(task);
    const spec = node?.spec === undefined ? undefined : (JSON.parse(node.spec) as TaskSpec).node;
    if (node === undefined || spec === undefined) return report;
    const attempt = spec.repeat === undefined ? 1 : this.#times(task, node.reopenedAt) + 1;
    const { result, exitCode } = report;
    const evaluator = this.#evaluation.loaded;
    if (evaluator === undefined) return failed(report, "the evaluator of workflows cannot be loaded", "outputs");
    const verdict = evaluator.ended(spec, { result, exitCode, attempt });
    switch (verdict.type) {
      case "done":
        return report;
      case "again":
        return { ...report, againMs: verdict.afterMs };
      case "fail":
        // What was repeated as often as it may be is not tried again on top of that.
        return failed(report, verdict.reason, spec.repeat === undefined ? "outputs" : "repeat");
    }
  }

  /** How often it has succeeded since somebody asked for it (again). */
  #times(task: number, since = 0): number {
    const attempts = this.#library.task(task)?.attempts ?? [];
    return attempts.filter(({ attempt, outcome }) => attempt > since && outcome === "succeeded").length;
  }
}

function failed(report: AttemptReport, message: string, kind: "outputs" | "repeat"): Judged {
  const { result: _result, ...rest } = report;
  return { ...rest, outcome: "failed", error: { message, kind }, ...(kind === "repeat" && { retryable: false }) };
}
