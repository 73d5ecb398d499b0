import assert from "node:assert/strict";
import { test } from "node:test";
import type { FeedEntry } from "../protocol/feed.ts";
import { FeedWindow } from "./feed-window.ts";

const entry = (n: number): FeedEntry => ({ id: `e:${n}`, event: { type: "arm", name: `a${n}`, at: n } });
const resync: FeedEntry = { id: "", event: { type: "resync", at: 0 } };

test("who was away gets what came since, whole", () => {
  const window = new FeedWindow();
  assert.equal(window.lastId, undefined);
  for (let n = 1; n <= 5; n++) window.push(entry(n));
  assert.equal(window.lastId, "e:5");
  assert.deepEqual(window.after("e:3"), [entry(4), entry(5)]);
  assert.deepEqual(window.after("e:5"), []);
  assert.equal(window.after("another:1"), undefined);
});

test("over a gap, and past what is held, nothing is handed on", () => {
  const window = new FeedWindow();
  window.push(entry(1));
  window.push(resync);
  window.push(entry(7));
  assert.equal(window.after("e:1"), undefined);
  for (let n = 8; n < 9000; n++) window.push(entry(n));
  assert.equal(window.after("e:8"), undefined);
  assert.equal(window.after("e:8990")?.length, 9);
  window.clear();
  assert.deepEqual([window.lastId, window.after("e:8999")], [undefined, undefined]);
});
