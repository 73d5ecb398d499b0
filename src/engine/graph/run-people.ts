/** What people ask of runs and of tasks in them: pause, resume, approve, reject, mark, do again. */
import { OctopusError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import type { Command } from "../../core/command.ts";
import type { State } from "../../core/state.ts";
import type { RunRetry, TaskMark, Verdict } from "../../protocol/workflow.ts";
import { type People, retryOf, runNumber } from "../people.ts";
import type { Library } from "../ports.ts";
import { type Renewal, renew, type RenewalOptions } from "./renewal.ts";
import { Reopener, reopenOne } from "./reopening.ts";

/** Largest result that somebody may give a task by hand, in characters of JSON. */
const RESULT_CHARS_MAX = 64 * 1024;

export class RunPeople {
  readonly #library: Library;
  readonly #options: RenewalOptions;
  readonly #people: People;

  constructor(options: RenewalOptions, people: People) {
    this.#options = options;
    this.#library = options.library;
    this.#people = people;
  }

  async pause(id: string, paused: boolean, reason: string | undefined): Promise<void> {
    await this.#people.ask((state) => {
      const run = runNumber(id);
      this.#mustLive(state, run, id);
      return { type: "PauseRun", run, paused, reason };
    });
  }

  async approve(id: string, approve: boolean, { by, note }: Verdict): Promise<void> {
    await this.#people.ask((state) => ({
      type: "ApproveTask",
      task: this.#people.findLive(state, id),
      approve,
      by,
      note,
    }));
  }

  async mark(id: string, mark: TaskMark): Promise<void> {
    const { state: as, by, note } = mark;
    const result = resultOf(mark);
    await this.#people.ask((state) => {
      const task = this.#people.find(state, id);
      const command: Extract<Command, { type: "MarkTask" }> = { type: "MarkTask", task, state: as, by, note, result };
      if (state.tasks.get(task) !== undefined) return command;
      const ended = this.#library.endedTask(task);
      const run = ended?.definition.run;
      if (ended !== undefined && run === undefined && ended.definition.inside !== undefined) {
        return { ...command, again: againAlone(retryOf(this.#library, ended, this.#people.around(state, ended))) };
      }
      if (run === undefined) {
        throw new OctopusError("conflict", `task ${id} has ended, and is in no run: nothing would follow from a mark`);
      }
      const reopener = new Reopener(state, this.#library);
      reopener.one(run, reopener.node(run, task)!, false);
      return { ...command, again: reopener.result() };
    }, true);
  }

  async retry(id: string, retry: RunRetry): Promise<void> {
    const run = runNumber(id);
    const { task: name, downstream = false, from = "failed", params } = retry;
    if (downstream && name === undefined) throw invalid("downstream", "goes with task: the one with what needs it");
    if (retry.from !== undefined && name !== undefined) throw invalid("from", "must not be given beside task");
    const scope = this.#library.runScope(run);
    if (scope === undefined) throw new OctopusError("not_found", `there is no run ${id}`);
    const choose = (state: State, reopener: Reopener): void => {
      if (name === undefined || params !== undefined) this.#mustBeOver(state, run, id);
      if (name !== undefined) return this.#one(state, reopener, run, name, downstream);
      if (from === "all") reopener.all(run);
      else reopener.failed(run);
      this.#mustHaveSome(reopener, run, id, from);
    };
    let renewal: Renewal | undefined;
    if (params !== undefined) {
      renewal = await renew(this.#options.outside, scope, params);
      const state = this.#people.state;
      await renewal.look(this.#options, scope, state, (reopener) => choose(state, reopener));
    }
    await this.#people.ask((state) => {
      const reopener = new Reopener(state, this.#library, renewal?.keeps);
      choose(state, reopener);
      return { type: "RetryRun", run, ...reopener.result(renewal?.change), params: renewal?.params };
    }, true);
  }

  #one(state: State, reopener: Reopener, run: number, name: string, downstream: boolean): void {
    const node = reopener.named(run, name);
    if (node === undefined) {
      const names = reopener.graph(run).nodes.map((each) => each.name);
      const guess = nearest(name, names);
      const hint = guess === undefined ? "" : `; did you mean ${guess}?`;
      throw new OctopusError("not_found", `r${run} has no task named ${JSON.stringify(name)}${hint}`);
    }
    reopenOne({ state, reopener }, run, node, downstream);
  }

  #mustHaveSome(reopener: Reopener, run: number, id: string, from: "all" | "failed"): void {
    if (reopener.chosen().length > 0) return;
    const state = this.#library.endedRun(run)?.state;
    if (from === "failed" && state !== "succeeded") return;
    throw new OctopusError(
      "conflict",
      `nothing of run ${id} has failed: it is ${state}; do all of it again (from: all)`,
    );
  }

  #mustBeOver(state: State, run: number, id: string): void {
    const live = state.runs.get(run);
    if (live === undefined || live.over) return;
    const message = `run ${id} has not ended; retry single tasks of it, or wait for its end`;
    throw new OctopusError("conflict", message);
  }

  #mustLive(state: State, run: number, id: string): void {
    if (state.runs.get(run)?.over === false) return;
    const ended = this.#library.run(run);
    if (ended === undefined) throw new OctopusError("not_found", `there is no run ${id}`);
    throw new OctopusError("conflict", `run ${id} has ended already: it is ${ended.state}`);
  }
}

type Again = NonNullable<Extract<Command, { type: "MarkTask" }>["again"]>;

/** A member of a container in no run is opened with it, and with what waited for that. */
function againAlone({ task, around = [], children, dependents, grandchildren }: ReturnType<typeof retryOf>): Again {
  const after = dependents.map((each) => ({ task: each, children: grandchildren?.get(each.task) }));
  return { tasks: [...around, { task, children }, ...after], children: [], runs: [] };
}

function resultOf({ result, state }: TaskMark): string | undefined {
  if (result === undefined) return undefined;
  if (state !== "succeeded") throw invalid("result", "goes only with state succeeded");
  const text = JSON.stringify(result);
  if (text.length <= RESULT_CHARS_MAX) return text;
  throw invalid("result", `holds ${text.length} characters of JSON; at most ${RESULT_CHARS_MAX} are allowed`);
}

function invalid(path: string, message: string): OctopusError {
  return new OctopusError("invalid", `${path} ${message}`, { issues: [{ path, message }] });
}
