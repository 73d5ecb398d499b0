/** Signals that come before something has started. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { starting } from "./serve.ts";

test("a start that waits hears the first signal, ends in order, and leaves nothing to serve", async () => {
  const waiting = starting(
    (signal) =>
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
