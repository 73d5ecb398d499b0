/** When a command counts as ended, under a clock of the test's own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandEnd } from "./frames.ts";
import { GIVE_UP_MS, HOLD_MS, Supervisor } from "./supervisor.ts";

const OK = { code: 0, signal: 0, cpuMs: 1, maxRssBytes: -1 };

/** A supervisor over a system whose groups have as many members as the test says. */
function setUp() {
  const did: string[] = [];
  const ended = new Map<number, CommandEnd>();
  const system = { members: 0, paused: false };
  const supervisor = new Supervisor({
    signalGroup(pid, signal) {
      if (signal !== 0) did.push(`${signal} ${pid}`);
      return system.members > 0;
    },
    closeOutput: (id) => did.push(`close ${id}`),
    outputPaused: () => system.paused,
    ended: (id, end) => ended.set(id, end),
  });
  return { supervisor, system, did, ended };
}

test("S1: a command ends when its leader has exited and its output is closed, in either order", () => {
  const { supervisor, ended } = setUp();
  supervisor.started(1, 100, 2);
  supervisor.exited(1, OK, 0);
  supervisor.streamClosed(1, 1);
  assert.equal(ended.size, 0);
  supervisor.streamClosed(1, 2);
  assert.deepEqual(ended.get(1), { ...OK, held: false });
  supervisor.started(2, 200, 2);
  supervisor.streamClosed(2, 3);
  supervisor.streamClosed(2, 3);
  supervisor.exited(2, OK, 4);
  assert.deepEqual(ended.get(2), { ...OK, held: false });
  assert.equal(supervisor.size, 0);
  assert.equal(supervisor.tick(5), -1);
});

test("S2: output that others hold open is closed after a while", () => {
  const { supervisor, did, ended } = setUp();
  supervisor.started(1, 100, 2);
  supervisor.exited(1, OK, 0);
  assert.equal(supervisor.tick(0), HOLD_MS);
  assert.equal(supervisor.tick(HOLD_MS - 1), 10);
  assert.equal(ended.size, 0);
  assert.equal(supervisor.tick(HOLD_MS), -1);
  assert.deepEqual(did, ["close 1"]);
  assert.equal(ended.get(1)!.held, true);
});

test("S2: output that waits for a slow reader is not taken for held open", () => {
  const { supervisor, system, ended } = setUp();
  system.paused = true;
  supervisor.started(1, 100, 2);
  supervisor.exited(1, OK, 0);
  supervisor.tick(10 * HOLD_MS);
  system.paused = false;
  // The reader is back: what the pipes hold gets its time from here on.
  supervisor.tick(10 * HOLD_MS + 1);
  assert.equal(ended.size, 0);
  supervisor.streamClosed(1, 10 * HOLD_MS + 2);
  supervisor.streamClosed(1, 10 * HOLD_MS + 3);
  assert.equal(ended.get(1)!.held, false);
});

test("S3: a stopped group gets TERM, then KILL after the grace, and ends when it is empty", () => {
  const { supervisor, system, did, ended } = setUp();
  system.members = 2;
  supervisor.started(1, 100, 0);
  supervisor.stop(1, 500, 0);
  assert.deepEqual(did, ["SIGTERM 100", "SIGCONT 100"]);
  assert.equal(supervisor.tick(0), 500);
  supervisor.exited(1, { ...OK, code: -1, signal: 15 }, 100);
  assert.equal(supervisor.tick(200), 10, "the group still has a member");
  supervisor.tick(500);
  assert.equal(did.at(-1), "SIGKILL 100");
  assert.equal(ended.size, 0);
  system.members = 0;
  assert.equal(supervisor.tick(510), -1);
  assert.equal(ended.get(1)!.signal, 15);
});

test("S3: what not even KILL ends is given up", () => {
  const { supervisor, system, did, ended } = setUp();
  system.members = 1;
  supervisor.started(1, 100, 2);
  supervisor.stop(1, 0, 0);
  assert.deepEqual(did, ["SIGTERM 100", "SIGCONT 100", "SIGKILL 100"]);
  assert.equal(supervisor.tick(1), GIVE_UP_MS - 1);
  supervisor.tick(GIVE_UP_MS);
  assert.deepEqual(ended.get(1), { code: -1, signal: 9, cpuMs: -1, maxRssBytes: -1, held: true });
});

test("S3: a second stop can shorten the grace, and never lengthen it", () => {
  const { supervisor, system } = setUp();
  system.members = 1;
  supervisor.started(1, 100, 0);
  supervisor.stop(1, 500, 0);
  supervisor.stop(1, 9000, 0);
  assert.equal(supervisor.tick(0), 500);
  supervisor.stop(1, 50, 0);
  assert.equal(supervisor.tick(0), 50);
});
