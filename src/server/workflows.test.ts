/** Runs while they go, registered workflows and verdicts, over HTTP against a real engine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, type Harness, post, startHarness } from "./testing/harness.ts";

const V1 = "/api/v1";
const put = (value: unknown): RequestInit => ({ ...post(value), method: "PUT" });

async function run(h: Harness, definition: string, more: object = {}): Promise<string> {
  const { status, body } = await h.ask(`${V1}/runs`, post({ definition, ...more }));
  assert.equal(status, 201, JSON.stringify(body));
  return body.id;
}

/** The answer once it is as `isSo` wants it; the feed says when to look again. */
async function until(h: Harness, path: string, isSo: (body: Answer["body"]) => boolean): Promise<Answer["body"]> {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = h.engine.subscribe(undefined, () => resolve());
    try {
      const { body } = await h.ask(path);
      if (isSo(body)) return body;
      await promise;
    } finally {
      stop();
    }
  }
}

test("a run is paused, resumed, explained; its approvals are listed and answered", async () => {
  await using h = await startHarness();
  const worker = h.worker("f");
  const id = await run(h, "tasks: {ask: {approval: 'Go?', call: f}, next: {needs: ask, call: f}}", {
    executor: "sequential",
  });
  const page = await until(h, `${V1}/tasks?awaiting=approval`, ({ items }) => items.length === 1);
  const [task] = page.items;
  assert.deepEqual([task.approval.state, task.approval.message, task.run], ["waiting", "Go?", id]);
  const paused = await h.ask(`${V1}/runs/${id}/pause`, post({ reason: "lunch" }));
  assert.deepEqual([paused.status, paused.body.paused, paused.body.maxParallel], [200, true, 1]);
  const why = (await h.ask(`${V1}/runs/${id}/explain`)).body;
  assert.match(why.summary, /paused/);
  assert.ok(why.groups.some(({ code }: { code: string }) => code === "approval" || code === "run_paused"));
  assert.equal((await h.ask(`${V1}/runs/${id}/resume`, post({}))).body.paused, undefined);
  const note = { note: "fine", by: "ann" };
  const approved = await h.ask(`${V1}/tasks/${task.id}/approve`, post(note));
  assert.deepEqual([approved.status, approved.body.approval.by, approved.body.approval.note], [200, "ann", "fine"]);
  assert.equal((await h.ask(`${V1}/tasks/${task.id}/approve`, post(note))).status, 409);
  assert.equal((await worker.starts(task.id)).name, "ask");
  const long = await h.ask(`${V1}/tasks/${task.id}/reject`, post({ note: "x".repeat(2001) }));
  assert.deepEqual([long.status, long.body.issues[0].path], [422, "note"]);
  for (const word of ["pause", "resume", "retry", "cancel"])
    assert.equal((await h.ask(`${V1}/runs/r99/${word}`, post({}))).status, 404, word);
  assert.equal((await h.ask(`${V1}/runs/r99/explain`)).status, 404);
  assert.equal((await h.ask(`${V1}/tasks?awaiting=rain`)).status, 422);
});

test("a task is marked, a run done again; members and inner runs are found by what holds them", async () => {
  await using h = await startHarness();
  const definition =
    "tasks: {a: {call: f}, many: {each: [1, 2, 3], call: f}, inner: {workflow: {tasks: {x: {call: f}}}}}";
  const id = await run(h, definition);
  const { tasks } = await until(h, `${V1}/runs/${id}`, ({ counts }) => (counts.running ?? 0) === 2);
  const [a, many] = ["a", "many"].map((name) => tasks.find((task: { name: string }) => task.name === name));
  const inside = (await h.ask(`${V1}/tasks?inside=${many.id}`)).body.items;
  assert.deepEqual(inside.map(({ name }: { name: string }) => name).toSorted(), ["many[0]", "many[1]", "many[2]"]);
  const inner = (await h.ask(`${V1}/runs?parent=${id}`)).body.items;
  assert.equal(inner.length, 1);
  const marked = await h.ask(`${V1}/tasks/${a.id}/mark`, post({ state: "failed", note: "no", by: "ann" }));
  assert.deepEqual([marked.status, marked.body.state, marked.body.marked.by], [200, "failed", "ann"]);
  assert.equal((await h.ask(`${V1}/tasks/${a.id}/mark`, post({ state: "lost" }))).status, 422);
  for (const task of inside)
    await h.ask(`${V1}/tasks/${task.id}/mark`, post({ state: "succeeded", result: task.name }));
  await h.ask(`${V1}/runs/${inner[0].id}/cancel`, post({}));
  const ended = (await h.ask(`${V1}/runs/${id}?wait=20s`)).body;
  assert.equal(ended.state, "failed");
  const many2 = ended.tasks.find((task: { name: string }) => task.name === "many");
  assert.deepEqual([many2.state, many2.members.total], ["succeeded", 3]);
  const again = await h.ask(`${V1}/runs/${id}/retry`, post({ task: "a" }));
  assert.deepEqual([again.status, again.body.state], [202, "running"]);
  const odd = await h.ask(`${V1}/runs/${id}/retry`, post({ from: "failed", downstream: "yes" }));
  assert.equal(odd.status, 422);
});

