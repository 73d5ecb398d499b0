/**
 * One shard on one server: follows the log, and leads when it has the seat. It puts the parts of this folder together; what
 * they owe each other stands in their headers.
 *
 * SH1  One thing at a time: mending, following, beginning to lead, leading and ceasing to lead come one after the other in one
 *      loop (`#run`), so that nobody applies records while somebody else writes them.
 * SH2  Before a server that was given the seat writes anything, it has applied the log to its end, and has asked the others
 *      whether the log lost something that they had applied (RE2).
 * SH3  The engine decides only between `began` in the log and the end of leading.
 */
import { OctopusError } from "../base/errors.ts";
import { BeginTerm } from "./begin-term.ts";
import { notLeader } from "./journal.ts";
import type { Leadership } from "./ports.ts";
import { Repair, type Trouble } from "./repair.ts";
import { Replica } from "./replica.ts";
import type { Applied } from "./replica-tables.ts";
import { SeatKeeper } from "./seat-keeper.ts";
import {
  SHARD_SETTINGS,
  type ShardOptions,
  type ShardRole,
  type ShardSettings,
  type ShardView,
} from "./shard-options.ts";
import { ShardState } from "./shard-state.ts";
import { viewOfShard } from "./shard-view.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";
import type { Manifest } from "./snapshot.ts";

const AGAIN_MS = 500;

export class Shard {
  readonly #options: ShardOptions;
  readonly #settings: ShardSettings;
  readonly #replica: Replica;
  readonly #repair: Repair;
  readonly #beginTerm: BeginTerm;
  readonly #keeper: SeatKeeper;
  readonly #snapshots: SnapshotKeeper;
  readonly #leaderListeners = new Set<(leadership: Leadership) => void>();
  readonly #told: ShardState;
  readonly #fences = { terms: 0, deposed: 0 };
  readonly #done: Promise<void>;
  readonly #ends: (() => void)[];
  #following: AbortController | undefined;
  /** The term that is to begin. */
  #toBegin: number | undefined;
  /** Ends the leading that is under way. */
  #endLeading: ((why: { error: OctopusError; standBackMs: number }) => void) | undefined;
  /** Resolved when something happens that the loop waits for. */
  #nudge: () => void = () => {};
  #closed = false;

