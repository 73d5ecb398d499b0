/** Signals that come before something has started. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serve, starting } from "./serve.ts";

// First of all: what has ended in order ends this process after a while.
test("a signal of the moment in which the start ends stops what was started (SV1)", { timeout: 20_000 }, async (t) => {
  // As whatever is served does: a signal by itself keeps no process.
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  const done = Promise.withResolvers<void>();
  const running = { done: done.promise, stop: async () => done.resolve() };
  // Caught at once, and read when the loop comes round: by then the start has ended.
  const started = await starting(async () => {
    process.kill(process.pid, "SIGTERM");
    return running;
  });
  assert.equal(await serve(started!), 0);
  assert.equal(process.listenerCount("SIGTERM"), 0);
  // Read while whoever has started it prints what it is.
  const again = Promise.withResolvers<void>();
  const other = { done: again.promise, stop: async () => again.resolve() };
  const second = await starting(() => Promise.resolve(other));
  process.emit("SIGINT", "SIGINT");
  assert.equal(await serve(second!), 0);
});

test("a start that waits hears the first signal, ends in order, and leaves nothing to serve", async () => {
  const waiting = starting(
    ({ signal }) =>
      new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new Error("given up")))),
  );
  process.emit("SIGTERM");
  assert.equal(await waiting, undefined);
  assert.equal(process.listenerCount("SIGTERM"), 0);
});

test("what had started all the same is stopped, and what fails by itself fails", async () => {
  let stopped = 0;
  const running = { done: Promise.resolve(), stop: async () => void stopped++ };
  const started = Promise.withResolvers<typeof running>();
  const waiting = starting(() => started.promise);
  process.emit("SIGINT");
  started.resolve(running);
  assert.equal(await waiting, undefined);
  assert.equal(stopped, 1);
  await assert.rejects(
    starting(() => Promise.reject(new Error("no room"))),
    /no room/,
  );
});
