/** Where tasks run: one test for each rule of who may take them, and of who is the best. `oracle.test.ts` mixes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness } from "../../../test/sim/core-harness.ts";
import type { Asks, LabelTerm, Target } from "../asks.ts";
import type { NewTask } from "../command.ts";
import { explain } from "../explain.ts";

const is = (label: string, ...values: string[]): LabelTerm => ({ label, op: values.length > 1 ? "in" : "==", values });

function to(target: Target, more: Asks = {}): Partial<NewTask> {
  return { asks: { ...more, target } };
}

/** Where this task runs. */
function on(core: Harness, task: number): string | undefined {
  return core.state.tasks.get(task)?.live?.worker.name;
}

/** Submits them in one turn; where each runs. */
function placed(core: Harness, ...tasks: Partial<NewTask>[]): (string | undefined)[] {
  return core.submit(...tasks).map((task) => on(core, task));
}

function byName(a = "", b = ""): number {
  return a < b ? -1 : Number(a > b);
}

/** Why the newest task waits. */
function why(core: Harness): string[] {
  const task = core.state.tasks.get(core.state.lastTask)!;
  return explain(core.state, task, core.now).map(({ code, message }) => `${code}: ${message}`);
}

test("labels: each kind of term; who has no such label is neither equal nor in a list", () => {
  const core = new Harness();
  core.connect("bare", 9);
  core.connect("attic", 9, { labels: { zone: "attic", ssd: "" } });
  const cases: [LabelTerm, string[]][] = [
    [{ label: "zone", op: "==", values: ["attic"] }, ["attic"]],
    [{ label: "zone", op: "!=", values: ["attic"] }, ["bare"]],
    [{ label: "zone", op: "in", values: ["cellar", "attic"] }, ["attic"]],
    [{ label: "zone", op: "not in", values: ["cellar", "attic"] }, ["bare"]],
    [{ label: "ssd", op: "exists", values: [] }, ["attic"]],
    [{ label: "ssd", op: "not exists", values: [] }, ["bare"]],
    [{ label: "name", op: "==", values: ["bare"] }, ["bare"]],
    [{ label: "toString", op: "exists", values: [] }, []],
    [{ label: "zone", op: "not in", values: ["cellar"] }, ["attic", "bare"]],
  ];
  for (const [term, fits] of cases) {
    const [where] = placed(core, to({ labels: [term] }));
    assert.equal(fits.length === 0 ? undefined : fits.includes(where!), fits.length === 0 ? where : true, term.op);
  }
  assert.deepEqual(
    placed(core, to({ labels: [is("zone", "attic"), { label: "ssd", op: "not exists", values: [] }] })),
    [undefined],
  );
});

test("a worker that comes back with other labels, and one that comes later, are asked anew", () => {
  const core = new Harness();
  core.connect("a", 1);
  const [task] = core.submit(to({ labels: [is("zone", "attic")] }));
  assert.deepEqual(why(core), ["labels: worker a has no label zone; the task asks for zone == attic"]);
  core.connect("b", 1, { labels: { zone: "cellar" } });
  assert.deepEqual(why(core).slice(1), ["labels: worker b has zone=cellar; the task asks for zone == attic"]);
  core.connect("a", 1, { labels: { zone: "attic" } });
  assert.equal(on(core, task!), "a");
});

test("a worker that takes tasks of certain arms gets no others", () => {
  const core = new Harness();
  core.connect("side", 2, { arms: ["side", "nights"] });
  const [plain, side] = core.submit({}, { arm: "side" });
  assert.deepEqual([on(core, plain!), on(core, side!)], [undefined, "side"]);
  const reasons = explain(core.state, core.state.tasks.get(plain!)!, core.now);
  assert.deepEqual(reasons[0], {
    code: "arm_not_served",
    message: "worker side takes tasks of arm side, nights only; the task is of default",
    about: "side",
  });
  core.connect("side", 2, { arms: ["default"] });
  assert.equal(on(core, plain!), "side");
});

test("preferences: the greatest sum wins, and nothing else counts before it", () => {
  const core = new Harness();
  core.connect("both", 1, { labels: { zone: "attic", disk: "ssd" } });
  core.connect("idle", 9, {});
  core.connect("shy", 9, { labels: { zone: "attic", spot: "yes" } });
  const prefer = [
    { labels: [is("zone", "attic")], weight: 2 },
    { labels: [is("disk", "ssd")], weight: 1 },
    { labels: [{ label: "spot", op: "exists" as const, values: [] }], weight: -5 },
  ];
  const task = to({ prefer });
  assert.deepEqual(placed(core, task, task, task), ["both", "idle", "idle"]);
});

