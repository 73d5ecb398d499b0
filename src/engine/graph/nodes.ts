/**
 * What the engine does for tasks of workflows that core holds: evaluates what their files say once their needs are met,
 * makes the members of an `each`, starts the run that a `workflow` holds, and reads the outputs of runs that are over.
 *
 * N1  Nothing of this is durable until core has decided: after a start it begins anew for all that is held, opened or over.
 * N2  What a file says can only make its own task fail, with words; never the engine.
 * N3  An evaluation looks at what is durable, and holds the loop no longer than its own bounds allow (`steps.ts`).
 */
import type { Command } from "../../core/command.ts";
import type { Event } from "../../core/event.ts";
import type { Task } from "../../core/task.ts";
import type { TaskSpec, Work } from "../../protocol/task.ts";
import { asksOf } from "../asks.ts";
import type { Clock, Evaluator, Library, Log, Outside, Prepared, StoredNode } from "../ports.ts";
import type { RunIntake } from "../run-intake.ts";
import type { Preparation } from "../submission.ts";
import type { Turns } from "../turns.ts";
import type { Evaluation } from "./evaluation.ts";
import { Expansion } from "./expansion.ts";
import { type Broken, wordsOf } from "./new-tasks.ts";
import { RunScopes } from "./run-scopes.ts";
import type { Scope } from "./scope.ts";
import { type Job, Steps } from "./steps.ts";
import { startSubRun } from "./sub-run.ts";

export interface GraphOptions {
  clock: Clock;
  library: Library;
  outside: Outside;
  log: Log;
  preparation: Preparation;
  intake: RunIntake;
}

export class Nodes {
  readonly #options: GraphOptions;
  readonly #turns: Turns;
  readonly #evaluation: Evaluation;
  readonly #steps: Steps;
  readonly #scopes: RunScopes;
  /** Tasks and runs (as negative numbers) that are being worked on. */
  #busy = new Set<number>();

  constructor(options: GraphOptions, turns: Turns, evaluation: Evaluation) {
    this.#options = options;
    this.#turns = turns;
    this.#evaluation = evaluation;
    this.#steps = new Steps(options);
    this.#scopes = new RunScopes(options.library);
  }

  /** After a start or a recovery: everything that stands open (N1). */
  resume(): void {
    this.#steps.clear();
    this.#scopes.clear();
    this.#busy = new Set();
    const { state } = this.#turns;
    if (state.runs.size === 0) return;
    for (const [task, why] of state.flow.held) if (why === "prepare") this.ready(task);
    for (const task of state.tasks.values()) if (task.node !== undefined) this.opened(task);
    for (const run of state.runs.values())
      if (run.phase === "outputs") this.#begin(-run.seq, () => this.#close(run.seq));
  }

  /** An event is durable. */
  follow(event: Event): void {
    switch (event.type) {
      case "TaskReopened": {
        const task = event.holds === undefined ? undefined : this.#turns.state.tasks.get(event.task);
        return task && this.opened(task);
      }
      case "RunTurned":
        this.#scopes.forget(event.run);
        if (event.phase === "outputs") this.#begin(-event.run, () => this.#close(event.run));
        return;
      case "RunReopened":
      case "RunEnded":
      case "RunDropped":
      case "RunCancelRequested":
        return this.#scopes.forget(event.run);
      default:
    }
  }

  /** Core holds the task until it is evaluated, and that is durable. */
  ready(task: Task): void {
    this.#begin(task.seq, () => this.#prepare(task.seq));
  }

  /** The task may be an `each` that has begun: the rest of its members is made. */
  opened(task: Task): void {
    const { node } = task;
    if (task.lane.requires.kind !== "each" || task.state !== "running" || node === undefined) return;
    const box = node.box;
    if (box !== undefined && box.made < box.total) this.#begin(task.seq, () => this.#prepare(task.seq));
  }

  #begin(key: number, job: () => Job): void {
    if (this.#busy.has(key)) return;
    const busy = this.#busy;
    busy.add(key);
    const begin = (): void => {
      // A recovery has begun anew.
      if (busy === this.#busy) this.#steps.add(job());
    };
    if (this.#evaluation.loaded !== undefined) return begin();
    this.#evaluation.load().then(begin, (error: unknown) => {
      busy.delete(key);
      this.#options.log.error({ cause: wordsOf(error) }, "the evaluator of workflows cannot be loaded");
    });
  }

