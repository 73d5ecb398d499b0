/** Leadership as a table of what was heard and what is done then. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  follower,
  lead,
  type LeadershipAction,
  type LeadershipInput,
  type LeadershipState,
  LEADERSHIP_TIMES as TIMES,
} from "./leadership.ts";

/** One server, told things at given moments. */
class Server {
  state: LeadershipState;
  readonly #rank: number;

  constructor(rank = 0, isConnected = true) {
    this.#rank = rank;
    this.state = follower("own", 0, isConnected);
  }

  at(now: number, input: LeadershipInput): LeadershipAction[] {
    const [state, actions] = lead(this.state, input, now, TIMES, () => this.#rank);
    this.state = state;
    return actions;
  }

  /** Caught up, under a leader that was last heard at 0. */
  following(): this {
    this.at(0, { type: "fit", isFit: true });
    this.at(0, { type: "seat", seat: { term: 4, server: "other" } });
    return this;
  }

  leading(): this {
    this.following();
    this.at(TIMES.silenceMs, { type: "tick" });
    this.at(TIMES.silenceMs, { type: "taken", term: 5 });
    this.at(TIMES.silenceMs, { type: "began" });
    return this;
  }
}

test("a leader that is silent is challenged, by the first in the order first", () => {
  for (const rank of [0, 2]) {
    const server = new Server(rank).following();
    const due = TIMES.silenceMs + rank * TIMES.rankMs;
    server.at(100, { type: "alive", seat: { term: 4, server: "other" } });
    assert.deepEqual(server.at(100 + due - 1, { type: "tick" }), []);
    assert.deepEqual(server.at(100 + due, { type: "tick" }), [{ type: "take", seen: 4 }]);
    assert.deepEqual(server.at(100 + due + 1, { type: "tick" }), [], "it asks once");
  }
});

test("silence says nothing while nothing can be heard", () => {
  const server = new Server().following();
  server.at(10, { type: "connected", isConnected: false });
  assert.deepEqual(server.at(60_000, { type: "tick" }), []);
  server.at(60_000, { type: "connected", isConnected: true });
  assert.deepEqual(server.at(60_000 + TIMES.silenceMs - 1, { type: "tick" }), []);
  assert.deepEqual(server.at(60_000 + TIMES.silenceMs, { type: "tick" }), [{ type: "take", seen: 4 }]);
});

test("one that slept takes nobody's silence for granted", () => {
  const server = new Server().following();
  server.at(20_000, { type: "slept" });
  assert.deepEqual(server.at(20_000 + TIMES.silenceMs - 1, { type: "tick" }), []);
  assert.deepEqual(server.at(20_000 + TIMES.silenceMs, { type: "tick" }), [{ type: "take", seen: 4 }]);
});

test("who has not caught up, or leaves the seat to others, does not take it", () => {
  const server = new Server();
  server.at(0, { type: "seat", seat: undefined });
  assert.deepEqual(server.at(5000, { type: "tick" }), []);
  server.at(5000, { type: "fit", isFit: true });
  server.at(5000, { type: "over", standBackMs: 3000 });
  assert.deepEqual(server.at(7999, { type: "tick" }), []);
  assert.deepEqual(server.at(8000, { type: "tick" }), [{ type: "take", seen: 0 }]);
});

test("a seat that is given back is taken at once", () => {
  const server = new Server(1).following();
  server.at(50, { type: "resigned", term: 4 });
  assert.deepEqual(server.at(50 + TIMES.handoverMs, { type: "tick" }), [{ type: "take", seen: 4 }]);
});

test("one leads with the term that it was given, and says so at once", () => {
  const server = new Server().following();
  server.at(TIMES.silenceMs, { type: "tick" });
  assert.deepEqual(server.at(TIMES.silenceMs, { type: "taken", term: 5 }), [{ type: "begin", term: 5 }]);
  assert.equal(server.state.role, "beginning");
  assert.deepEqual(server.at(2000, { type: "began" }), [{ type: "alive", term: 5 }]);
  assert.deepEqual(server.at(60_000, { type: "tick" }), []);
});

test("one that was too slow waits anew", () => {
  const server = new Server().following();
  server.at(TIMES.silenceMs, { type: "tick" });
  assert.deepEqual(server.at(TIMES.silenceMs, { type: "taken", term: undefined }), []);
  assert.deepEqual(server.at(TIMES.silenceMs * 2 - 1, { type: "tick" }), []);
});

test("a leader that hears of a newer term stops; an older one is no news", () => {
  for (const type of ["changed", "alive", "seat"] as const) {
    const server = new Server().leading();
    assert.deepEqual(server.at(3000, { type, seat: { term: 4, server: "other" } }), []);
    const [action] = server.at(3000, { type, seat: { term: 6, server: "other" } });
    assert.equal(action?.type, "stepDown", type);
  }
});

test("a leader that hears nobody for long steps down", () => {
  const server = new Server().leading();
  server.at(3000, { type: "connected", isConnected: false });
  assert.deepEqual(server.at(3000 + TIMES.aloneMs - 1, { type: "tick" }), []);
  assert.equal(server.at(3000 + TIMES.aloneMs, { type: "tick" })[0]?.type, "stepDown");
});

test("a seat that has forgotten its terms is taken by the term that it has", () => {
  const server = new Server().following();
  server.at(10, { type: "seat", seat: undefined });
  assert.deepEqual(server.at(20, { type: "tick" }), [{ type: "take", seen: 0 }]);
});
