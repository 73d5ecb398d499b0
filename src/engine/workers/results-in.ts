/**
 * Results on their way from a worker to core. They are acknowledged in the order they came: one that has to wait until the
 * judge can read it, or until files are here that the worker gave to the server which led before, keeps those behind it
 * waiting.
 */
import type { Report } from "../../core/command.ts";
import type { FromWorker } from "../../protocol/link.ts";
import type { Judge, Judged } from "../graph/judge.ts";
import type { Log } from "../ports.ts";
import type { Results } from "../results.ts";
import type { Session } from "../sessions.ts";
import type { Turns } from "../turns.ts";
import type { Item } from "../inbox.ts";
import { isOn, lieAbout } from "./honesty.ts";

type ResultMessage = Extract<FromWorker, { type: "result" }>;

export interface ResultsInOptions {
  results: Results;
  judge: Judge;
  log: Log;
  resultBytesMax: number;
  /** The result could not be kept: the worker holds it and brings it again on its next connection. */
  cut(session: Session): void;
}

export class ResultsIn {
  readonly #options: ResultsInOptions;
  readonly #turns: Turns;
  /** By session: results that came while the judge was getting ready, in their order. */
  readonly #late = new Map<Session, ResultMessage[]>();
  /** Their files have been looked for. */
  readonly #sought = new WeakSet<ResultMessage>();

  constructor(options: ResultsInOptions, turns: Turns) {
    this.#options = options;
    this.#turns = turns;
  }

  take(session: Session, message: ResultMessage): void {
    const name = session.name;
    if (name === undefined) return;
    const { task, attempt, n } = message;
    const { judge } = this.#options;
    const { state } = this.#turns;
    const found = state.tasks.get(task);
    if (!isOn(found, attempt, name)) {
      const lie = lieAbout(state, message, name);
      if (lie !== undefined) return this.#dismiss(session, n, lie);
    }
    const isJudged = judge.concerns(found, attempt, message.report);
    const late = this.#late.get(session);
    if (late !== undefined) return void late.push(message);
    const goOn = (): void => this.#goOn(session);
    const waits = isJudged ? judge.waits() : undefined;
    if (waits !== undefined) {
      this.#late.set(session, [message]);
      return void waits.then(goOn, goOn);
    }
    const seeking = this.#seek(message);
    if (seeking !== undefined) {
      this.#late.set(session, [message]);
      // Nobody can say now whether another server has them: the worker asks again.
      return void seeking.then(goOn, () => this.#late.delete(session) && this.#options.cut(session));
    }
    let report: Report;
    try {
      report = this.#reportOf(isJudged ? judge.judge(task, message.report) : message.report);
    } catch (error) {
      // The disk is full.
      this.#options.log.error({ task }, error instanceof Error ? error.message : String(error));
      return this.#options.cut(session);
    }
    this.#turns.push({
      command: () => {
        session.received = Math.max(session.received, n);
        return { type: "EndAttempt", worker: name, session: session.id, task, attempt, report };
      },
      ...((report.resultRef ?? report.artifacts) !== undefined && this.#keeping(report)),
    });
  }

  /** Undefined: the files that the result names are here, or nowhere. */
  #seek(message: ResultMessage): Promise<void> | undefined {
    const { artifacts } = message.report;
    if (artifacts === undefined || this.#sought.has(message)) return undefined;
    this.#sought.add(message);
    return this.#options.results.bring(artifacts.map(({ hash }) => hash));
  }

  /** It changes nothing; and it is acknowledged, or it would be repeated for ever. */
  #dismiss(session: Session, n: number, lie: string): void {
    session.complain("refused.result", `a result that it cannot have: ${lie}`);
    this.#turns.push({
      command: () => {
        session.received = Math.max(session.received, n);
        return undefined;
      },
    });
  }

  #goOn(session: Session): void {
    const late = this.#late.get(session) ?? [];
    this.#late.delete(session);
    if (!session.closed) for (const message of late) this.take(session, message);
  }

  /** A large result and files are on their way until the turn is over. */
  #keeping({ resultRef, artifacts = [] }: Report): Pick<Item, "done" | "failed"> {
    const { results } = this.#options;
    const references = artifacts.map(({ hash }) => hash);
    if (resultRef !== undefined) references.push(resultRef);
    return {
      done: (reply) => {
        for (const reference of references) results.settle(reference);
        if (reply.ok && reply.ignored === true) results.remove(references);
      },
      // The worker brings the result again, and the files are still here then.
      failed: () => results.settle(resultRef),
    };
  }

  #reportOf(report: Judged): Report {
    const { result, ...rest } = report;
    // One that is gone (its task's twin was removed meanwhile) is left out: a list must not promise what is not there.
    if (rest.artifacts !== undefined)
      rest.artifacts = rest.artifacts.filter(({ hash }) => this.#options.results.has(hash));
    if (result === undefined) return rest;
    const text = JSON.stringify(result);
    if (text.length <= this.#options.resultBytesMax) return { ...rest, result: text };
    return { ...rest, resultRef: this.#options.results.keep(text) };
  }
}
