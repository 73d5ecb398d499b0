import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskState } from "../base/words.ts";
import type { TaskView } from "../protocol/views.ts";
import { stepTo } from "./graph-steps.ts";
import { nodeLook, runGraph, worstOf } from "./run-graph.ts";
import { fold, heightsOf, levelsOf, numberStem, wordStem } from "./run-shape.ts";
import { runRows } from "./run-rows.ts";

type Some = Partial<TaskView> & { id: string };

function task(some: Some): TaskView {
  const fixed = { type: "shell", kind: "shell", arm: "default", priority: 5, attempt: 0, tags: [], work: {} } as const;
  return {
    ...fixed,
    name: some.id,
    state: "blocked",
    needs: [],
    createdAt: "2026-11-21T12:00:00.000Z",
    ...some,
  } as TaskView;
}

/** `a`, `b<a`, `c<a,b`: names with what they need. */
function tasksOf(text: string): TaskView[] {
  return text.split(" ").map((part) => {
    const [id, needs] = part.split("<");
    return task({ id: id!, needs: needs === undefined ? [] : needs.split(",") });
  });
}

test("levels and heights count the needs of the longest way", () => {
  const tasks = tasksOf("a b<a c<a d<b,c,elsewhere e");
  assert.deepEqual(Object.fromEntries(levelsOf(tasks)), { a: 0, b: 1, c: 1, d: 2, e: 0 });
  assert.deepEqual(Object.fromEntries(heightsOf(tasks)), { a: 2, b: 1, c: 1, d: 0, e: 0 });
});

test("what names have in common", () => {
  const table: [name: string, number: string, word: string][] = [
    ["shard_0042", "shard", "shard"],
    ["unit[7,de]", "unit", "unit"],
    ["extract_airports", "extract_airports", "extract"],
    ["on.failure", "on.failure", "on"],
    ["42", "42", "42"],
    ["", "", ""],
    ["größe-1", "größe", "größe"],
  ];
  for (const [name, number, word] of table) assert.deepEqual([numberStem(name), wordStem(name)], [number, word], name);
});

test("many tasks fold by level and name, then by level, then by bands of levels", () => {
  const wide = [task({ id: "start" }), ...many(500, (i) => task({ id: `shard_${i}`, needs: ["start"] }))];
  const units = fold([...wide, task({ id: "join", needs: wide.slice(1).map(({ id }) => id) })], 100);
  assert.deepEqual(
    units.map(({ title, tasks }) => [title, tasks.length]),
    [
      [undefined, 1],
      ["shard", 500],
      [undefined, 1],
    ],
  );
  const words = many(300, (i) => task({ id: `${"xyz"[i % 3]!}_${"abcdefghijklmnopqrst"[i % 20]!}${"uvw"[i % 7]}q` }));
  assert.deepEqual(
    fold(words, 100).map(({ title }) => title),
    ["x", "y", "z"],
  );
  const chain = many(1000, (i) => task({ id: `n${i}x`, needs: i === 0 ? [] : [`n${i - 1}x`] }));
  const bands = fold(chain, 100);
  assert.equal(bands.length, 100);
  assert.equal(bands[1]!.title, "levels 11 to 20");
  assert.equal(fold(chain, Infinity).length, 1000);
});

test("a group that is open is shown task by task, and others stay folded", () => {
  const tasks = [
    ...many(60, (i) => task({ id: `a${i}` })),
    ...many(60, (i) => task({ id: `b${i}`, needs: [`a${i}`] })),
  ];
  const closed = fold(tasks, 50);
  assert.deepEqual(
    closed.map(({ id }) => id),
    ["g:0::a", "g:1::b"],
  );
  const open = fold(tasks, 50, new Set(["g:1::b"]));
  assert.equal(open.length, 61);
  assert.equal(open[0]!.tasks.length, 60);
});

test("a graph joins the needs of a group, and its key names its shape and not its states", () => {
  const tasks = tasksOf("a b<a c<b");
  const before = runGraph({ tasks });
  assert.deepEqual(before.edges, [
    { from: "a", to: "b", count: 1 },
    { from: "b", to: "c", count: 1 },
  ]);
  const after = runGraph({ tasks: tasks.map((one) => ({ ...one, state: "succeeded" as const })) });
  assert.equal(after.key, before.key);
  assert.notEqual(runGraph({ tasks: tasksOf("a b<a c<a") }).key, before.key);
  const many2 = [...many(50, (i) => task({ id: `s${i}` })), task({ id: "join", needs: many(50, (i) => `s${i}`) })];
  assert.deepEqual(runGraph({ tasks: many2 }, { most: 10 }).edges, [{ from: "g:0::s", to: "join", count: 50 }]);
});

