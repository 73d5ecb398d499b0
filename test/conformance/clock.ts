/** What every clock owes the engine, as tests that each implementation runs against itself. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Clock } from "../../src/engine/ports.ts";

export interface ClockUnderTest {
  clock: Clock;
  /** Lets time pass until `condition` holds. */
  until(condition: () => boolean): Promise<void>;
  /** Sets the hour back, where that can be done. */
  setBack?(ms: number): void;
}

export function testClock(name: string, create: () => ClockUnderTest): void {
  describe(`clock: ${name}`, () => {
    test("it calls back once, not before its time as the engine counts it, give or take a millisecond", async () => {
      const { clock, until } = create();
      const calls: number[] = [];
      const at = clock.now() + 20;
      clock.wakeAt(at, () => calls.push(clock.now()));
      let later = false;
      clock.wakeAt(at + 10, () => (later = true));
      await until(() => later);
      assert.equal(calls.length, 1);
      assert.ok(calls[0]! >= at - 2, `called at ${calls[0]! - at} ms`);
    });

    test("a time that has passed is called back, and not while the caller runs", async () => {
      const { clock, until } = create();
      let called = false;
      clock.wakeAt(clock.now() - 1000, () => (called = true));
      assert.equal(called, false);
      await until(() => called);
    });

    test("what is cancelled is not called", async () => {
      const { clock, until } = create();
      let called = false;
      let later = false;
      const cancel = clock.wakeAt(clock.now() + 2, () => (called = true));
      clock.wakeAt(clock.now() + 10, () => (later = true));
      cancel();
      await until(() => later);
      assert.equal(called, false);
    });

    test("a time beyond what a timer can hold does not come at once", async () => {
      const { clock, until } = create();
      let called = false;
      let later = false;
      const cancel = clock.wakeAt(clock.now() + 2 ** 40, () => (called = true));
      clock.wakeAt(clock.now() + 10, () => (later = true));
      await until(() => later);
      assert.equal(called, false);
      cancel();
    });

    test("soon comes after the caller has returned, in the order of the calls", async () => {
      const { clock, until } = create();
      const order: number[] = [];
      for (const n of [1, 2, 3]) clock.soon(() => order.push(n));
      assert.deepEqual(order, []);
      await until(() => order.length === 3);
      assert.deepEqual(order, [1, 2, 3]);
    });

    test("it never goes back, and what took time took time", async () => {
      const { clock, until, setBack } = create();
      const [before, started] = [clock.now(), clock.elapsed()];
      setBack?.(5000);
      assert.ok(clock.now() >= before);
      let called = false;
      clock.wakeAt(clock.now() + 5, () => (called = true));
      await until(() => called);
      assert.ok(clock.now() >= before);
      assert.ok(clock.elapsed() > started);
    });
  });
}
