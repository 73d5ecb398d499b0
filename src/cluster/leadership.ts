/**
 * Who leads a shard, as one server sees it. Pure: it is told what was heard and when, and says what is to be done. Times are
 * milliseconds of a clock that only measures (`Clock.elapsed`); wall clocks decide nothing here.
 *
 * Trust. The leader says that it is alive in each pulse of its server (pulse.ts). A follower that has heard nothing for
 * `silenceMs` (and a little more by its rank, so that not all jump at once) while its bus was connected all that time takes
 * the seat, by the term that it read.
 * What may go wrong, and why none of it can harm what is written:
 *  - The leader is well, and its words are lost or late (a broker's death, a full loop, a partition): it is deposed for
 *    nothing. The new one appends the record that begins its term; the old one's next append is refused by its number (LG1),
 *    its callers are told to ask again, and it follows. Work goes on with the workers that it was on.
 *  - The leader sleeps (SIGSTOP, a suspended machine) and wakes believing that it leads: the same. What it sends first after
 *    it woke is refused, whatever its clock says; no window of time is trusted.
 *  - Two take at once: the seat gives a term to one of them (LS1). Should the seat itself forget and give two terms, the log
 *    still takes one record after the newest, and refuses the other.
 *  - This server was held up, and finds silence where it has not listened: it begins to listen anew (`slept`).
 *  - A clock of this server runs fast or slow, or jumps: it challenges too early or too late. Too early is the first case, too
 *    late is a longer fail-over.
 *  - Nobody can reach the log or the seat: nobody leads, nothing is acknowledged; as soon as a majority of the backend is back
 *    somebody takes the seat again.
 * So time is only ever a reason to try, never a permission to write.
 *
 * LD1  One leads only after having taken the seat, and only in the newest term that one has heard of.
 * LD2  One that hears of a newer term stops.
 */
import type { Leadership } from "./ports.ts";

export interface LeadershipTimes {
  /** Silence after which a follower challenges. */
  silenceMs: number;
  /** Each place in the order of servers waits so much longer. */
  rankMs: number;
  /** A seat that was given back is taken after so long for each place in the order. */
  handoverMs: number;
  /** A leader that hears nothing at all for so long steps down. */
  aloneMs: number;
}

export const LEADERSHIP_TIMES: LeadershipTimes = {
  ...{ silenceMs: 1500, rankMs: 200, handoverMs: 100, aloneMs: 10_000 },
};

/** `taking`: the answer of the seat is awaited. `beginning`: it is ours, and the term's first record is to be appended. */
export type Role = "follower" | "taking" | "beginning" | "leader";

export interface LeadershipState {
  readonly server: string;
  readonly role: Role;
  /** Our term, while it is ours. */
  readonly term: number;
  /** The newest holder that was heard of. */
  readonly seat: Leadership;
  /** The seat was read at least once. */
  readonly isSeatKnown: boolean;
  /** When the leader was last heard, or the seat changed. */
  readonly heardAt: number;
  /** Since when the bus is connected; undefined = it is not, since `lostAt`. */
  readonly connectedAt: number | undefined;
  readonly lostAt: number;
  /** Not before that does it take the seat. */
  readonly standsBackUntil: number;
  /** It can lead: caught up with nothing in the way. */
  readonly isFit: boolean;
}

export type LeadershipInput =
  /** Read from the seat itself. */
  | { type: "seat"; seat: Leadership | undefined }
  /** The seat was seen to change. */
  | { type: "changed"; seat: Leadership }
  | { type: "alive"; seat: Leadership }
  /** The leader gave up on its own. */
  | { type: "resigned"; term: number }
  | { type: "connected"; isConnected: boolean }
  /** This server did nothing for a while, and cannot have heard what was said meanwhile. */
  | { type: "slept" }
  | { type: "fit"; isFit: boolean }
  | { type: "tick" }
  /** The seat's answer: our term, or undefined. */
  | { type: "taken"; term: number | undefined }
  /** The record that begins our term is in the log. */
  | { type: "began" }
  /** Leading has ended, or could not begin; so long others have their chance. */
  | { type: "over"; standBackMs: number };

export type LeadershipAction =
  | { type: "take"; seen: number }
  | { type: "begin"; term: number }
  | { type: "stepDown"; reason: string }
  /** It leads from now on, and everybody is to hear it. */
  | { type: "alive"; term: number };

