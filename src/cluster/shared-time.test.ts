import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "../base/words.ts";
import { createClock } from "../root/clock.ts";
import type { Bus } from "./ports.ts";
import { offsetBy, SharedTime } from "./shared-time.ts";

const HOUR = 3_600_000;
const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

test("who is believed: most agree, and of equals what went on before", () => {
  const kept = (offset: number, words = {}) => ({ offset, isYoung: false, isAgreed: false, ...words });
  assert.equal(offsetBy([], kept(0)), 0);
  assert.equal(offsetBy([0, 3], kept(0)), 0);
  assert.equal(offsetBy([-HOUR], kept(0)), 0, "of two that differ, each goes on");
  assert.equal(offsetBy([-HOUR, -HOUR + 20], kept(0)), -HOUR, "two are more than one");
  assert.equal(offsetBy([-HOUR, HOUR], kept(0)), 0);
  assert.equal(offsetBy([-HOUR + 900, -HOUR + 20], kept(-HOUR)), -HOUR, "what is near enough stays as it is");
  assert.equal(offsetBy([-HOUR], kept(-HOUR)), -HOUR, "one agrees with what went on");
  assert.equal(offsetBy([-HOUR], kept(-HOUR, { isAgreed: true })), -HOUR);
  assert.equal(offsetBy([], kept(-HOUR, { isYoung: true })), -HOUR);
  assert.equal(
    offsetBy([], kept(-HOUR, { isAgreed: true })),
    -HOUR,
    "whoever agreed is gone, and what they said stands",
  );
  assert.equal(offsetBy([], kept(-HOUR)), 0, "nobody contradicted");
  assert.equal(offsetBy([0], kept(-HOUR, { isYoung: true })), 0, "another machine was set, too");
});

/** Three servers that hear each other, with clocks that the test sets. */
function three() {
  const listeners = new Map<string, Set<(word: Json) => void>>();
  const bus = {
    publish(topic: string, word: Json) {
      for (const listener of listeners.get(topic) ?? []) listener(word);
    },
    subscribe(topic: string, listener: (word: Json) => void) {
      const all = listeners.get(topic) ?? new Set();
      listeners.set(topic, all.add(listener));
      return () => all.delete(listener);
    },
  } as unknown as Bus;
  let monotonic = 1000;
  const servers = ["a", "b", "c"].map((server) => {
    const machine = { ahead: 1_000_000_000 };
    const start = (): SharedTime =>
      new SharedTime({
        ...{ server, bus, words: QUIET },
        ...{ wall: () => monotonic + machine.ahead, monotonic: () => monotonic },
      });
    return { machine, time: start(), start };
  });
  const pass = (seconds: number): void => {
    for (let n = 0; n < seconds; n++) {
      monotonic += 1000;
      for (const { time } of servers) time.beat();
    }
  };
  return { servers, pass, right: () => monotonic + 1_000_000_000, monotonic: () => monotonic };
}

test("a clock that is set by an hour is not followed, and one that starts so goes by the others", () => {
  const { servers, pass, right, monotonic } = three();
  const [a] = servers as [(typeof servers)[0]];
  pass(3);
  for (const hours of [1, -1]) {
    a.machine.ahead += hours * HOUR;
    assert.equal(a.time.now(), right(), "not for a moment");
    pass(60);
    assert.equal(a.time.now(), right());
    a.time.close();
    a.time = a.start();
    const clock = createClock(() => a.time.now(), monotonic);
    assert.equal(a.time.now(), right(), "the others have said what time it is before anybody asks");
    assert.equal(clock.now(), right());
    a.machine.ahead -= hours * HOUR;
    assert.equal(a.time.now(), right());
    pass(2);
    assert.equal(a.time.offset, 0, "set right again");
  }
  // All of them were wrong, and are set.
  for (const { machine } of servers) machine.ahead += HOUR;
  pass(2);
  for (const { time } of servers) assert.equal(time.now(), right() + HOUR);
});

test("a server that starts waits for what the others say, and not for long where there are none", async () => {
  const { servers } = three();
  await servers[0]!.time.heard();
  for (const { time } of servers.splice(1)) time.close();
  const alone = new SharedTime({
    server: "d",
    bus: { publish() {}, subscribe: () => () => {} } as unknown as Bus,
    words: QUIET,
  });
  await alone.heard();
  alone.close();
});

test("a server that is alone believes its machine after a while; one that was contradicted does not", () => {
  const { servers, pass, right } = three();
  const [a, b, c] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]];
  pass(3);
  a.machine.ahead += HOUR;
  pass(3);
  b.time.close();
  c.time.close();
  servers.splice(1);
  pass(100);
  assert.equal(a.time.now(), right());
  a.machine.ahead -= HOUR;
  pass(2);
  assert.equal(a.time.offset, 0);
  a.machine.ahead += HOUR;
  assert.equal(a.time.now(), right());
  pass(30);
  assert.equal(a.time.now(), right() + HOUR);
});
