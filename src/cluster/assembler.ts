/**
 * Reads a log, record by record, into what counts of it: whole turns, beginnings of terms, bases. Pure.
 *
 * AS1  Each record has to name the hash of the one before it (RC1). One that names another means that what was applied here
 *      is not what the log says now; or it is a stray: the end of the log went back, and what an older leader had on its way
 *      came to fit by its number; and what nobody of the cluster wrote names none. Whoever reads finds out whether the log
 *      still holds what was read before it, and says `passOver` then.
 * AS2  Terms never fall. A record of an older term was written by a leader who could not know of its successor, and would
 *      have been refused: it counts for nothing.
 * AS3  The position moves with what counts, and with nothing else: after a restart, parts and records that did not count are
 *      read again.
 */
import { assert } from "../base/assert.ts";
import type { LogRecord } from "./ports.ts";
import {
  type AnyRecord,
  type BaseRecord,
  chainOf,
  decode,
  type FillerRecord,
  type TurnRecord,
  type WholeRecord,
} from "./record.ts";
import type { Applied } from "./replica-tables.ts";

/** `at`: the position once it is applied. */
export type Step =
  | { type: "turn"; record: TurnRecord; at: Applied }
  | { type: "began"; server: string; at: Applied }
  | { type: "base"; record: BaseRecord; at: Applied }
  /** It counts for nothing, and somebody should hear of that. */
  | { type: "odd"; seq: number; why: string }
  /**
   * What was applied is not what the log says. `mayBeStray`: or the record is of a term that is over, or nobody of this
   * cluster wrote it, and it counts for nothing.
   */
  | { type: "diverged"; seq: number; mayBeStray: boolean };

type Part = Extract<AnyRecord, { kind: "part" }>;

export class Assembler {
  #position: Applied;
  /** Number and hash of the newest record that was read, whether it counted or not. */
  #seq: number;
  #chain: string;
  #parts: Part[] = [];

  constructor(position: Applied) {
    this.#position = position;
    this.#seq = position.seq;
    this.#chain = position.chain;
  }

  /** Number of the record that is to be read next. */
  get next(): number {
    return this.#seq + 1;
  }

  /** What the end of the log is, as far as it was read: whatever is appended has to come after this. */
  get end(): { seq: number; chain: string } {
    return { seq: this.#seq, chain: this.#chain };
  }

  /** Undefined: it counts for nothing by itself. */
  read({ seq, bytes }: LogRecord): Step | undefined {
    assert(seq === this.next, `record ${this.next} comes next, not ${seq}`);
    const record = decode(bytes);
    if (record.kind === "foreign") return { type: "diverged", seq, mayBeStray: true };
    if (record.chain !== this.#chain) return { type: "diverged", seq, mayBeStray: record.term < this.#position.term };
    this.#seq = seq;
    this.#chain = chainOf(bytes);
    if (record.term < this.#position.term) return this.#odd(`its term ${record.term} is over`);
    if (record.kind === "part") return this.#part(record);
    if (record.kind !== "filler") return this.#whole(record);
    this.#parts = [];
    return undefined;
  }

  /** It counts for nothing, and the next comes after it. */
  passOver({ seq, bytes }: LogRecord): void {
    this.#seq = seq;
    this.#chain = chainOf(bytes);
    this.#parts = [];
  }

  #whole(record: Exclude<WholeRecord, FillerRecord>): Step {
    this.#parts = [];
    const epoch = record.kind === "base" ? record.term : this.#position.epoch;
    const at: Applied = { seq: this.#seq, chain: this.#chain, term: record.term, epoch };
    this.#position = at;
    if (record.kind === "turn") return { type: "turn", record, at };
    if (record.kind === "base") return { type: "base", record, at };
    return { type: "began", server: record.server, at };
  }

  #part(part: Part): Step | undefined {
    if (part.part === 0 || part.nonce !== this.#parts[0]?.nonce) this.#parts = [];
    if (part.part !== this.#parts.length) return this.#odd("it is a part of a turn whose beginning is missing");
    this.#parts.push(part);
    if (this.#parts.length < part.parts) return undefined;
    const whole = decode(Buffer.concat(this.#parts.map(({ bytes }) => bytes)));
    if (whole.kind !== "turn") return this.#odd("its parts make no turn");
    return this.#whole(whole);
  }

  #odd(why: string): Step {
    this.#parts = [];
    return { type: "odd", seq: this.#seq, why };
  }
}