/** Place of this server among those that could lead, from 0; asked for when it matters. */
export type Rank = () => number;

type Result = [LeadershipState, LeadershipAction[]];

export function follower(server: string, now: number, isConnected: boolean): LeadershipState {
  return {
    ...{ server, role: "follower", term: 0, seat: { term: 0, server: "" }, isSeatKnown: false },
    ...{ heardAt: now, connectedAt: isConnected ? now : undefined, lostAt: now },
    ...{ standsBackUntil: 0, isFit: false },
  };
}

export function lead(
  state: LeadershipState,
  input: LeadershipInput,
  now: number,
  times: LeadershipTimes,
  rank: Rank,
): Result {
  switch (input.type) {
    case "seat": {
      // A seat that has forgotten gives lower terms: it is taken until ours is above all that stand in the log.
      const seat = input.seat ?? { term: 0, server: "" };
      if (state.role !== "follower" || seat.term >= state.seat.term)
        return heardSeat({ ...state, isSeatKnown: true }, seat, now, false);
      return [{ ...state, isSeatKnown: true, seat }, []];
    }
    case "changed":
      return heardSeat(state, input.seat, now, false);
    case "alive":
      return heardSeat(state, input.seat, now, true);
    case "resigned": {
      if (input.term < state.seat.term || state.role !== "follower") return [state, []];
      return [{ ...state, seat: { term: input.term, server: "" }, heardAt: now }, []];
    }
    case "connected": {
      if (input.isConnected === (state.connectedAt !== undefined)) return [state, []];
      return [{ ...state, connectedAt: input.isConnected ? now : undefined, lostAt: now }, []];
    }
    case "slept":
      return [state.connectedAt === undefined ? state : { ...state, connectedAt: now }, []];
    case "fit":
      return [{ ...state, isFit: input.isFit }, []];
    case "taken": {
      if (state.role !== "taking") return [state, []];
      if (input.term === undefined) return [{ ...state, role: "follower", heardAt: now }, []];
      const seat = { term: input.term, server: state.server };
      const { term } = seat;
      return [{ ...state, role: "beginning", term, seat, heardAt: now }, [{ type: "begin", term }]];
    }
    case "began": {
      if (state.role !== "beginning") return [state, []];
      return [{ ...state, role: "leader" }, [{ type: "alive", term: state.term }]];
    }
    case "over": {
      const standsBackUntil = Math.max(state.standsBackUntil, now + input.standBackMs);
      return [{ ...state, role: "follower", term: 0, heardAt: now, standsBackUntil }, []];
    }
    case "tick":
      return tick(state, now, times, rank);
  }
}

function heardSeat(state: LeadershipState, seat: Leadership, now: number, isAlive: boolean): Result {
  const { role, server } = state;
  if (seat.term < state.seat.term) return [state, []];
  const isNew = seat.term > state.seat.term || seat.server !== state.seat.server;
  const isOther = seat.server !== server;
  const next = { ...state, seat, heardAt: isNew || (isAlive && isOther) ? now : state.heardAt };
  // LD2. Our own term given back is the step down that was asked for already.
  if ((role === "leader" || role === "beginning") && isOther && seat.term >= state.term)
    return [next, [{ type: "stepDown", reason: `${seat.server || "nobody"} has the seat in term ${seat.term}` }]];
  return [next, []];
}

function tick(state: LeadershipState, now: number, times: LeadershipTimes, rank: Rank): Result {
  if (state.role === "leader") {
    const isAlone = state.connectedAt === undefined && now - state.lostAt >= times.aloneMs;
    return [state, isAlone ? [{ type: "stepDown", reason: "nothing was heard of the cluster for too long" }] : []];
  }
  if (state.role !== "follower" || !mayTake(state, now)) return [state, []];
  const { seat, heardAt, connectedAt } = state;
  const isFree = seat.server === "" || seat.server === state.server;
  const silentMs = now - (isFree ? heardAt : Math.max(heardAt, connectedAt!));
  if (!isFree && silentMs < times.silenceMs) return [state, []];
  const wait = isFree ? times.handoverMs * rank() : times.silenceMs + times.rankMs * rank();
  if (silentMs < wait) return [state, []];
  return [{ ...state, role: "taking" }, [{ type: "take", seen: seat.term }]];
}

function mayTake(state: LeadershipState, now: number): boolean {
  return state.isFit && state.isSeatKnown && state.connectedAt !== undefined && now >= state.standsBackUntil;
}
