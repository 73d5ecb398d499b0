/** What has become of a workflow, over HTTP against a real engine: versions, grid, params, plan, saves that meet. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planView } from "../workflow/mod.ts";
import { type Harness, post, startHarness } from "./testing/harness.ts";

const V1 = "/api/v1";
const put = (value: unknown): RequestInit => ({ ...post(value), method: "PUT" });
const plan: Parameters<typeof startHarness>[0] = { plan: async (run) => planView(run) };

const text = (tasks: string, more = ""): string => `name: etl\n${more}\ntasks: {${tasks}}`;

async function register(h: Harness, definition: string, query = "") {
  return h.ask(`${V1}/workflows${query}`, put({ definition }));
}

async function ended(h: Harness, id: string) {
  const { body } = await h.ask(`${V1}/runs/${id}?wait=30s`);
  return body;
}

test("versions are listed with their runs, and each is read again; one that a run alone had too", async () => {
  await using h = await startHarness();
  const first = (await register(h, text("a: {approval: Go}"))).body.definitionHash;
  const second = (await register(h, text("b: {approval: Go}"))).body.definitionHash;
  const own = await h.ask(`${V1}/runs`, post({ definition: text("c: {approval: Go}") }));
  const { status, body } = await h.ask(`${V1}/workflows/etl/versions`);
  assert.equal(status, 200);
  const third = body.items.find((item: { hash: string }) => item.hash !== first && item.hash !== second);
  assert.deepEqual([third.runs, third.lastRun.id, third.registeredAt], [1, own.body.id, undefined]);
  const seen = body.items.map((one: { hash: string; current: boolean; runs: number }) => [one.hash, one.current]);
  assert.deepEqual(
    new Map(seen),
    new Map([
      [first, false],
      [second, true],
      [third.hash, false],
    ]),
  );
  assert.deepEqual([body.runsLookedAt, body.more], [1, false]);
  // The first is registered no more and no run has it: kept all the same.
  const read = await h.ask(`${V1}/workflows/etl/versions/${first}`);
  assert.deepEqual([read.status, read.body.definition], [200, text("a: {approval: Go}")]);
  assert.equal((await h.ask(`${V1}/workflows/etl/versions/${third.hash}`)).body.definition, text("c: {approval: Go}"));
  assert.equal((await h.ask(`${V1}/workflows/other/versions/${first}`)).status, 404);
  assert.deepEqual((await h.ask(`${V1}/workflows/other/versions`)).body.items, []);
  // What was before is there again: it is listed once, and it is the newest.
  await register(h, text("a: {approval: Go}"));
  const again = (await h.ask(`${V1}/workflows/etl/versions`)).body.items;
  assert.deepEqual([again.length, again[0].hash, again[0].current], [3, first, true]);
  await h.ask(`${V1}/workflows/etl`, { method: "DELETE" });
  const left = (await h.ask(`${V1}/workflows/etl/versions`)).body.items;
  assert.deepEqual(
    left.map(({ hash }: { hash: string }) => hash),
    [third.hash],
  );
});

test("of more than fifty versions the newest stay", async () => {
  await using h = await startHarness();
  const hashes: string[] = [];
  for (let i = 0; i < 53; i++) hashes.push((await register(h, text(`t${i}: {approval: Go}`))).body.definitionHash);
  const { items } = (await h.ask(`${V1}/workflows/etl/versions`)).body;
  assert.equal(items.length, 50);
  assert.equal(items.find(({ hash }: { hash: string }) => hash === hashes[52]).current, true);
  assert.equal((await h.ask(`${V1}/workflows/etl/versions/${hashes[0]}`)).status, 404);
  assert.equal((await h.ask(`${V1}/workflows/etl/versions/${hashes[5]}`)).status, 200);
});

test("runs stand against tasks, page by page, and in the list of workflows", async () => {
  await using h = await startHarness();
  const worker = h.worker("f");
  await register(h, text("a: {approval: Go}"));
  const first = (await h.ask(`${V1}/workflows/etl/runs`, post({}))).body.id;
  await register(h, text("a: {call: f}, b: {call: f, needs: a}"));
  const second = (await h.ask(`${V1}/workflows/etl/runs`, post({}))).body.id;
  const { tasks } = (await h.ask(`${V1}/runs/${second}`)).body;
  const taskOf = (name: string): string => tasks.find((task: { name: string }) => task.name === name).id;
  for (const name of ["a", "b"]) await worker.end((await worker.starts(taskOf(name))).id);
  await ended(h, second);
  const { status, body } = await h.ask(`${V1}/workflows/etl/grid`);
  assert.equal(status, 200);
  assert.deepEqual(
    [body.rows, body.runs.map(({ id }: { id: string }) => id)],
    [
      ["a", "b"],
      [second, first],
    ],
  );
  assert.deepEqual([body.runs[0].state, typeof body.runs[0].durationMs], ["succeeded", "number"]);
  assert.equal(body.runs[1].durationMs, undefined);
  const states = body.cells.map((row: ({ state: string } | null)[]) => row.map((cell) => cell?.state));
  assert.deepEqual(states, [
    ["succeeded", "queued"],
    ["succeeded", undefined],
  ]);
  assert.equal(typeof body.cells[0][0].durationMs, "number");
  const page = (await h.ask(`${V1}/workflows/etl/grid?runs=1`)).body;
  assert.deepEqual([page.runs.length, page.next], [1, second]);
  const older = (await h.ask(`${V1}/workflows/etl/grid?runs=1&before=${page.next}`)).body;
  assert.deepEqual([older.runs[0].id, older.next], [first, undefined]);
  assert.equal((await h.ask(`${V1}/workflows/etl/grid?before=x`)).status, 422);
  assert.deepEqual((await h.ask(`${V1}/workflows/none/grid`)).body, { runs: [], rows: [], cells: [] });
  const [listed] = (await h.ask(`${V1}/workflows?recent=1`)).body.items;
  assert.deepEqual(
    listed.recent.map(({ id }: { id: string }) => id),
    [second],
  );
  assert.equal((await h.ask(`${V1}/workflows`)).body.items[0].recent, undefined);
});

test("a page of large runs ends early and goes on where it ended; of the largest the first thousand tasks stand in it", async () => {
  await using h = await startHarness();
  const many = (count: number): string => Array.from({ length: count }, (_, i) => `t${i}: {call: f}`).join(", ");
  await register(h, text(many(900)));
  for (let i = 0; i < 7; i++) await h.ask(`${V1}/workflows/etl/runs`, post({}));
  const seen: string[] = [];
  for (let before = ""; ;) {
    const { runs, next, cut } = (await h.ask(`${V1}/workflows/etl/grid?runs=10${before}`)).body;
    seen.push(...runs.map(({ id }: { id: string }) => id));
    assert.equal(cut, undefined);
    if (next === undefined) break;
    assert.equal(runs.length, 6, "nine hundred cells for each");
    before = `&before=${next}`;
  }
  assert.deepEqual(seen, ["r7", "r6", "r5", "r4", "r3", "r2", "r1"]);
  await register(h, text(many(1001)));
  await h.ask(`${V1}/workflows/etl/runs`, post({}));
  const { rows, cut } = (await h.ask(`${V1}/workflows/etl/grid?runs=1`)).body;
  assert.deepEqual([rows.length, cut], [1000, true]);
});

test("a workflow says the form of its params, and a file what a run of it would do", async () => {
  await using h = await startHarness(plan);
  const definition = text("a: 'true', b: {shell: 'true', needs: a}", "params: {days: 7}");
  const set = await register(h, definition);
  const params = {
    type: "object",
    properties: { days: { type: "number", default: 7 } },
    additionalProperties: false,
  };
  assert.deepEqual(set.body.params, params);
  assert.deepEqual((await h.ask(`${V1}/workflows/etl`)).body.params, params);
  const checked = (await h.ask(`${V1}/workflows/validate?plan=true`, post({ definition }))).body;
  assert.deepEqual(checked.params, params);
  assert.deepEqual(
    [checked.plan.total, checked.plan.widest, checked.plan.tasks.map(({ needs }: { needs: string[] }) => needs)],
    [2, 1, [[], ["a"]]],
  );
  assert.equal((await h.ask(`${V1}/workflows/validate`, post({ definition }))).body.plan, undefined);
  const wrong = (await h.ask(`${V1}/workflows/validate?plan=true`, post({ definition: "tasks:\n  a: {rum: x}" }))).body;
  assert.deepEqual([wrong.valid, wrong.plan], [false, undefined]);
  assert.match(wrong.problems[0].path, /:2:\d+$/);
});

test("a save that would undo somebody else's is refused, also when both come at once", async () => {
  await using h = await startHarness();
  const { definitionHash } = (await register(h, text("a: {approval: Go}"), "?only=none")).body;
  const taken = await register(h, text("b: {approval: Go}"), "?only=none");
  assert.equal(taken.status, 409);
  assert.match(taken.body.detail, /there is a workflow "etl" already/);
  const query = `?only=${definitionHash}`;
  const both = await Promise.all(["b", "c"].map((name) => register(h, text(`${name}: {approval: Go}`), query)));
  assert.deepEqual(
    both.map(({ status }) => status),
    [200, 409],
  );
  assert.match(both[1]!.body.detail, /was changed meanwhile: it is [0-9a-f]{8} now and was [0-9a-f]{8}/);
  await h.ask(`${V1}/workflows/etl`, { method: "DELETE" });
  assert.match((await register(h, text("b: {approval: Go}"), query)).body.detail, /was removed meanwhile/);
  assert.equal((await register(h, text("b: {approval: Go}"), "?only=x")).status, 422);
});
