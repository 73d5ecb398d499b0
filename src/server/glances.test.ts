/** Routes that answer in one go what a screen shows: the server, heat of a schedule, newest results, usage of many. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startHarness } from "./testing/harness.ts";

const V1 = "/api/v1";
const send = (method: string, value: unknown): RequestInit => ({
  method,
  body: JSON.stringify(value),
  headers: { "content-type": "application/json" },
});

test("the server says what it is and what it takes", async () => {
  const data = { databaseBytes: 1, logsBytes: 2, diskBytes: 4, diskFreeBytes: 3 };
  await using h = await startHarness({ sizes: () => data });
  const { status, body } = await h.ask(`${V1}/server`);
  assert.equal(status, 200);
  assert.deepEqual(
    [body.version, body.node, body.pid, body.isOpen, body.urls.length > 0, body.data],
    ["0.0.0-test", process.versions.node, process.pid, true, true, data],
  );
  assert.ok(body.rssBytes > body.heapBytes && body.heapBytes > 0 && body.cpuMs > 0);
  await using memory = await startHarness();
  assert.equal((await memory.ask(`${V1}/server`)).body.data, undefined);
});

test("a schedule tells its newest results with what they made, and its days", async () => {
  await using h = await startHarness();
  const schedule = { cron: "0 3 * * *", zone: "UTC", task: { call: "report" } };
  await h.ask(`${V1}/schedules/nightly`, send("PUT", schedule));
  const { body: tick } = await h.ask(`${V1}/schedules/nightly/trigger`, send("POST", {}));
  assert.equal(tick.state, "queued");
  const hand = h.worker("report");
  await hand.starts(tick.made);
  await hand.end(tick.made);
  await h.ask(`${V1}/schedules/nightly/trigger`, send("POST", {}));
  const list = await h.ask(`${V1}/schedules?results=1`);
  assert.deepEqual(
    list.body.items[0].results.map((one: { made: string }) => one.made),
    ["t2"],
  );
  assert.equal((await h.ask(`${V1}/schedules`)).body.items[0].results, undefined);
  const { body: ticks } = await h.ask(`${V1}/schedules/nightly/ticks`);
  assert.deepEqual(ticks.items.map((one: { made: string; state: string }) => [one.made, one.state]).at(-1), [
    "t1",
    "succeeded",
  ]);
  const { body: heat } = await h.ask(`${V1}/schedules/nightly/heat`);
  const sum = (name: string): number =>
    heat.cells.reduce((all: number, cell: Record<string, number>) => all + (cell[name] ?? 0), 0);
  assert.deepEqual([sum("succeeded"), sum("open"), sum("coming")], [1, 1, 28]);
  await h.ask(`${V1}/schedules/nightly/pause`, send("POST", {}));
  const paused = await h.ask(`${V1}/schedules/nightly/heat?by=hour`);
  assert.ok(paused.body.cells.every((cell: object) => !("coming" in cell)));
});

test("what is asked wrongly of them is refused with the field", async () => {
  await using h = await startHarness();
  await h.ask(`${V1}/schedules/s`, send("PUT", { every: "1h", task: { shell: "true" } }));
  const wrong: [string, number, RegExp][] = [
    ["/schedules/nope/heat", 404, /there is no schedule "nope"/],
    ["/schedules/s/heat?by=week", 422, /by/],
    ["/schedules/s/heat?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 422, /to must be later than from/],
    ["/schedules/s/heat?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", 422, /at most 400 days/],
    ["/schedules/s/heat?from=2020-01-01T00:00:00Z", 422, /at most 400 days/],
    ["/schedules?results=51", 422, /from 1 to 50/],
    ["/usage?points=1", 422, /from 2 to 360/],
    ["/usage?span=week", 422, /span/],
  ];
  for (const [path, status, words] of wrong) {
    const answer = await h.ask(V1 + path);
    assert.deepEqual([path, answer.status], [path, status]);
    assert.match(answer.body.detail, words);
  }
});

test("usage of many comes at once; of whom nothing is known is left out", async () => {
  await using h = await startHarness();
  h.worker("x");
  assert.deepEqual((await h.ask(`${V1}/usage`)).body, { items: [] });
  assert.deepEqual((await h.ask(`${V1}/usage?workers=hand,nobody`)).body, { items: [] });
});
