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
import type { RunScope, RunSpec } from "../../protocol/workflow.ts";
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
  /** Members of a list made in one command; default: 512. */
  stretch?: number;
}

/** Largest outputs of a run, in characters of JSON. */
const OUTPUTS_CHARS_MAX = 4 * 1024 * 1024;
const UNLOADED = "the evaluator of workflows cannot be loaded";

type Failure = Extract<Prepared, { type: "fail" }>;

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
      if (run.phase === "outputs") this.#begin(-run.seq, (done) => this.#close(run.seq, done));
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
        if (event.phase === "outputs") this.#begin(-event.run, (done) => this.#close(event.run, done));
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
    this.#begin(task.seq, (done) => this.#prepare(task.seq, done));
  }

  /** The task may be an `each` that has begun: the rest of its members is made. */
  opened(task: Task): void {
    const { node } = task;
    if (task.lane.requires.kind !== "each" || task.state !== "running" || node === undefined) return;
    const box = node.box;
    if (box !== undefined && box.made < box.total) this.#begin(task.seq, (done) => this.#prepare(task.seq, done));
  }

  /** `done` lets the task (or the run) go: whatever comes of it then begins anew. */
  #begin(key: number, job: (done: () => void) => Job): void {
    const busy = this.#busy;
    if (busy.has(key)) return;
    busy.add(key);
    const begin = (): void => {
      // A recovery has begun anew.
      if (busy === this.#busy) this.#steps.add(job(() => busy.delete(key)));
    };
    if (this.#evaluation.loaded !== undefined) return begin();
    this.#evaluation.load().then(begin, (error: unknown) => {
      this.#options.log.error({ cause: wordsOf(error) }, UNLOADED);
      begin();
    });
  }

  *#prepare(seq: number, done: () => void): Job {
    const node = this.#options.library.node(seq);
    const task = this.#turns.state.tasks.get(seq);
    const scope = task?.run === undefined ? undefined : this.#scopes.scope(task.run.seq);
    if (node?.spec === undefined || scope === undefined) return done();
    const spec = this.#specOf(node);
    if ("broken" in spec) return this.#decide(seq, { type: "fail", reason: spec.broken }, done);
    const prepared = yield* this.#evaluate(scope, (evaluator) => evaluator.prepare(spec, scope));
    if (prepared.type === "run") return this.#run(seq, spec, prepared, done);
    if (prepared.type === "skip" || prepared.type === "fail") return this.#decide(seq, prepared, done);
    // Somebody has to agree first; after that it comes here again.
    const asks = task!.node?.rule.approval !== undefined && !task!.node.approved;
    if (asks) return this.#tell({ type: "PrepareTask", task: seq, message: prepared.message }, done);
    if (prepared.type === "workflow") return this.#nest(seq, prepared.run, scope.run.scope, done);
    this.#spread(seq, node.name ?? node.id, prepared, done);
  }

  /** Evaluates, again when what it needs has been read; what goes wrong in it is told as a failure (N2). */
  *#evaluate<T>(scope: Scope, evaluate: (evaluator: Evaluator) => T): Generator<void, T | Failure, void> {
    const evaluator = this.#evaluation.loaded;
    if (evaluator === undefined) return { type: "fail", reason: UNLOADED };
    for (;;) {
      let answer: T | Failure;
      try {
        answer = evaluate(evaluator);
      } catch (error) {
        answer = { type: "fail", reason: wordsOf(error) };
      }
      if (scope.wanting === undefined) return answer;
      yield* scope.fetch();
    }
  }

  #specOf({ task, name, spec }: StoredNode): TaskSpec | Broken {
    const kept = JSON.parse(spec!) as TaskSpec | Broken;
    if ("broken" in kept) return kept;
    return { ...kept, id: name, work: JSON.parse(this.#options.library.works([task])[0]!) as Work };
  }

  #run(
    seq: number,
    spec: TaskSpec,
    { work, cache, message }: Extract<Prepared, { type: "run" }>,
    done: () => void,
  ): void {
    const { workBytesMax, digest } = this.#options.preparation;
    const text = JSON.stringify(work);
    if (text.length > workBytesMax) {
      const much = `with its values in place it holds ${text.length} bytes of work`;
      const reason = `${much}; at most ${workBytesMax} are allowed (limits.task)`;
      return this.#decide(seq, { type: "fail", reason }, done);
    }
    const isSame = text === JSON.stringify(spec.work);
    const cacheHash = cache && asksOf(cache, digest)?.cache?.hash;
    this.#tell({ type: "PrepareTask", task: seq, work: isSame ? undefined : text, cacheHash, message }, done);
  }

  /** Starts the run that it holds. One inside a run goes in the way of that one. */
  #nest(task: number, run: RunSpec, { given }: RunScope, done: () => void): void {
    const { outside, intake } = this.#options;
    const inner = given === undefined ? run : { ...run, scope: { ...run.scope, given } };
    if (given?.ordered === true) inner.ordered = true;
    void startSubRun(intake, { task, run: inner, planners: outside.planners }).then((reason) => {
      if (reason === undefined) done();
      else this.#decide(task, { type: "fail", reason }, done);
    });
  }

  #spread(seq: number, name: string, { total, member }: Extract<Prepared, { type: "each" }>, done: () => void): void {
    const box = this.#turns.state.tasks.get(seq)?.node?.box;
    if (box !== undefined && box.total !== total) {
      const reason = `its list had ${box.total} items when it began, and has ${total} now`;
      return this.#decide(seq, { type: "fail", reason }, done);
    }
    const failed = (reason: string): void => this.#decide(seq, { type: "fail", reason }, done);
    const options = { task: seq, name, total, made: box?.made ?? 0, member, failed, over: done };
    new Expansion(this.#options, this.#turns, this.#steps, options).start();
  }

  #decide(task: number, { type, reason }: Failure | Extract<Prepared, { type: "skip" }>, done: () => void): void {
    const state = type === "skip" ? "skipped" : "failed";
    this.#tell({ type: "PrepareTask", task, end: { state, reason } }, done);
  }

  #tell(command: Extract<Command, { type: "PrepareTask" }>, done: () => void): void {
    done();
    this.#turns.push({ command: (state) => (state.tasks.get(command.task) === undefined ? undefined : command) });
  }

  *#close(run: number, done: () => void): Job {
    const scope = this.#scopes.scope(run);
    if (scope === undefined) return done();
    const text = yield* this.#evaluate(scope, (evaluator) => {
      return JSON.stringify(evaluator.runOutputs(scope.run.scope, scope));
    });
    let result: string | undefined;
    let failed: string | undefined;
    if (typeof text !== "string") failed = `its outputs: ${text.reason}`;
    else if (text.length > OUTPUTS_CHARS_MAX) {
      failed = `its outputs hold ${text.length} characters of JSON; at most ${OUTPUTS_CHARS_MAX} are kept: leave a file`;
    } else result = text;
    done();
    this.#turns.push({ command: () => ({ type: "CloseRun", run, result, failed }) });
  }
}