test("an each and a run inside unfold to boxes; handlers stand in a box of their own", () => {
  const counts = { succeeded: 1, failed: 1 };
  const each = task({ id: "t1", kind: "each", members: { total: 3, counts } });
  const inner = task({ id: "t2", kind: "workflow", subRun: "r2", needs: ["t1"] });
  const tasks = [each, inner, task({ id: "t3", role: "exit" })];
  assert.deepEqual(
    runGraph({ tasks }).nodes.map(({ id, parent, holds }) => [id, parent, holds]),
    [
      ["t1", undefined, "members"],
      ["t2", undefined, "run"],
      ["after", undefined, undefined],
      ["t3", "after", undefined],
    ],
  );
  const members = new Map([["t1", [task({ id: "m0" }), task({ id: "m1" })]]]);
  const nested = { id: "r2", workflow: "w", state: "running", createdAt: each.createdAt, counts: {} } as const;
  const runs = new Map([["r2", { ...nested, tasks: tasksOf("x y<x") }]]);
  const open = runGraph({ tasks, members, runs }, { open: new Set(["t1", "t2"]) });
  assert.deepEqual(
    open.nodes.map(({ id, parent }) => [id, parent]),
    [
      ...[
        ["t1", undefined],
        ["m0", "t1"],
        ["m1", "t1"],
        ["more:t1", "t1"],
      ],
      ...[
        ["t2", undefined],
        ["x", "t2"],
        ["y", "t2"],
        ["after", undefined],
        ["t3", "after"],
      ],
    ],
  );
  assert.deepEqual(open.edges, [
    { from: "x", to: "y", count: 1 },
    { from: "t1", to: "t2", count: 1 },
  ]);
});

test("a node looks like the worst of what it stands for", () => {
  const states: TaskState[] = ["succeeded", "running", "failed", "succeeded"];
  const byId = new Map(states.map((state, i) => [`t${i}`, task({ id: `t${i}`, state })]));
  const group = { id: "g", kind: "group", title: "t", tasks: [...byId.keys()] } as const;
  assert.deepEqual(
    nodeLook(group, (id) => byId.get(id)),
    {
      ...{ state: "failed", total: 4, ended: 3, asked: 0 },
      counts: { succeeded: 2, running: 1, failed: 1 },
    },
  );
  assert.equal(
    nodeLook({ id: "gone", kind: "task" }, () => undefined),
    undefined,
  );
  assert.equal(worstOf({ blocked: 2, running: 1, succeeded: 4 }), "running");
  assert.equal(worstOf({}), "blocked");
});

test("arrow keys go along edges first, and else to what stands there", () => {
  const spots = [
    { id: "a", x: 0, y: 50 },
    { id: "b", x: 100, y: 0 },
    { id: "c", x: 100, y: 60 },
    { id: "d", x: 200, y: 60 },
  ];
  const edges = [
    { from: "a", to: "b" },
    { from: "a", to: "c" },
  ];
  const table: [string, Parameters<typeof stepTo>[0], string | undefined][] = [
    ["a", "right", "c"],
    ["b", "left", "a"],
    ["b", "down", "c"],
    ["c", "up", "b"],
    ["c", "right", "d"],
    ["a", "left", undefined],
    ["gone", "right", "a"],
  ];
  for (const [from, key, to] of table) assert.equal(stepTo(key, from, spots, edges), to, `${from} ${key}`);
});

test("rows hold what is unfolded below it, and say what is not there", () => {
  const each = task({ id: "t1", kind: "each", members: { total: 5, counts: { blocked: 5 } } });
  const nested = task({ id: "t2", kind: "workflow", subRun: "r2" });
  const parts = { tasks: [each, nested], members: new Map([["t1", tasksOf("m0 m1")]]) };
  const rows = runRows(parts, { open: new Set(["t1", "t2"]), now: 0 });
  assert.deepEqual(
    rows.map(({ key, depth, note }) => [key, depth, note]),
    [
      ["t1", 0, undefined],
      ["m0", 1, undefined],
      ["m1", 1, undefined],
      ["more:t1", 1, { left: 3 }],
      ["t2", 0, undefined],
      ["wait:t2", 1, "reading"],
    ],
  );
  const fits = ({ id }: TaskView): boolean => id === "m1";
  const found = runRows(parts, { open: new Set(["t1"]), now: 0, fits });
  assert.deepEqual(
    found.map(({ key }) => key),
    ["t1", "m1", "more:t1"],
  );
});

test("rows by start keep what has begun in place, and rows by state begin with who is needed", () => {
  const at = (second: number): string => new Date(Date.UTC(2026, 10, 21, 12, 0, second)).toISOString();
  const tasks = [
    task({ id: "late", state: "running", readyAt: at(5), startedAt: at(6) }),
    task({ id: "never" }),
    task({ id: "first", state: "failed", readyAt: at(0), startedAt: at(0), endedAt: at(2) }),
    task({ id: "ask", kind: "approval", approval: { state: "waiting" }, readyAt: at(7) }),
  ];
  const ids = (order: "start" | "state" | "long"): string[] =>
    runRows({ tasks }, { order, now: Date.parse(at(20)) }).map(({ key }) => key);
  assert.deepEqual(ids("start"), ["first", "late", "never", "ask"]);
  assert.deepEqual(ids("state"), ["ask", "first", "late", "never"]);
  assert.deepEqual(ids("long"), ["late", "first", "never", "ask"]);
});

function many<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