test("apart: no two tasks with one key on one worker, whatever their arms", () => {
  const core = new Harness();
  core.connect("a", 5);
  core.connect("b", 5);
  const tasks = core.submit(to({ apart: "db" }), { arm: "side", ...to({ apart: "db" }) }, to({ apart: "db" }), {});
  const first = [on(core, tasks[0]!), on(core, tasks[1]!)];
  assert.deepEqual(first.toSorted(byName), ["a", "b"]);
  assert.equal(on(core, tasks[2]!), undefined);
  assert.ok(on(core, tasks[3]!) !== undefined, "others are not held up");
  const reasons = explain(core.state, core.state.tasks.get(tasks[2]!)!, core.now);
  assert.equal(reasons[0]!.message, "worker a runs a task with the key db already, which keeps them apart");
  core.end(tasks[1]!, "failed");
  assert.equal(on(core, tasks[2]!), first[1]);
});

test("spread: evenly over the values of a label; who has none comes last", () => {
  const core = new Harness();
  core.connect("a1", 9, { labels: { zone: "a" } });
  core.connect("a2", 9, { labels: { zone: "a" } });
  core.connect("b1", 3, { labels: { zone: "b" } });
  core.connect("none", 90);
  const task = to({ spread: "zone" });
  const where = placed(core, task, task, task, task);
  assert.deepEqual(where.map((name) => name![0]).toSorted(byName), ["a", "a", "b", "b"]);
  assert.deepEqual(new Set(where), new Set(["a1", "a2", "b1"]), "within a value the roomiest is first");
  // Tasks of another class, also in another arm, are not counted; those of the same class in another arm are.
  assert.equal(placed(core, to({ spread: "zone", near: true }))[0]![0], "a");
  const rest = core.submit(...Array.from({ length: 17 }, () => ({ arm: "side", ...task })));
  const count = (zone: string) => rest.filter((one) => on(core, one)?.startsWith(zone)).length;
  assert.deepEqual([count("a"), count("b"), count("n")], [15, 1, 1]);
});

test("spread over workers is one for each", () => {
  const core = new Harness();
  for (const name of ["a", "b", "c"]) core.connect(name, name === "a" ? 90 : 2);
  assert.deepEqual(placed(core, ...Array.from({ length: 6 }, () => to({ spread: "worker" }))).toSorted(byName), [
    "a",
    "a",
    "b",
    "b",
    "c",
    "c",
  ]);
});

test("policy: the largest free share, or with pack the fullest that has room; among equals the name decides", () => {
  const core = new Harness();
  core.connect("b", 4);
  core.connect("a", 2);
  assert.deepEqual(placed(core, {}, {}, {}), ["a", "b", "b"]);
  assert.deepEqual(placed(core, to({ policy: "pack" }), to({ policy: "pack" })), ["a", "b"]);
  const packed = new Harness();
  packed.placement = "pack";
  packed.connect("b", 4);
  packed.connect("a", 4);
  assert.deepEqual(placed(packed, {}, {}, {}, {}, {}), ["a", "a", "a", "a", "b"]);
  assert.deepEqual(placed(packed, to({ policy: "spread" })), ["b"]);
});

test("near: where a need ran, as long as no other is preferred", () => {
  const core = new Harness();
  core.connect("a", 4);
  core.connect("z", 4, { labels: { old: "yes" } });
  const [far] = core.submit({ worker: "z" });
  const near = core.submit(
    { needs: [{ task: far! }], ...to({ near: true }) },
    { needs: [{ task: far! }] },
    { needs: [{ task: far! }], node: { inputs: true } },
    { needs: [{ task: far! }], ...to({ near: true, prefer: [{ labels: [is("old", "yes")], weight: -1 }] }) },
  );
  core.end(far!);
  assert.deepEqual(
    near.map((task) => on(core, task)),
    ["z", "a", "z", "a"],
  );
});

test("units: whole ones are the lowest free, a share goes to the fullest that has room, and all come back", () => {
  const core = new Harness();
  core.connect("g", 9, { resources: { gpu: 4000 }, units: { gpu: ["0", "1", "2", "7"] } });
  const ask = (gpu: number): Partial<NewTask> => ({ asks: { resources: { gpu } } });
  const tasks = core.submit(ask(500), ask(1000), ask(300), ask(1500));
  const units = () => tasks.map((task) => core.state.tasks.get(task)?.live?.units?.["gpu"]);
  assert.deepEqual(units(), [[0], [1], [0], [2, 3]]);
  const [waits] = core.submit(ask(1000));
  assert.equal(on(core, waits!), undefined);
  assert.match(why(core)[0]!, /^resources: worker g has 0.7 of 4 gpu free; the task asks for 1$/);
  core.end(tasks[0]!);
  core.end(tasks[3]!, "failed");
  assert.deepEqual(core.state.tasks.get(waits!)!.live!.units, { gpu: [2] });
});

test("units: enough in pieces is not enough", () => {
  const core = new Harness();
  core.connect("g", 9, { resources: { gpu: 2000 }, units: { gpu: ["0", "1"] } });
  const ask = (gpu: number): Partial<NewTask> => ({ asks: { resources: { gpu } } });
  const [a, b] = core.submit(ask(600), ask(600));
  core.submit(ask(700));
  assert.deepEqual(why(core), [
    "units: worker g has enough gpu free, but in shares of several; the task asks for 0.7 in one piece",
  ]);
  core.end(b!);
  assert.deepEqual(core.state.tasks.get(a! + 2)!.live!.units, { gpu: [1] });
});

