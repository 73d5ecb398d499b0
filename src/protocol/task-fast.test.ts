// Goal: the fast path and Zod are one schema. Method: draw submissions that are mostly valid, spoil some of them, and
// demand that whatever the fast path accepts is accepted by Zod with an equal result.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseTask, readTask } from "./task-fast.ts";
import { TaskSubmission } from "./task.ts";
import { OctopusError } from "../base/errors.ts";

const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.:/-]{0,12}$/),
  fc.constantFrom("t12", "r3", "", "1a", "a b", "a".repeat(128), "a".repeat(129), "a\n"),
);
const key = fc.oneof(
  fc.string({ maxLength: 12, unit: "binary" }),
  fc.constantFrom("a", "b", "tenant-7", "k".repeat(200), "k".repeat(201)),
);
const duration = fc.oneof(
  fc.integer({ min: -1, max: 100_000 }),
  fc.constantFrom("5s", "1h30m", "500 ms", "5", "", "x", "367d", "0s", 0, 1.5, 366 * 86_400_000, 366 * 86_400_001, -0),
);
const instant = fc.oneof(
  fc.integer({ min: 0, max: 2e12 }),
  fc.constantFrom("2026-11-21T08:00:00Z", "yesterday", 8.64e15, 8.64e15 + 1, -1),
);
const junk = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withMap: true });
const mostly = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: junk });

const RETRIES = [
  { limit: 2 },
  { limit: -1 },
  { limit: 2, rules: [{ errors: ["TypeError"], limit: 0 }] },
  { limit: 2, rules: [{ errors: [] }] },
  { limit: 2, backoff: "fixed", delay: "5s" },
];
const CALLBACKS = [
  {},
  { failure: { call: "f" } },
  { end: [{ webhook: "http://127.0.0.1/" }, { task: { shell: "true" } }] },
  { failure: { call: "1" } },
  { sometimes: { call: "f" } },
  { failure: { call: undefined } },
];

const submission = fc.record(
  {
    call: mostly(name),
    shell: mostly(fc.constantFrom("echo hi", "", { command: "true" })),
    http: fc.constantFrom("GET http://127.0.0.1/", "nonsense"),
    type: mostly(name),
    input: mostly(fc.jsonValue()),
    id: mostly(name),
    name: mostly(fc.string({ maxLength: 210 })),
    arm: mostly(name),
    priority: mostly(fc.integer({ min: -1, max: 11 })),
    delay: mostly(duration),
    runAt: mostly(instant),
    expiresAt: mostly(instant),
    timeout: mostly(duration),
    retries: mostly(fc.oneof(fc.integer({ min: -1, max: 1001 }), fc.constantFrom(...RETRIES))),
    onLost: mostly(fc.constantFrom("requeue", "fail", "other")),
    tags: mostly(fc.array(name, { maxLength: 33 })),
    needs: mostly(fc.oneof(name, fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }))),
    worker: mostly(name),
    owner: mostly(name),
    concurrencyKey: mostly(
      fc.oneof(
        key,
        fc.record(
          { key, limit: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.constantFrom(1e6, 1e6 + 1, -0)) },
          { requiredKeys: ["key"] },
        ),
      ),
    ),
    uniqueKey: mostly(
      fc.oneof(key, fc.constantFrom({ key: "k" }, { key: "k", scope: "queued" }, { key: "k", period: "1h" })),
    ),
    mutex: mostly(fc.oneof(key, fc.array(key, { maxLength: 9 }))),
    cache: mostly(fc.constantFrom(true, false, {}, { key: "k" }, { ttl: "1h" })),
    rate: mostly(fc.constantFrom({ key: "k", limit: 1, per: "1s" }, { key: "k" })),
    resources: mostly(fc.constantFrom({ cpu: 0.5 }, { memory: "2GiB" }, {}, { cpu: -1 })),
    on: mostly(fc.constantFrom(...CALLBACKS)),
    onFailure: mostly(fc.constantFrom({ call: "tidy" }, [{ shell: "true" }], {})),
    pririty: fc.integer(),
    ["__proto__"]: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

test("what the fast path accepts, Zod accepts with the same result", () => {
  let accepted = 0;
  const check = (value: unknown): void => {
    const fast = readTask(value);
    if (fast === undefined) return;
    accepted++;
    const slow = TaskSubmission.safeParse(value);
    assert.ok(slow.success, String(slow.error));
    assert.deepStrictEqual(fast, slow.data);
  };
  fc.assert(fc.property(submission, check), { numRuns: 3000 });
  // Few keys at a time, so that many of them are valid as a whole.
  const sparse = fc.tuple(
    submission,
    fc.subarray(
      [
        ...["call", "input", "priority", "delay", "timeout", "tags", "needs", "id"],
        ...["owner", "concurrencyKey", "uniqueKey", "mutex", "cache"],
      ],
      { maxLength: 4 },
    ),
  );
  fc.assert(
    fc.property(sparse, ([all, keys]) => {
      const picked: Record<string, unknown> = { call: "noop" };
      for (const key of keys) if (key in all) picked[key] = (all as Record<string, unknown>)[key];
      check(picked);
    }),
    { numRuns: 3000 },
  );
  fc.assert(fc.property(junk, check), { numRuns: 500 });
  assert.ok(accepted > 1000, `only ${accepted} were accepted: the test does not test`);
});

test("the common shapes take the fast path", () => {
  const shapes: unknown[] = [
    { call: "noop" },
    { type: "resize", input: { file: "a.png", size: [1, 2] } },
    { shell: "echo hi", priority: 7, tags: ["nightly"], needs: "t1", timeout: "30s", retries: 3 },
    { call: "f", id: "order-1", arm: "slow", delay: 500, onLost: "fail", worker: "w1", name: "One", expiresAt: 9e12 },
    { call: "f", concurrencyKey: "tenant-7", owner: "ada", uniqueKey: "order-1", mutex: ["b", "a"] },
    { call: "f", input: 1, cache: true, concurrencyKey: { key: "repo", limit: 3 }, mutex: "deploy" },
  ];
  for (const shape of shapes) assert.notEqual(readTask(shape), undefined, JSON.stringify(shape));
});

test("an embedded program's values that JSON cannot hold are refused with words, not with an exception", () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  let wide: unknown[] = [1];
  for (let level = 0; level < 150; level++) wide = [wide, wide];
  const bad = [
    () => 1,
    undefined,
    10n,
    Symbol("s"),
    Number.NaN,
    new Date(),
    new Map(),
    cycle,
    wide,
    { a: undefined },
    Array.from<number>({ length: 2 }),
  ];
  for (const [index, value] of bad.entries()) {
    const submission = index === 1 ? { call: "f", input: [undefined] } : { call: "f", input: value };
    assert.throws(
      () => parseTask(submission, `case ${index}`),
      (error) =>
        error instanceof OctopusError && error.code === "invalid" && /input.* must be JSON/s.test(error.message),
      `case ${index}`,
    );
  }
});

test("nesting that would overflow whoever writes it out is refused", () => {
  const text = `{"call":"f","input":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  assert.throws(() => parseTask(JSON.parse(text)), /at most 200 levels deep/);
});