  *#prepare(seq: number): Job {
    const node = this.#options.library.node(seq);
    const task = this.#turns.state.tasks.get(seq);
    if (task?.run === undefined || node?.spec === undefined) return this.#done(seq);
    const spec = this.#specOf(node);
    if ("broken" in spec) return this.#end(seq, "failed", spec.broken);
    const scope = this.#scopes.scope(task.run.seq);
    if (scope === undefined) return this.#done(seq);
    const prepared = yield* this.#evaluate(scope, (evaluator) => evaluator.prepare(spec, scope));
    this.#decide(seq, spec, prepared);
  }

  /** Evaluates, again when what it needs has been read; what goes wrong in it is told as a failure (N2). */
  *#evaluate(scope: Scope, evaluate: (evaluator: Evaluator) => Prepared): Generator<void, Prepared, void> {
    for (;;) {
      let prepared: Prepared;
      try {
        prepared = evaluate(this.#evaluation.loaded!);
      } catch (error) {
        prepared = { type: "fail", reason: wordsOf(error) };
      }
      if (scope.wanting === undefined) return prepared;
      yield* scope.fetch();
    }
  }

  #specOf({ task, name, spec }: StoredNode): TaskSpec | Broken {
    const kept = JSON.parse(spec!) as TaskSpec | Broken;
    if ("broken" in kept) return kept;
    return { ...kept, id: name, work: JSON.parse(this.#options.library.works([task])[0]!) as Work };
  }

  #decide(seq: number, spec: TaskSpec, prepared: Prepared): void {
    switch (prepared.type) {
      case "skip":
        return this.#end(seq, "skipped", prepared.reason);
      case "fail":
        return this.#end(seq, "failed", prepared.reason);
      case "run":
        return this.#run(seq, spec, prepared);
      case "each":
      case "workflow":
        return this.#contain(seq, spec, prepared);
    }
  }

  #run(seq: number, spec: TaskSpec, { work, cache, message }: Extract<Prepared, { type: "run" }>): void {
    const { workBytesMax, digest } = this.#options.preparation;
    const text = JSON.stringify(work);
    if (text.length > workBytesMax) {
      const much = `with its values in place it holds ${text.length} bytes of work`;
      return this.#end(seq, "failed", `${much}; at most ${workBytesMax} are allowed (limits.task)`);
    }
    const isSame = text === JSON.stringify(spec.work);
    const cacheHash = cache && asksOf(cache, digest)?.cache?.hash;
    this.#tell(seq, { type: "PrepareTask", task: seq, work: isSame ? undefined : text, cacheHash, message });
  }

  #contain(seq: number, spec: TaskSpec, prepared: Extract<Prepared, { type: "each" | "workflow" }>): void {
    const task = this.#turns.state.tasks.get(seq);
    const node = task?.node;
    if (task === undefined || node === undefined) return this.#done(seq);
    // Somebody has to agree first; after that it comes here again.
    if (node.rule.approval !== undefined && !node.approved) return this.#tell(seq, { type: "PrepareTask", task: seq });
    const failed = (reason: string): void => this.#end(seq, "failed", reason);
    const over = (): void => this.#done(seq);
    if (prepared.type === "workflow") {
      const { outside, intake } = this.#options;
      const busy = this.#busy;
      const started = startSubRun(intake, { task: seq, run: prepared.run, planners: outside.planners });
      return void started.then((reason) => {
        // After a recovery it was begun anew, and this is nobody's any more.
        if (busy !== this.#busy) return;
        over();
        if (reason !== undefined) failed(reason);
      });
    }
    const { total, member } = prepared;
    const { box } = node;
    if (box !== undefined && box.total !== total) {
      return this.#end(seq, "failed", `its list had ${box.total} items when it began, and has ${total} now`);
    }
    const made = box?.made ?? 0;
    const options = { task: seq, name: spec.id!, total, made, member, failed, over };
    new Expansion(this.#options, this.#turns, this.#steps, options).start();
  }

  #end(task: number, state: "skipped" | "failed", reason: string): void {
    this.#tell(task, { type: "PrepareTask", task, end: { state, reason } });
  }

  #tell(task: number, command: Command): void {
    this.#done(task);
    this.#turns.push({ command: (state) => (state.tasks.get(task) === undefined ? undefined : command) });
  }

  #done(key: number): void {
    this.#busy.delete(key);
  }

  *#close(run: number): Job {
    const scope = this.#scopes.scope(run);
    if (scope === undefined) return this.#done(-run);
    let result: string | undefined;
    let failed: string | undefined;
    do {
      yield* scope.fetch();
      try {
        result = JSON.stringify(this.#evaluation.loaded!.runOutputs(scope.run.scope, scope));
        failed = undefined;
      } catch (error) {
        failed = wordsOf(error);
      }
    } while (scope.wanting !== undefined);
    this.#done(-run);
    this.#turns.push({ command: () => ({ type: "CloseRun", run, result, failed }) });
  }
}
