/**
 * Read your writes, and never less than before, whichever server of a cluster answers: each answer says how far its server
 * was, and each read names the farthest that was seen, for which the server that is asked then waits.
 *
 * SN1  What is named only grows. Servers that stand alone say nothing, and are named nothing.
 * SN2  Numbers are compared within one epoch; a newer epoch counts more, as it settles what became of the one before.
 */
import { AFTER, type Call } from "./transport.ts";

const NUMBER = /^\d{1,15}$/;

export class Seen {
  /** By shard. */
  readonly #farthest = new Map<string, { seq: number; epoch: number; text: string }>();
  #text: string | undefined;

  /** An answer said `default:1234:0`: the shard, the number, the epoch. */
  note(sequence: string): void {
    const [shard = "", number = "", ofEpoch = "0"] = sequence.split(":", 3);
    if (shard === "" || !NUMBER.test(number) || !NUMBER.test(ofEpoch)) return;
    const [seq, epoch] = [Number(number), Number(ofEpoch)];
    const before = this.#farthest.get(shard);
    if (before !== undefined && (epoch < before.epoch || (epoch === before.epoch && seq <= before.seq))) return;
    // As the server says it: one of before epochs is named none.
    this.#farthest.set(shard, { seq, epoch, text: sequence });
    this.#text = [...this.#farthest.values()].map(({ text }) => text).join(",");
  }

  /** A read that names what was seen; what changes something needs none. */
  with<C extends Omit<Call, "silenceMs">>(call: C): C {
    if (this.#text === undefined || call.method !== "GET") return call;
    return { ...call, headers: { ...call.headers, [AFTER]: this.#text } };
  }
}
