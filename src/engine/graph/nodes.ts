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
import type { Run } from "../../core/run.ts";
import { Task } from "../../core/task.ts";
import type { TaskSpec, Work } from "../../protocol/task.ts";
import type { RunScope, RunSpec } from "../../protocol/workflow.ts";
import { asksOf } from "../asks.ts";
import type { Evaluator, Prepared } from "../ports.ts";
import type { StoredNode } from "../stored.ts";
import { WORKFLOW_CALLER } from "../policy.ts";
import { pluginFault } from "../plugins/inputs.ts";
import type { Turns } from "../turns.ts";
import type { Evaluation } from "./evaluation.ts";
import { Expansion } from "./expansion.ts";
import { type Broken, wordsOf } from "./new-tasks.ts";
import { awaitsWorkers, chooseWorkers, membersAlone, nobody, onlineWorkers, overWorkers } from "./on-workers.ts";
import type { GraphOptions } from "./options.ts";
import { Returning } from "./returning.ts";
import { RunScopes } from "./run-scopes.ts";
import type { Scope } from "./scope.ts";
import { type Job, Steps } from "./steps.ts";
import { startSubRun } from "./sub-run.ts";

/** Largest outputs of a run, in characters of JSON. */
const OUTPUTS_CHARS_MAX = 4 * 1024 * 1024;
const UNLOADED = "the evaluator of workflows cannot be loaded";

type Failure = Extract<Prepared, { type: "fail" }>;
type Each = Extract<Prepared, { type: "each" }>;

/** One end of a run: when it is opened again, the next one is another. */
interface Ending {
  readonly run: Run;
}

export class Nodes {
  readonly #options: GraphOptions;
  readonly #turns: Turns;
  readonly #evaluation: Evaluation;
  readonly #steps: Steps;
  readonly #scopes: RunScopes;
  /**
   * Tasks and runs (as negative numbers) that are being worked on. A task that was opened again is another one: what is
   * still on its way for that of before comes to nothing.
   */
  #busy = new Map<number, Task | Ending>();
  readonly #returning: Returning;

  constructor(options: GraphOptions, turns: Turns, evaluation: Evaluation) {
    this.#options = options;
    this.#turns = turns;
    this.#evaluation = evaluation;
    this.#steps = new Steps(options);
    this.#scopes = new RunScopes(options.library);
    this.#returning = new Returning(options, (task) => this.ready(task));
  }

  /** After a start or a recovery: everything that stands open (N1). */
  resume(): void {
    this.#steps.clear();
    this.#scopes.clear();
    this.#busy = new Map();
    this.#returning.begin();
    const { state } = this.#turns;
    for (const [task, why] of state.flow.held) if (why === "prepare") this.ready(task);
    for (const task of state.tasks.values()) if (task.node !== undefined) this.opened(task);
    for (const run of state.runs.values()) if (run.phase === "outputs") this.#turned(run);
  }

  stop(): void {
    this.#returning.stop();
  }

  /** An event is durable. */
  follow(event: Event): void {
    switch (event.type) {
      case "TaskReopened": {
        if (event.anew === true) return;
        // A list that had stopped for the sake of a member goes on when that is done again.
        for (const seq of [event.inside, event.holds && event.task]) {
          const task = seq === undefined ? undefined : this.#turns.state.tasks.get(seq);
          if (task !== undefined) this.opened(task);
        }
        return;
      }
      case "RunTurned": {
        this.#scopes.forget(event.run);
        const run = event.phase === "outputs" ? this.#turns.state.runs.get(event.run) : undefined;
        return run && this.#turned(run);
      }
      case "RunReopened":
        // Outputs that are being made are those of before.
        this.#busy.delete(-event.run);
        return this.#scopes.forget(event.run);
      case "RunEnded":
      case "RunDropped":
      case "RunCancelRequested":
        return this.#scopes.forget(event.run);
      case "WorkerJoined":
      case "WorkerLeft":
        return this.#returning.look();
      default:
    }
  }