  constructor(options: ShardOptions) {
    this.#options = options;
    const { clock, log: words, tables, engine, files, shared, backend } = options;
    this.#settings = { ...SHARD_SETTINGS, ...options.settings };
    const { confirmMs, unknownMs, askMs } = this.#settings;
    const { shard, members, nonce, version, output } = options;
    const { server, objects } = backend;
    this.#replica = new Replica({
      ...{ tables, clock, words, ...(files && { fetch: (batches) => files.fetch(batches) }) },
      engine: {
        follow(batches) {
          engine.follow(batches);
          output?.applied(batches);
        },
      },
    });
    const common = { shard, server, objects, tables, clock, words, version, replica: this.#replica, nonce, members };
    this.#told = new ShardState(options, () => this.#replica.position);
    const wanted = `shard/${shard}/snapshot-wanted`;
    const loud = (trouble: Trouble): void => this.#told.loud(trouble);
    this.#repair = new Repair({
      ...{ ...common, log: shared.log, confirmMs, unknownMs, loud, reload: () => engine.reload() },
      ...(files && { fetchAll: () => files.fetchAll() }),
      wantSnapshot: () => backend.bus.publish(wanted, {}),
    });
    this.#beginTerm = new BeginTerm({ ...common, shared, repair: this.#repair, loud, unknownMs, askMs });
    this.#snapshots = new SnapshotKeeper({
      ...{ ...common, log: shared.log, everyRecords: this.#settings.snapshotRecords },
      everyBytes: this.#settings.snapshotBytes,
      bytes: () => this.#replica.bytes + options.journal.counts.bytes,
      role: () => this.#told.role,
      leader: () => this.#keeper.state.seat.server,
      settled: () => options.journal.settled(),
    });
    this.#keeper = new SeatKeeper({
      ...{
        shard,
        server,
        seat: shared.seat,
        bus: backend.bus,
        pulse: members.pulse,
        clock,
        words,
        times: this.#settings,
      },
      rank: (without) => members.rank(shard, without),
      tasks: {
        begin: (term) => this.#begin(term),
        stepDown: (reason) => this.#depose(reason),
        position: () => this.#replica.position,
        heard: (position) => this.#heard(position),
        leaderChanged: (leadership) => {
          for (const listener of this.#leaderListeners) listener(leadership);
        },
      },
    });
    this.#ends = [
      backend.bus.subscribe(wanted, () => void this.#snapshots.wanted().catch(() => {})),
      // What is asked while nothing can be reached waits for that, and is sent then.
      backend.bus.onConnected(() => options.journal.lookFirst()),
    ];
    output?.follow((chunks) => engine.followOutput(chunks));
    this.#done = this.#run();
  }

  get role(): ShardRole {
    return this.#told.role;
  }

  get roleSince(): number {
    return this.#told.roleSince;
  }

  /** Undefined: the log is followed and was caught up with. Else why not, in words. */
  get notReady(): string | undefined {
    return this.#told.notReady;
  }

  /** The newest holder of the seat that was heard of. */
  leader(): Leadership | undefined {
    const { seat } = this.#keeper.state;
    return seat.server === "" ? undefined : seat;
  }

  position(): Applied {
    return this.#replica.position;
  }

  /** True when this record is applied within so many milliseconds, or its epoch is over. */
  waitFor(at: { seq: number; epoch?: number | undefined }, ms: number): Promise<boolean> {
    return this.#replica.waitFor(at, ms);
  }

  /** Called with `leader` after the engine began to decide, with `follower` when it has ceased to. */
  onRole(listener: (role: ShardRole) => void): () => void {
    return this.#told.onRole(listener);
  }

  onLeader(listener: (leadership: Leadership) => void): () => void {
    this.#leaderListeners.add(listener);
    return () => this.#leaderListeners.delete(listener);
  }

  /** Hands the lead over; resolves when this server follows. Nothing happens when it does. */
  async stepDown(): Promise<void> {
    if (this.#told.role !== "leader") return;
    const over = new Promise<void>((resolve) => {
      const end = this.onRole(() => {
        end();
        resolve();
      });
    });
    this.#endLeading?.({ error: notLeader(), standBackMs: this.#settings.standBackMs });
    await over;
  }

  /** Never leads again: the shard is to be removed, and its log ends where it is. */
  async retire(): Promise<void> {
    this.#told.isRetired = true;
    this.#keeper.put({ type: "fit", isFit: false });
    await this.stepDown();
  }

  /** Copies the tables into the shared objects. */
  snapshot(): Promise<Manifest> {
    return this.#snapshots.make();
  }

  /** A person says that the servers which had applied more than the log holds are not coming back. */
  repair(): void {
    this.#beginTerm.isForced = true;
    this.#nudge();
  }

  /** What has happened so far, without asking anybody. */
  counts(): Pick<ShardView, "appends" | "fences"> & { troubles: ReadonlyMap<Trouble["type"], number> } {
    return { appends: this.#options.journal.counts, fences: this.#fences, troubles: this.#told.counts };
  }

  view(): Promise<ShardView> {
    return viewOfShard(this.#options, {
      ...{ told: this.#told, fences: this.#fences, snapshots: this.#snapshots },
      ...{ leader: () => this.leader(), position: () => this.#replica.position },
    });
  }

  /** Hands the lead over and stops following. */
  async close(): Promise<void> {
    if (this.#closed) return this.#done;
    this.#closed = true;
    this.#endLeading?.({ error: notLeader(), standBackMs: 0 });
    this.#following?.abort();
    this.#nudge();
    await this.#done;
    this.#keeper.close();
    for (const end of this.#ends) end();
    await this.#snapshots.close();
    await this.#options.output?.close();
    this.#options.files?.close();
  }

  // --- the loop ---

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        const term = this.#toBegin;
        if (term === undefined) await this.#follow();
        else {
          this.#toBegin = undefined;
          await this.#leadTerm(term);
        }
      } catch (error) {
        this.#told.cannotFollow(error);
        this.#keeper.put({ type: "fit", isFit: false });
        await this.#pause(AGAIN_MS);
      }
    }
  }

  async #follow(): Promise<void> {
    const { shared } = this.#options;
    if ((await this.#repair.mend()) === "ahead") return this.#waitAhead();
    const first = await this.#replica.catchUp(shared.log);
    if (await this.#stopped(first)) return;
    this.#told.fits();
    this.#keeper.put({ type: "fit", isFit: !this.#told.isRetired });
    if (this.#toBegin !== undefined || this.#closed) return;
    const following = new AbortController();
    this.#following = following;
    try {
      await this.#stopped(await this.#replica.follow(shared.log, following.signal));
    } finally {
      this.#following = undefined;
    }
  }

  /** True: following has to begin anew. Throws where that would lead here again: the loop waits a while then. */
  async #stopped(stopped: Awaited<ReturnType<Replica["catchUp"]>>): Promise<boolean> {
    if (stopped.why === "end") return false;
    this.#told.waits(undefined);
    if (stopped.why === "base") await this.#repair.adopt(stopped.record, stopped.at);
    if (stopped.why === "diverged" && (await this.#replica.standing(this.#options.shared.log)) === "fits")
      throw new Error(`what the log holds after record ${this.#replica.end.seq} does not come after that record`);
    return true;
  }

  /** The log has less than these tables: this server waits for the one that has most, or is that one. */
  async #waitAhead(): Promise<void> {
    const words = "the log has lost records that this server has applied";
    if (this.#told.waits(words)) this.#told.loud({ type: "went-back", words, detail: { ...this.#replica.position } });
    this.#keeper.put({ type: "fit", isFit: !this.#told.isRetired });
    if (this.#toBegin === undefined) await this.#pause(AGAIN_MS);
  }

  #begin(term: number): void {
    this.#toBegin = term;
    this.#following?.abort();
    this.#nudge();
  }

  /** Heard from the leader: a replica that is further than its log has something to find out. */
  #heard({ seq, epoch }: { seq: number; epoch: number }): void {
    const { position } = this.#replica;
    if (epoch > position.epoch && seq < position.seq) this.#following?.abort();
  }

  // --- leading ---

  async #leadTerm(given: number): Promise<void> {
    const { engine, journal, log: words, shard, shared } = this.#options;
    let standBackMs = this.#settings.standBackMs;
    let error = notLeader();
    let term: number | undefined;
    try {
      term = await this.#beginTerm.newTerm(given);
      if (term === undefined) return;
      if (term !== given) this.#keeper.put({ type: "changed", seat: { term, server: this.#options.backend.server } });
      const position = await this.#beginTerm.begin(term);
      // A newer term may have been heard of meanwhile (LD2).
      if (position === undefined || this.#keeper.state.seat.term > term) return;
      const ended = new Promise<{ error: OctopusError; standBackMs: number }>((resolve) => {
        this.#endLeading = resolve;
      });
      journal.lead(
        {
          ...{ log: shared.log, term, unknownMs: this.#settings.unknownMs },
          isPast: () => this.#keeper.isPast(term!, this.#settings.unknownMs),
          applied: (at) => this.#replica.movedTo(at),
          deposed: (why) => {
            this.#fences.deposed++;
            // At once: what was decided on top of the refused turn must not be looked at by anybody.
            void engine.stepDown(notLeader());
            this.#told.become("follower");
            this.#endLeading?.({ error: why, standBackMs: 0 });
          },
        },
        position,
      );
      this.#fences.terms++;
      engine.lead();
      // Whatever kept it from following before: what it holds is all that there is.
      this.#told.fits();
      this.#keeper.put({ type: "began" });
      words.info({ shard, term, record: position.seq }, "leads the shard");
      this.#told.become("leader");
      // Something may have been said while it began.
      if (this.#closed || this.#told.isRetired) this.#endLeading?.({ error, standBackMs: 0 });
      ({ error, standBackMs } = await ended);
      this.#endLeading = undefined;
      words.info({ shard, term, why: error.message }, "leads the shard no more");
      await engine.stepDown(error);
      journal.rest();
      this.#replica.moved();
    } finally {
      this.#endLeading = undefined;
      if (term !== undefined) await this.#within(this.#keeper.release(term));
      this.#keeper.put({ type: "over", standBackMs });
      this.#told.become("follower");
    }
  }

  #depose(reason: string): void {
    const words = `another server leads the shard now (${reason}); ask again`;
    const error = new OctopusError("not_leader", words, { retryable: true });
    this.#endLeading?.({ error, standBackMs: 0 });
  }

  /** What may take for ever where the backend cannot be reached, and matters little. */
  #within(work: Promise<void>): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const cancel = clock.wakeAt(clock.now() + AGAIN_MS * 2, resolve);
      void work
        .catch(() => {})
        .finally(() => {
          cancel();
          resolve();
        });
    });
  }

  #pause(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#nudge = () => {};
        resolve();
      };
      const cancel = clock.wakeAt(clock.now() + ms, end);
      this.#nudge = end;
    });
  }
}

export type { ShardRole, ShardSettings, ShardView } from "./shard-options.ts";

export function startShard(options: ShardOptions): Shard {
  return new Shard(options);
}