test("workflows are registered, looked at, run by name, checked and removed", async () => {
  await using h = await startHarness();
  const definition = "name: etl\nparams: {n: {type: integer}}\ntasks: {t: {workflow: ./x.yaml}}";
  const files = { "x.yaml": "tasks: {u: {call: f}}" };
  const made = await h.ask(`${V1}/workflows`, put({ definition, files, source: "etl.yaml" }));
  assert.deepEqual([made.status, made.body.name, made.body.files], [200, "etl", files]);
  const other = await h.ask(`${V1}/workflows/elt`, put({ definition, files }));
  assert.deepEqual([other.status, /must be "elt".*not "etl"/.test(other.body.detail)], [422, true]);
  const nameless = await h.ask(`${V1}/workflows/plain`, put({ definition: "tasks: {a: {call: f}}" }));
  assert.equal(nameless.body.name, "plain");
  const names = (await h.ask(`${V1}/workflows`)).body.items.map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ["etl", "plain"]);
  const started = await h.ask(`${V1}/workflows/etl/runs`, post({ params: { n: 3 }, maxParallel: 2 }));
  assert.equal(started.status, 201);
  const shown = (await h.ask(`${V1}/runs/${started.body.id}`)).body;
  assert.deepEqual([shown.workflow, shown.params, shown.maxParallel, shown.files], ["etl", { n: 3 }, 2, files]);
  assert.equal(shown.definition, definition);
  const byName = await h.ask(`${V1}/runs`, post({ workflow: "etl", params: { n: 4 } }));
  assert.equal(byName.status, 201);
  const both = await h.ask(`${V1}/runs`, post({ workflow: "etl", definition }));
  assert.deepEqual([both.status, /either a definition or the name/.test(both.body.detail)], [422, true]);
  const none = await h.ask(`${V1}/workflows/etll/runs`, post({}));
  assert.deepEqual([none.status, /did you mean etl\?/.test(none.body.detail)], [404, true]);
  assert.match((await h.ask(`${V1}/workflows/etll`)).body.detail, /did you mean etl\?/);
  assert.equal((await h.ask(`${V1}/workflows/etl`, { method: "DELETE" })).status, 204);
  assert.equal((await h.ask(`${V1}/workflows/etl`)).status, 404);
  assert.equal((await h.ask(`${V1}/workflows/etl`, { method: "DELETE" })).status, 404);
  assert.equal(
    (await h.ask(`${V1}/runs/${started.body.id}`)).body.definition,
    definition,
    "runs keep what they began with",
  );
});

test("a file is only checked: everything that is wrong, and warnings, without params and without a trace", async () => {
  await using h = await startHarness();
  const check = (definition: string) => h.ask(`${V1}/workflows/validate`, post({ definition, source: "w.yaml" }));
  const good = await check("name: w\nparams: {n: {type: integer}}\ntasks: {a: {call: f}}");
  assert.deepEqual(good.body, { valid: true, name: "w", tasks: 1, problems: [], warnings: [] });
  const bad = (await check("tasks:\n  a: {call: f, needs: b}\n  c: {cal: f}\n")).body;
  assert.equal(bad.valid, false);
  assert.deepEqual(bad.problems.map(({ path }: { path: string }) => path.split(":").slice(0, 2).join(":")).toSorted(), [
    "w.yaml:2",
    "w.yaml:3",
  ]);
  const odd = (await check("params: {n: x}\ntasks: {a: 'echo ${{ params.n }}'}")).body;
  assert.deepEqual([odd.valid, odd.warnings.length], [true, 1]);
  assert.match(odd.warnings[0].message, /OCTOPUS_PARAM_n/);
  const started = await h.ask(`${V1}/runs`, post({ definition: "params: {n: x}\ntasks: {a: 'echo ${{ params.n }}'}" }));
  assert.equal(started.body.warnings.length, 1);
  assert.equal((await h.ask(`${V1}/workflows`)).body.items.length, 0);
});

test("the feed tells of approvals and workflows to whoever asks for these", async () => {
  await using h = await startHarness();
  const stream = await fetch(`${h.url}${V1}/feed?type=approval,workflow`);
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  await h.ask(`${V1}/workflows`, put({ definition: "name: w\ntasks: {a: {approval: true, call: f}}" }));
  await h.ask(`${V1}/workflows/w/runs`, post({}));
  let seen = "";
  while (!/"approval"[^]*"workflow"|"workflow"[^]*"approval"/.test(seen)) seen += (await reader.read()).value ?? "";
  assert.doesNotMatch(seen, /"type":"(task|run)"/);
  await reader.cancel();
});
