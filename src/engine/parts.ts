/**
 * The parts of the engine: who is there, what each is given, and what happens to them around a turn. `engine.ts` is what all
 * of them together are to the outside.
 */
import { OctopusError } from "../base/errors.ts";
import { AccessPeople } from "./access.ts";
import { AfterTurn, type TurnParts } from "./after-turn.ts";
import { Bulk } from "./bulk.ts";
import { CacheKeys } from "./cache.ts";
import { Callbacks } from "./callbacks.ts";
import { Edits } from "./edits.ts";
import { Feed } from "./feed.ts";
import { Fleet } from "./fleet.ts";
import { Evaluation } from "./graph/evaluation.ts";
import { Graph } from "./graph/graph.ts";
import { Judge } from "./graph/judge.ts";
import { Limits } from "./limits.ts";
import { ArmHistories } from "./metrics/history.ts";
import { EngineMetrics } from "./metrics/metrics.ts";
import type { EngineOptions } from "./options.ts";
import { People } from "./people.ts";
import { Catalogue } from "./plugins/catalogue.ts";
import { Plans } from "./plans.ts";
import { PolicyJudge } from "./policy.ts";
import { Reads } from "./reads.ts";
import { Results } from "./results.ts";
import { Retention } from "./retention.ts";
import { RunIntake } from "./run-intake.ts";
import type { Preparation } from "./submission.ts";
import { Submissions } from "./submissions.ts";
import { Scaling } from "./scaling/scaling.ts";
import { Schedules } from "./schedules.ts";
import { type TurnHooks, Turns } from "./turns.ts";
import { Waits } from "./waits.ts";
import { WorkCache } from "./work-cache.ts";
import { Workers } from "./workers.ts";

export class Parts implements TurnParts {
  readonly #options: EngineOptions;
  readonly #afterTurn: AfterTurn;
  readonly policy: PolicyJudge;
  readonly turns: Turns;
  readonly works = new WorkCache();
  readonly feed: Feed;
  readonly waits = new Waits();
  readonly workers: Workers;
  readonly reads: Reads;
  readonly results: Results;
  readonly scaling: Scaling;
  readonly fleet: Fleet;
  readonly access: AccessPeople;
  readonly plugins: Catalogue;
  readonly metrics: EngineMetrics;
  readonly histories = new ArmHistories();
  readonly limits: Limits;
  readonly retention: Retention;
  readonly schedules: Schedules;
  readonly submissions: Submissions;
  readonly people: People;
  readonly edits: Edits;
  readonly graph: Graph;
  readonly plans: Plans;
  readonly callbacks: Callbacks;
  readonly bulk: Bulk;
  readonly #intake: RunIntake;
  readonly #cacheKeys: CacheKeys;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.policy = new PolicyJudge(options.policy);
    const policy = this.policy.isOn ? this.policy : undefined;
    const preparation: Preparation = {
      ...options.defaults,
      policy,
      digest: (text) => options.outside.digest(text),
      plugins: () => this.turns.state.plugins,
    };
    this.feed = new Feed(options.boot, () => options.clock.now());
    this.turns = new Turns({ ...options, calendar: options.outside.calendar }, this.#hooks());
    const results = new Results(options);
    this.results = results;
    const evaluation = new Evaluation(options.outside);
    const judge = new Judge(options.library, evaluation);
    this.workers = new Workers({ ...options, results, judge }, this.turns, this.works, this.feed);
    this.reads = new Reads({ ...options, evaluation }, this.turns, this.workers);
    this.scaling = new Scaling(options, this.turns, (worker) => this.workers.release(worker));
    this.fleet = new Fleet(this.turns, this.reads, this.workers, this.scaling);
    this.access = new AccessPeople(this.turns);
    this.plugins = new Catalogue({ ...options, results }, this.turns, this.workers.sessions);
    this.metrics = new EngineMetrics({
      ...options,
      state: () => this.turns.state,
      pools: () => this.scaling.views(),
      workers: () => this.reads.workers(),
    });
    this.limits = new Limits(this.turns, options.clock);
    this.retention = new Retention({ ...options, results }, this.turns);
    this.schedules = new Schedules({ ...options, preparation }, this.turns);
    const world = { ...options, preparation };
    this.#intake = new RunIntake(world, this.turns);
    this.submissions = new Submissions(world, this.turns, this.#intake);
    this.people = new People({ ...options, policy, workBytesMax: options.defaults.workBytesMax }, this.turns);
    this.edits = new Edits(world, this.people);
    this.callbacks = new Callbacks(world, this.turns);
    this.#cacheKeys = new CacheKeys(options, this.turns);
    const around = { turns: this.turns, evaluation, people: this.people, schedules: this.schedules };
    this.graph = new Graph({ ...world, intake: this.#intake }, { ...around, cacheKeys: this.#cacheKeys });
    this.plans = new Plans(world, this.turns);
    const parts = { turns: this.turns, people: this.people, retention: this.retention, feed: this.feed };
    this.bulk = new Bulk({ ...options, policy }, parts);
    this.#afterTurn = new AfterTurn(this);
    if (this.turns.leads) this.#resume();
  }

  /** What happens around a turn. */
  #hooks(): TurnHooks {
    return {
      appended: (turn) => this.#afterTurn.led(turn),
      followed: (turn) => this.#afterTurn.followed(turn),
      recovered: () => {
        this.#afterTurn.wakeGone();
        this.#resume();
      },
      reloaded: () => {
        this.schedules.ticks.reset(STALE);
        this.#afterTurn.wakeGone();
        this.feed.event({ type: "resync", at: this.#options.clock.now() });
        this.feed.flush();
      },
      wrote: (ms) => this.metrics.wrote(ms),
      flush: () => {
        this.workers.flush();
        this.feed.flush();
      },
      reset: (error) => {
        this.works.clear();
        this.workers.reset();
        this.schedules.ticks.reset(error);
        // Where the journal cannot be read, nobody knows yet what is gone.
        if (this.turns.isSettled) this.#afterTurn.wakeGone();
      },
    };
  }

  /** Goes on with what was begun and not finished, after a start or a recovery. */
  #resume(): void {
    this.#intake.resume();
    this.schedules.ticks.resume();
    this.callbacks.resume();
    this.#cacheKeys.resume();
    this.graph.nodes.resume();
    this.plans.resume();
    this.bulk.resume();
  }

  /** Stops what begins anything, then the turns; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.retention.stop();
    this.bulk.stop();
    this.graph.nodes.stop();
    this.scaling.stop();
    await this.turns.stop();
    this.workers.close();
    this.waits.close();
  }
}

const STALE = new OctopusError("not_leader", "this server has begun anew from a snapshot", { retryable: true });