  /** Core holds the task until it is evaluated, and that is durable. */
  ready(task: Task): void {
    this.#begin(task.seq, task, (done) => this.#prepare(task, done));
  }

  /** The task may be an `each` that has begun: the rest of its members is made. */
  opened(task: Task): void {
    const { node } = task;
    if (task.lane.requires.kind !== "each" || task.state !== "running" || node === undefined) return;
    const box = node.box;
    if (box !== undefined && box.made < box.total) this.ready(task);
  }

  /** The run waits for its outputs. */
  #turned(run: Run): void {
    const ending: Ending = { run };
    this.#begin(-run.seq, ending, (done) => this.#close(ending, done));
  }

  /** `done` lets the task (or the run) go: whatever comes of it then begins anew. */
  #begin(key: number, subject: Task | Ending, job: (done: () => void) => Job): void {
    const busy = this.#busy;
    if (busy.get(key) === subject) return;
    busy.set(key, subject);
    const done = (): void => {
      if (busy.get(key) === subject) busy.delete(key);
    };
    const begin = (): void => {
      // A recovery has begun anew.
      if (busy === this.#busy) this.#steps.add(job(done));
    };
    // What is in no run has nothing to evaluate.
    const isAlone = subject instanceof Task && subject.run === undefined;
    if (isAlone || this.#evaluation.loaded !== undefined) return begin();
    this.#evaluation.load().then(begin, (error: unknown) => {
      this.#options.log.error({ cause: wordsOf(error) }, UNLOADED);
      begin();
    });
  }

  *#prepare(task: Task, done: () => void): Job {
    if (!this.#isThere(task)) return done();
    const node = this.#options.library.node(task.seq);
    const scope = task.run === undefined ? undefined : this.#scopes.scope(task.run.seq);
    if (node?.spec === undefined || (scope === undefined && task.run !== undefined)) return done();
    const kept = this.#specOf(node);
    if ("broken" in kept) return this.#decide(task, { type: "fail", reason: kept.broken }, done);
    const workers = this.#candidates(task, kept);
    if (workers === "later") return done();
    const spec = workers === undefined ? kept : overWorkers(kept, workers);
    const prepared = yield* this.#look(spec, node.id, scope);
    if (prepared.type === "run") return this.#run(task, spec, prepared, done);
    if (prepared.type === "skip" || prepared.type === "fail") return this.#decide(task, prepared, done);
    // Somebody has to agree first; after that it comes here again.
    const asks = task.node?.rule.approval !== undefined && !task.node.approved;
    if (asks) return this.#tell(task, { message: prepared.message }, done);
    if (prepared.type === "workflow") return this.#nest(task, prepared.run, scope!.run.scope, done);
    if (workers !== undefined) return yield* this.#choose(task, kept, workers, prepared, done);
    this.#spread(task, node.name ?? node.id, prepared, done);
  }

  /** What its file says now; what is in no run says nothing that would have to be evaluated. */
  *#look(spec: TaskSpec, id: string, scope: Scope | undefined): Generator<void, Prepared, void> {
    if (scope === undefined) return membersAlone({ ...spec, name: spec.name ?? id });
    return yield* this.#evaluate(scope, (evaluator) => evaluator.prepare(spec, scope));
  }

  /** The workers among which it is to be spread, where that is still to be decided and may be now. */
  #candidates(task: Task, kept: TaskSpec): string[] | "later" | undefined {
    if (!awaitsWorkers(kept)) return undefined;
    const { state } = this.#turns;
    return this.#returning.holds(task, state) ? "later" : onlineWorkers(state, this.#options.clock.now());
  }

  /** Says on which workers it will be; once that is durable, it comes here again and its members are made. */
  *#choose(task: Task, kept: TaskSpec, workers: string[], prepared: Each, done: () => void): Job {
    const { preparation } = this.#options;
    const chosen = yield* chooseWorkers(() => this.#turns.state, task, workers, prepared, preparation);
    if (chosen.names.length === 0)
      return this.#decide(task, { type: "fail", reason: nobody(workers.length, chosen) }, done);
    const work = JSON.stringify(overWorkers(kept, chosen.names).work);
    this.#tell(task, { work, message: prepared.message }, done);
  }

  /** It lives, and nobody has opened it again since. */
  #isThere(task: Task): boolean {
    return this.#turns.state.tasks.get(task.seq) === task;
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
    task: Task,
    spec: TaskSpec,
    { work, cache, message }: Extract<Prepared, { type: "run" }>,
    done: () => void,
  ): void {
    const { preparation } = this.#options;
    const { workBytesMax } = preparation;
    const text = JSON.stringify(work);
    if (text.length > workBytesMax) {
      const much = `with its values in place it holds ${text.length} bytes of work`;
      const reason = `${much}; at most ${workBytesMax} are allowed (limits.task)`;
      return this.#decide(task, { type: "fail", reason }, done);
    }
    const isSame = text === JSON.stringify(spec.work);
    const refused = isSame ? undefined : this.#refusal(task, work);
    if (refused !== undefined) return this.#decide(task, { type: "fail", reason: refused }, done);
    const odd = isSame ? undefined : pluginFault(preparation.plugins(), work, task.name ?? "");
    if (odd !== undefined) return this.#decide(task, { type: "fail", reason: odd }, done);
    const cacheHash = cache && asksOf(cache, preparation)?.cache?.hash;
    this.#tell(task, { work: isSame ? undefined : text, cacheHash, message }, done);
  }

  /** With its values in place a command may be another one. */
  #refusal(task: Task, work: Work): string | undefined {
    try {
      this.#options.preparation.policy?.lookAgain(work, task.lane.arm.name, "its command", WORKFLOW_CALLER);
      return undefined;
    } catch (error) {
      return wordsOf(error);
    }
  }

  /** Starts the run that it holds. One inside a run goes in the way of that one. */
  #nest(task: Task, run: RunSpec, { given }: RunScope, done: () => void): void {
    const { outside, intake } = this.#options;
    const inner = given === undefined ? run : { ...run, scope: { ...run.scope, given } };
    if (given?.ordered === true) inner.ordered = true;
    const isWanted = (): boolean => this.#isThere(task);
    const subRun = { task: task.seq, run: inner, planners: outside.planners, isWanted };
    void startSubRun(intake, subRun).then((reason) => {
      if (reason === undefined) done();
      else this.#decide(task, { type: "fail", reason }, done);
    });
  }

  #spread(task: Task, name: string, { total, member }: Each, done: () => void): void {
    const box = task.node?.box;
    if (box !== undefined && box.total !== total) {
      const reason = `its list had ${box.total} items when it began, and has ${total} now`;
      return this.#decide(task, { type: "fail", reason }, done);
    }
    const failed = (reason: string): void => this.#decide(task, { type: "fail", reason }, done);
    const isWanted = (): boolean => this.#isThere(task);
    const options = { task: task.seq, name, total, made: box?.made ?? 0, member, isWanted, failed, over: done };
    new Expansion(this.#options, this.#turns, this.#steps, options).start();
  }

  #decide(task: Task, { type, reason }: Failure | Extract<Prepared, { type: "skip" }>, done: () => void): void {
    const state = type === "skip" ? "skipped" : "failed";
    this.#tell(task, { end: { state, reason } }, done);
  }

  /** Not let go before it is decided: whatever calls for it meanwhile would say the same a second time, or another thing. */
  #tell(task: Task, what: Omit<Extract<Command, { type: "PrepareTask" }>, "type" | "task">, done: () => void): void {
    const command: Command = { type: "PrepareTask", task: task.seq, ...what };
    this.#turns.push({
      command: () => {
        done();
        return this.#isThere(task) ? command : undefined;
      },
      failed: done,
    });
  }

  *#close(ending: Ending, done: () => void): Job {
    const run = ending.run.seq;
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
    this.#turns.push({
      command: () => {
        const isWanted = this.#busy.get(-run) === ending;
        done();
        return isWanted ? { type: "CloseRun", run, result, failed } : undefined;
      },
      failed: done,
    });
  }
}