test("units: certain ones are waited for, and one that is not there never fits", () => {
  const core = new Harness();
  core.connect("g", 9, { resources: { gpu: 2000 }, units: { gpu: ["0", "1"] } });
  const certain = (gpu: number, ...units: number[]): Partial<NewTask> => ({
    asks: { resources: { gpu }, units: { gpu: units } },
  });
  const [both] = core.submit(certain(1500, 1, 0));
  assert.deepEqual(core.state.tasks.get(both!)!.live!.units, { gpu: [1, 0] });
  const [one] = core.submit(certain(600, 0));
  assert.deepEqual(why(core), ["resources: worker g has 0.5 of 2 gpu free; the task asks for 0.6"]);
  const [half] = core.submit(certain(500, 0));
  assert.deepEqual(core.state.tasks.get(half!)!.live!.units, { gpu: [0] });
  core.end(both!);
  assert.equal(on(core, one!), undefined);
  core.submit(certain(1000, 2));
  assert.deepEqual(why(core).slice(0, 1), ["units: worker g has 2 gpu, from number 0 on; the task asks for number 2"]);
});

test("a worker that was not heard for a minute gets nothing, though its lease is longer", () => {
  const core = new Harness();
  core.leaseMs = 600_000;
  core.connect("w", 2);
  core.now += 61_000;
  const [task] = core.submit({});
  assert.deepEqual(why(core), ["worker_silent: worker w was not heard for 61 seconds"]);
  core.turn({ type: "WorkerAlive", worker: "w", session: 1 });
  assert.equal(on(core, task!), "w");
});

test("a worker that a person has drained takes nothing, also after it came back, until it is resumed", () => {
  const core = new Harness();
  core.connect("w", 2);
  core.turn({ type: "DrainWorker", worker: "w", held: true });
  core.turn({ type: "DisconnectWorker", worker: "w", session: 1, goodbye: true });
  core.connect("w", 2);
  const [task] = core.submit({});
  assert.equal(on(core, task!), undefined);
  core.turn({ type: "ResumeWorker", worker: "w" });
  assert.equal(on(core, task!), "w");
});

for (const first of ["its own word", "a person's"]) {
  test(`a worker that is leaving takes nothing when a person resumes it; first came ${first}`, () => {
    const core = new Harness();
    core.connect("w", 2);
    const words = [
      { type: "DrainWorker", worker: "w" },
      { type: "DrainWorker", worker: "w", held: true },
    ] as const;
    core.turn(...(first === "its own word" ? words : words.toReversed()));
    core.turn({ type: "ResumeWorker", worker: "w" });
    const [task] = core.submit({});
    assert.deepEqual(why(core), ["worker_draining: worker w is draining: it takes no new work"]);
    core.turn({ type: "DisconnectWorker", worker: "w", session: 1, goodbye: true });
    core.connect("w", 2);
    assert.equal(on(core, task!), "w");
  });
}

test("of many workers that cannot take a task the reasons are counted", () => {
  const core = new Harness();
  for (let n = 10; n < 33; n++) core.connect(`w${n}`, 1, { labels: n < 30 ? {} : { gpu: n < 32 ? "a100" : "t4" } });
  core.submit(to({ labels: [is("gpu", "a100")] }), to({ labels: [is("gpu", "a100")] }));
  core.submit(to({ labels: [is("gpu", "a100")] }));
  assert.deepEqual(why(core), [
    "worker_busy: 2 workers are busy: w30, w31",
    "labels: 20 workers have no label gpu; the task asks for gpu == a100: w10, w11, w12, …",
    "labels: worker w32 has gpu=t4; the task asks for gpu == a100",
  ]);
});

test("a worker that is named and is not there is said to be gone, and of the others that they are others", () => {
  const core = new Harness();
  core.connect("w", 1);
  core.submit({ worker: "box" });
  assert.deepEqual(why(core), [
    "worker_gone: worker box, which the task asks for, is not connected",
    "other_worker: worker w is not box, which the task asks for",
  ]);
});

test("in an arm with many lanes the oldest task that fits is first, whatever lane it waits in", () => {
  const core = new Harness();
  const ask = (n: number, more: Partial<NewTask> = {}) => ({ ...to({ labels: [is("zone", `${n}`, "all")] }), ...more });
  const tasks = core.submit(...Array.from({ length: 40 }, (_, n) => ask(n % 13)));
  core.submit(ask(5, { priority: 9 }));
  core.connect("one", 1, { labels: { zone: "all" } });
  assert.equal(on(core, 41), "one");
  core.end(41);
  for (const task of tasks) {
    assert.equal(on(core, task), "one");
    core.end(task);
  }
});

test("a resource may have any name", () => {
  const core = new Harness();
  core.connect("w", 2, { resources: { gpu: 1000 }, units: { gpu: ["0"] } });
  const [task] = core.submit({ asks: { resources: { constructor: 1000 } } });
  assert.equal(on(core, task!), undefined);
  assert.deepEqual(why(core), ["resources: worker w offers 0 constructor; the task asks for 1"]);
});
