/** What a workflow file becomes: one short file per rule, and what comes out of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileWorkflow } from "./compile.ts";
import type { CompileOptions } from "./compile-options.ts";
import { levelsOf } from "./graph.ts";

const compile = (text: string, options: CompileOptions = {}) =>
  compileWorkflow(text, { source: "etl.yaml", ...options });
const first = (text: string, options: CompileOptions = {}) => compile(text, options).tasks[0]!;

test("a plain string is a shell command, and the file names the workflow", () => {
  const run = compile("tasks: {hello: echo hi}");
  assert.equal(run.workflow, "etl");
  assert.equal(run.definition, "tasks: {hello: echo hi}");
  assert.deepEqual(run.tasks, [
    {
      id: "hello",
      name: "hello",
      type: "shell",
      kind: "shell",
      work: { kind: "shell", shell: { command: "echo hi" } },
    },
  ]);
});

test("every field of a task is read", () => {
  const task = first(`
name: all
tasks:
  one:
    shell: {command: cat, stdin: hi, grace: 2s, maxOutput: 64 KiB, shell: /bin/bash}
    name: The first
    type: copy
    timeout: 1h30m
    retries: {limit: 3, backoff: fixed, delay: 500ms, maxDelay: 1m, jitter: 0, exitCodes: [75]}
    priority: 9
    arm: batch
    tags: [a, b]
    delay: 10s
    expiresAt: 2026-11-21T08:00:00Z
    worker: w1
    onLost: fail
`);
  assert.deepEqual(task, {
    id: "one",
    name: "The first",
    type: "copy",
    kind: "shell",
    work: {
      kind: "shell",
      shell: { command: "cat", stdin: "hi", grace: 2000, maxOutput: 65_536, shell: ["/bin/bash", "-c"] },
    },
    timeout: 5_400_000,
    retries: { limit: 3, backoff: "fixed", delay: 500, maxDelay: 60_000, jitter: 0, exitCodes: [75] },
    priority: 9,
    arm: "batch",
    tags: ["a", "b"],
    delay: 10_000,
    expiresAt: Date.parse("2026-11-21T08:00:00Z"),
    worker: "w1",
    onLost: "fail",
  });
});

test("needs and depends are the same, as one name or as a list, each name once", () => {
  const run = compile("tasks: {a: x, b: {shell: x, needs: a}, c: {shell: x, depends: [a, b, a]}}");
  assert.deepEqual(
    run.tasks.map((task) => task.needs),
    [undefined, ["a"], ["a", "b"]],
  );
  assert.deepEqual(levelsOf(run), [["a"], ["b"], ["c"]]);
});

test("tasks come out after what they need, whatever their order in the file", () => {
  const run = compile(
    "tasks: {c: {shell: x, needs: [b, a]}, x: x, b: {shell: x, needs: a}, a: x, d: {shell: x, needs: c}}",
  );
  assert.deepEqual(
    run.tasks.map((task) => task.id),
    ["a", "b", "c", "x", "d"],
  );
});

test("the plan puts each task on the level after the last of its needs", () => {
  const run = compile(
    "tasks: {d: {shell: x, needs: [b, c]}, a: x, b: {shell: x, needs: a}, c: x, e: {shell: x, needs: c}}",
  );
  assert.deepEqual(levelsOf(run), [["a", "c"], ["b", "e"], ["d"]]);
});

test("what stands at the top holds for tasks that do not say otherwise", () => {
  const text =
    "arm: batch\ntimeout: 1m\nretries: 2\npriority: 0\ntasks: {a: x, b: {shell: x, arm: fast, timeout: 2m, retries: 0, priority: 7}}";
  const [a, b] = compile(text).tasks;
  assert.deepEqual([a!.arm, a!.timeout, a!.retries, a!.priority], ["batch", 60_000, { limit: 2 }, 0]);
  assert.deepEqual([b!.arm, b!.timeout, b!.retries, b!.priority], ["fast", 120_000, { limit: 0 }, 7]);
  const chosen = compile(text, { arm: "night" }).tasks.map((task) => task.arm);
  assert.deepEqual(chosen, ["night", "fast"], "the caller's arm is stronger than the file's, not than the task's");
});

test("shell tasks get params and env, and nothing from outside becomes part of a command", () => {
  const text = `
params: {city: Seattle, days: [1, 2]}
env: {MODE: "for \${{ params.city }}", LEVEL: 3}
tasks:
  a: echo "$OCTOPUS_PARAM_city"
  b: {shell: x, env: {MODE: own, COPY: "\${{ env.LEVEL }}"}}
  c: {call: f}
`;
  const [a, b, c] = compile(text, { params: { city: "'; rm -rf /" } }).tasks.map((task) => task.work);
  const env = { OCTOPUS_PARAM_city: "'; rm -rf /", OCTOPUS_PARAM_days: "[1,2]", MODE: "for '; rm -rf /", LEVEL: "3" };
  assert.deepEqual(a, { kind: "shell", shell: { command: 'echo "$OCTOPUS_PARAM_city"', env } });
  assert.deepEqual(b, { kind: "shell", shell: { command: "x", env: { ...env, MODE: "own", COPY: "3" } } });
  assert.deepEqual(c, { kind: "call", call: "f" });
});

test("folders: the caller's, then the file's, then the task's, each seen from the one before", () => {
  const folder = (text: string, cwd?: string) => (first(text, { cwd }).work as { shell: { cwd?: string } }).shell.cwd;
  assert.equal(folder("tasks: {a: x}"), undefined);
  assert.equal(folder("tasks: {a: x}", "/base"), "/base");
  assert.equal(folder("cwd: sub\ntasks: {a: x}", "/base/"), "/base/sub");
  assert.equal(folder("cwd: sub\ntasks: {a: {shell: x, cwd: deep}}", "/base"), "/base/sub/deep");
  assert.equal(folder("cwd: sub\ntasks: {a: {shell: {command: x, cwd: /own}}}", "/base"), "/own");
  assert.equal(folder("cwd: sub\ntasks: {a: {shell: x, cwd: 'D:\\own'}}", "/base"), "D:\\own");
});

test("an expression alone keeps the type of its value; in a text it is written out", () => {
  const text = `
params: {n: 7, list: [1, a], url: "http://x/a b"}
tasks:
  f: {call: f, input: {n: "\${{ params.n }}", list: "\${{params.list}}", text: "n=\${{ params.n }} \${{ params.list }} $\${{ kept }}"}}
  h: {http: {url: "http://x/\${{ params.n }}", headers: {n: "\${{ params.n }}"}, body: {deep: ["\${{ params.n }}"]}}}
  s: {http: 'POST \${{ params.url }} {"n": "\${{ params.n }}"}'}
`;
  const [f, h, s] = compile(text).tasks.map((task) => task.work);
  assert.deepEqual(f, { kind: "call", call: "f", input: { n: 7, list: [1, "a"], text: 'n=7 [1,"a"] ${{ kept }}' } });
  assert.deepEqual(h, {
    kind: "http",
    http: { method: "GET", url: "http://x/7", headers: { n: "7" }, body: { deep: [7] } },
  });
  assert.deepEqual(s, { kind: "http", http: { method: "POST", url: "http://x/a b", body: { n: 7 } } });
});

test("anchors and merge keys share what is the same", () => {
  const run = compile(
    "tasks:\n  a: &base {shell: x, timeout: 5m, priority: 9}\n  b: {<<: *base, needs: a, timeout: 1m}",
  );
  const b = run.tasks[1]!;
  assert.deepEqual([b.timeout, b.priority, b.needs], [60_000, 9, ["a"]]);
});

test("a file in JSON is a workflow file", () => {
  const run = compile(JSON.stringify({ name: "json", tasks: { a: { shell: "x" } } }, null, "\t"));
  assert.equal(run.workflow, "json");
});

test("20,000 tasks in a chain, the last one first, compile, and their plan has 20,000 levels", () => {
  const lines = Array.from(
    { length: 20_000 },
    (_, i) => `  task_${i}:\n    shell: echo ${i}\n${i === 0 ? "" : `    needs: task_${i - 1}\n`}`,
  );
  const run = compile(`tasks:\n${lines.toReversed().join("")}`);
  assert.equal(run.tasks.length, 20_000);
  assert.equal(run.tasks[0]!.id, "task_0");
  assert.equal(levelsOf(run).length, 20_000);
});

test("what a task asks for is read in its short and long forms, and params may stand in it", () => {
  const text = `
params: {tenant: {type: number, default: 7}}
tasks:
  short:
    call: sync
    input: 1
    owner: team-\${{ params.tenant }}
    concurrencyKey: \${{ params.tenant }}
    uniqueKey: sync-\${{ params.tenant }}
    mutex: [b, "a-\${{ params.tenant }}"]
    cache: true
    resources: {cpu: 0.5, memory: 2GiB}
  long:
    shell: ./sync.sh
    concurrencyKey: {key: "\${{ params.tenant }}", limit: 3}
    uniqueKey: {key: k, period: 1h, policy: reject}
    mutex: one
    rate: {key: api, limit: 10, per: 1m}
    cache: {files: ["in-\${{ params.tenant }}.csv"], ttl: 1d}
    retries: {limit: 2, rules: [{exitCodes: [7], limit: 0}, {errors: [timeout], delay: 1m}]}
`;
  const [short, long] = compile(text).tasks;
  assert.deepEqual(
    [short!.owner, short!.concurrencyKey, short!.uniqueKey, short!.mutex, short!.cache, short!.resources],
    [
      "team-7",
      { key: "7", limit: 1 },
      { key: "sync-7", scope: "active", policy: "return" },
      ["a-7", "b"],
      {},
      { cpu: 500, memory: 2 * 1024 ** 3 * 1000 },
    ],
  );
  assert.deepEqual(
    [long!.concurrencyKey, long!.uniqueKey, long!.mutex, long!.rate, long!.cache],
    [
      { key: "7", limit: 3 },
      { key: "k", scope: "period", policy: "reject", periodMs: 3_600_000 },
      ["one"],
      { key: "api", limit: 10, perMs: 60_000, burst: 10 },
      { files: ["in-7.csv"], ttl: 86_400_000 },
    ],
  );
  assert.deepEqual((long!.retries as { rules?: unknown }).rules, [
    { exitCodes: [7], limit: 0 },
    { errors: ["timeout"], delay: 60_000 },
  ]);
});

test("tasks that follow are tasks like the others: params, env, folder and defaults reach them", () => {
  const text = `
params: {to: ops}
env: {REGION: north}
cwd: work
retries: 2
tasks:
  a:
    shell: ./a.sh
    onFailure: ./undo.sh
    finally: [{call: tidy, input: {to: "\${{ params.to }}"}}, {shell: ./last.sh, env: {X: 1}}]
    on:
      success: {webhook: "https://example.org/\${{ params.to }}"}
      change: [{call: watch}, {task: {shell: ./note.sh, retries: 0}}]
`;
  const on = first(text).on!;
  assert.deepEqual(
    on.map((callback) => [callback.on, callback.task.type, callback.news]),
    [
      ["success", "webhook", "body"],
      ["change", "watch", "input"],
      ["change", "shell", "env"],
      ["exhausted", "shell", "env"],
      ["end", "tidy", undefined],
      ["end", "shell", "env"],
    ],
  );
  const env = { OCTOPUS_PARAM_to: "ops", REGION: "north" };
  const works = on.map(({ task }) => task.work);
  assert.deepEqual((works[0] as { http: { url: string } }).http.url, "https://example.org/ops");
  assert.deepEqual(works[2], { kind: "shell", shell: { command: "./note.sh", cwd: "work", env } });
  assert.deepEqual(works[3], { kind: "shell", shell: { command: "./undo.sh", cwd: "work", env } });
  assert.deepEqual(works[4], { kind: "call", call: "tidy", input: { to: "ops" } });
  assert.deepEqual(works[5], { kind: "shell", shell: { command: "./last.sh", cwd: "work", env: { ...env, X: "1" } } });
  assert.deepEqual(
    on.slice(2).map(({ task }) => task.retries),
    [{ limit: 0 }, { limit: 2 }, { limit: 2 }, { limit: 2 }],
  );
});
