import assert from "node:assert/strict";
import { test } from "node:test";
import { OWN_FORMS, whoCannotRead } from "./forms.ts";

const server = (name: string, record: number, event: number, more = {}) => ({
  name,
  reads: { record, event },
  shards: { default: { ...more } },
});

test("who would have to stop at what a newer server writes", () => {
  const [old, next] = [server("old", 1, 1), server("next", 2, 1)];
  assert.deepEqual(whoCannotRead(next, [old, next], "default"), ["old"]);
  assert.deepEqual(whoCannotRead(old, [old, next], "default"), []);
  assert.deepEqual(whoCannotRead(server("events", 1, 2), [old, next], "default"), ["old", "next"]);
  assert.deepEqual(whoCannotRead(next, [{ name: "silent", shards: { default: {} } }], "default"), ["silent"]);
});

test("who holds no replica, or stopped already, holds nobody up", () => {
  const next = server("next", 2, 1);
  assert.deepEqual(whoCannotRead(next, [server("old", 1, 1, { tooOld: true })], "default"), []);
  assert.deepEqual(whoCannotRead(next, [server("old", 1, 1)], "team-a"), []);
  assert.deepEqual(
    whoCannotRead({ reads: OWN_FORMS }, [server("same", OWN_FORMS.record, OWN_FORMS.event)], "default"),
    [],
  );
});
