import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import { parseTask } from "./task-fast.ts";
import type { TaskSubmission } from "./task.ts";

const read = (more: TaskSubmission) => parseTask({ shell: "true", ...more });

/** The words with which it is refused. */
function refusal(more: object): string {
  try {
    parseTask({ shell: "true", ...more });
  } catch (error) {
    assert.ok(error instanceof OctopusError);
    return error.message;
  }
  return assert.fail(`${JSON.stringify(more)} is not refused`);
}

test("the short and the long form of a worker are the same", () => {
  for (const more of [{ worker: "box1" }, { target: "box1" }, { target: { worker: "box1" } }]) {
    const { worker, target } = read(more);
    assert.deepEqual([worker, target], ["box1", undefined]);
  }
  assert.equal(read({ worker: "box1", target: "box1" }).worker, "box1");
  assert.match(
    refusal({ worker: "box1", target: "box2" }),
    /target says worker box2, and beside it .*box1: say it once/,
  );
  assert.match(refusal({ worker: "Box1", target: "box1" }), /say it once/);
});

test("anyone is nobody in particular", () => {
  for (const more of [{ worker: "Anyone" }, { target: "anyone" }, { target: { worker: "ANYONE" } }, { target: {} }]) {
    const spec = read(more);
    assert.deepEqual([spec.worker, spec.target, spec.kind], [undefined, undefined, "shell"]);
  }
});

test("a task for all workers holds a task for each", () => {
  for (const more of [{ worker: "ALL" }, { target: "all" }, { worker: "All", target: { worker: "ALL" } }]) {
    const spec = read({ ...more, id: "sweep", priority: 7, timeout: "5s", delay: "1s" });
    assert.equal(spec.kind, "each");
    assert.equal(spec.type, "shell");
    assert.equal(spec.worker, undefined);
    assert.deepEqual([spec.id, spec.priority, spec.delay, spec.timeout], ["sweep", 7, 1000, undefined]);
    const member = { kind: "shell", type: "shell", work: { kind: "shell", shell: { command: "true" } } };
    assert.deepEqual(spec.work, {
      kind: "each",
      each: { workers: true, task: { ...member, priority: 7, timeout: 5000 } },
    });
  }
  assert.match(refusal({ worker: "ALL", cache: { key: "k" } }), /cache does not go with worker ALL/);
});

test("who is told of a task for all workers is told of the whole", () => {
  const spec = read({ worker: "ALL", finally: { shell: "echo over" }, uniqueKey: "u" });
  assert.equal(spec.on?.length, 1);
  assert.equal(spec.uniqueKey?.key, "u");
  assert.ok(spec.work.kind === "each");
  assert.equal(spec.work.each.task.on, undefined);
  assert.equal(spec.work.each.task.uniqueKey, undefined);
});

test("a target reads whole", () => {
  const { worker, target } = read({
    target: {
      labels: "gpu",
      prefer: ["zone == attic", { labels: { os: "linux" }, weight: -5 }, { disk: "ssd" }],
      apart: "db",
      spread: "zone",
      policy: "pack",
      near: true,
    },
  });
  assert.equal(worker, undefined);
  assert.deepEqual(target, {
    labels: [{ label: "gpu", op: "exists", values: [] }],
    prefer: [
      { labels: [{ label: "zone", op: "==", values: ["attic"] }], weight: 1 },
      { labels: [{ label: "os", op: "==", values: ["linux"] }], weight: -5 },
      { labels: [{ label: "disk", op: "==", values: ["ssd"] }], weight: 1 },
    ],
    apart: "db",
    spread: "zone",
    policy: "pack",
    near: true,
  });
  assert.deepEqual(read({ target: { prefer: "gpu" } }).target?.prefer, [
    { labels: [{ label: "gpu", op: "exists", values: [] }], weight: 1 },
  ]);
});

test("what is wrong with a target is said where it stands", () => {
  assert.match(refusal({ target: { label: "gpu" } }), /unknown key "label" \(did you mean labels\?\)/);
  assert.match(refusal({ target: { labels: "gpu ==" } }), /target\.labels must say which value of gpu/);
  assert.match(refusal({ target: { labels: 5 } }), /target\.labels must be terms with commas/);
  assert.match(refusal({ target: { prefer: { labels: "gpu ==", weight: 2 } } }), /must say which value of gpu/);
  assert.match(refusal({ target: { prefer: [{ labels: "gpu", weight: 101 }] } }), /weight/);
  assert.match(refusal({ target: { near: false } }), /target\.near must be true, or be left out/);
  assert.match(refusal({ target: { policy: "random" } }), /target\.policy/);
  assert.match(refusal({ target: { spread: "a b" } }), /target\.spread must be the name of a label/);
  assert.match(refusal({ target: { apart: "" } }), /target\.apart must not be empty/);
  assert.match(refusal({ target: "1box" }), /target must be the name of a worker, or \{[^}]*\}, not "1box"/);
  assert.match(refusal({ target: "gpu, zone == a" }), /; what labels it must have stands in its labels, not "gpu, z/);
});

test("certain units stand beside the amounts", () => {
  const { resources, units } = read({
    resources: { gpu: { index: [0, 2] }, cpu: 0.5, card: { index: 1, share: 0.25 } },
  });
  assert.deepEqual(resources, { gpu: 2000, cpu: 500, card: 250 });
  assert.deepEqual(units, { gpu: [0, 2], card: [1] });
  assert.equal(read({ resources: { gpu: 2 } }).units, undefined);
  assert.match(refusal({ resources: { gpu: { index: [] } } }), /resources\.gpu\.index must be at least 1/);
  assert.match(refusal({ resources: { gpu: { index: [1, 1] } } }), /resources\.gpu\.index must be the place/);
  assert.match(refusal({ resources: { gpu: { index: [0, 1], share: 0.5 } } }), /share goes with one unit/);
  assert.match(refusal({ resources: { gpu: { index: 0, share: 0 } } }), /share must be a share above 0/);
  assert.match(refusal({ resources: { gpu: { index: -1 } } }), /resources\.gpu\.index must be the place/);
  assert.match(refusal({ resources: { gpu: 0 } }), /resources\.gpu must be an amount above 0/);
});
