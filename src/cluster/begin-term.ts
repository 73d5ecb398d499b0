/**
 * From having the seat to being allowed to decide: the log is read to its end, the others are asked whether it lost something,
 * and the record that begins the term is put after everything that is there.
 *
 * BT1  Before anything is written, this server has applied the log to its end, and no server that is known has applied more
 *      than the log holds (RE2), unless a person said that this server is not coming back.
 * BT2  The record that begins the term refuses whatever an older leader has on its way, because it takes the next number.
 * BT3  A log that was repaired goes on above every number that any server is known to have applied of the one before: the
 *      fence is a number (LG1), and one who slept through all of it must not find his own free again.
 */
import type { Clock, Log } from "../engine/ports.ts";
import { appendFenced } from "./append.ts";
import { appliedBy, type KnownMember } from "./member.ts";
import type { Members } from "./members.ts";
import type { ShardBackend } from "./ports.ts";
import { chainOf, encode } from "./record.ts";
import type { Repair, Trouble } from "./repair.ts";
import type { Replica } from "./replica.ts";
import type { Applied, ReplicaTables } from "./replica-tables.ts";

export interface BeginTermOptions {
  shard: string;
  server: string;
  shared: ShardBackend;
  replica: Replica;
  repair: Repair;
  tables: ReplicaTables;
  members: Members;
  clock: Clock;
  words: Log;
  nonce(): string;
  loud(trouble: Trouble): void;
  unknownMs: number;
  askMs: number;
}

const TRIES_MAX = 20;
const TERM_TRIES_MAX = 10_000;
/** What an append may have had on its way, in records. */
const UNDER_WAY = 2;
/** Passing by more numbers takes too long: a log that has lost so many is new in all respects. */
const PASSED_MAX = 2000;

export class BeginTerm {
  /** A person says that the servers which had applied more than the log holds are not coming back. */
  isForced = false;
  readonly #options: BeginTermOptions;

  constructor(options: BeginTermOptions) {
    this.#options = options;
  }

  /** Our term, above all that stand in the log: a seat that has forgotten gives small ones. Undefined: it is lost again. */
  async newTerm(given: number): Promise<number | undefined> {
    const { shared, server, replica } = this.#options;
    let term: number | undefined = given;
    for (let tries = 0; term !== undefined && term <= replica.position.term; tries++) {
      if (tries >= TERM_TRIES_MAX) throw new Error(`the seat gives term ${term}, the log has ${replica.position.term}`);
      term = await shared.seat.take(server, term);
    }
    return term;
  }

  /** Position after the record that begins the term. Undefined: it may not begin. */
  async begin(term: number): Promise<Applied | undefined> {
    const { shared, tables, clock, words, nonce, server, replica, unknownMs } = this.#options;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if (!(await this.#mayWrite(term))) return undefined;
      if (!(await this.#readToEnd())) continue;
      // A newer term has begun while this server was on its way: the seat is somebody else's.
      if (term <= replica.position.term) return undefined;
      const { seq, chain } = replica.end;
      const bytes = encode({ kind: "began", term, nonce: nonce(), chain, at: clock.now(), server });
      const outcome = await appendFenced({ log: shared.log, clock, words, giveUpMs: unknownMs }, bytes, seq);
      if (outcome === "unknown") return undefined;
      if (outcome === "appended") {
        const position = { seq: seq + 1, chain: chainOf(bytes), term, epoch: replica.position.epoch };
        tables.apply([], position);
        replica.moved();
        return position;
      }
      // Somebody wrote meanwhile. Whose seat is it?
      const seat = await shared.seat.read();
      if (seat?.term !== term) return undefined;
    }
    return undefined;
  }

  /** False: what was read has to be looked at again. */
  async #readToEnd(): Promise<boolean> {
    const { replica, repair, shared } = this.#options;
    const stopped = await replica.catchUp(shared.log);
    if (stopped.why === "base") await repair.adopt(stopped.record, stopped.at);
    return stopped.why === "end";
  }

  /** BT1. */
  async #mayWrite(term: number): Promise<boolean> {
    const { repair, replica, loud } = this.#options;
    const isAhead = (await repair.mend()) === "ahead";
    if (!isAhead && !(await this.#readToEnd())) return true;
    const all = await this.#options.members.ask(this.#options.askMs, this.#options.shard);
    const further = await this.#further(all);
    if (further !== undefined && !this.isForced) {
      const words = `the log lacks records that ${further.name} has applied; nobody leads until that server is there`;
      loud({ type: "waits", words, detail: { server: further.name, seq: further.seq } });
      return false;
    }
    this.isForced = false;
    if (!isAhead) return true;
    const end = await repair.endToMend();
    if (end === undefined) return false;
    const lost = replica.position.seq - end.seq;
    const most = Math.max(replica.position.seq, ...all.map((one) => appliedBy(one, this.#options.shard)?.seq ?? 0));
    const outcome = await repair.putBase(term, end, "the log had lost its end");
    if (outcome !== "appended") return false;
    const upTo = most + UNDER_WAY;
    if (upTo - replica.position.seq <= PASSED_MAX && (await repair.passBy(upTo)) !== "appended") return false;
    const detail = { record: end.seq + 1, after: end.seq, lost };
    loud({ type: "repaired", words: "the log was repaired with what this server had applied", detail });
    return true;
  }

  /** Another server that has applied more than this one and the log, as far as is known. */
  async #further(all: readonly KnownMember[]): Promise<{ name: string; seq: number } | undefined> {
    const { shard, server, replica, shared } = this.#options;
    const own = replica.position;
    const most = { name: "", seq: Math.max(own.seq, replica.end.seq), epoch: own.epoch };
    for (const member of all) {
      const { name } = member;
      const at = appliedBy(member, shard);
      if (at === undefined || name === server) continue;
      // A term that the log, read to its end, does not know has begun, and was lost: a stray may have its numbers.
      const isLost = at.epoch === own.epoch && at.term > own.term && at.seq <= own.seq;
      if (isLost) return { name, seq: at.seq };
      if (at.epoch > most.epoch || (at.epoch === most.epoch && at.seq > most.seq))
        Object.assign(most, { name, seq: at.seq, epoch: at.epoch });
    }
    if (most.name === "") return undefined;
    // It may have applied what was written while we asked.
    const { last } = await shared.log.range();
    return most.epoch === own.epoch && most.seq <= last ? undefined : most;
  }
}
