/** What is refused, and in which words: a table of files, each with the issues it must raise and where. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import { compileWorkflow } from "./compile.ts";
import type { CompileOptions } from "./compile-options.ts";

/** The issues of a file as `LINE:COL message`. */
function issuesOf(text: string, options: CompileOptions = {}): string[] {
  try {
    compileWorkflow(text, { source: "etl.yaml", ...options });
  } catch (error) {
    assert.ok(error instanceof OctopusError, `not an OctopusError: ${String(error)}`);
    assert.equal(error.code, "invalid");
    return error.issues.map(({ path, message }) => `${path.replace(/^etl\.yaml:/, "")} ${message}`);
  }
  return [];
}

const KEYS_OF_A_FOLLOWER =
  "known are shell, http, call, input, plugin, docker, wasm, uses, with, type, name, env, cwd, timeout, retries, priority, arm, tags, delay, runAt, expiresAt, worker, target, onLost, " +
  "owner, concurrencyKey, uniqueKey, mutex, rate, cache, resources, on, onFailure, finally";
const WHERE_EXPRESSIONS_STAND =
  "it may stand in http url, headers and body, in input, args, kwargs, with, env, cwd and stdin, in keys, when, each, matrix, params, outputs and message";

const table: { name: string; text: string; options?: CompileOptions; issues: string[] }[] = [
  { name: "an empty file", text: "", issues: ["1:1 must be a mapping with tasks, it is empty"] },
  { name: "a list", text: "- a", issues: ['1:1 must be a mapping with tasks, not ["a"]'] },
  { name: "no tasks", text: "name: x", issues: ["1:1 has no tasks: write tasks: {name: command}"] },
  {
    name: "empty tasks",
    text: "name: x\ntasks: {}",
    issues: ["2:8 tasks is empty: a workflow needs at least one task"],
  },
  {
    name: "tasks of a wrong type",
    text: "tasks: [a]",
    issues: ['1:8 tasks must be a mapping of names to tasks, not ["a"]'],
  },
  {
    name: "an unknown key at the top",
    text: "tasks: {a: x}\nnamme: x",
    issues: [
      '2:1 a workflow has the unknown key "namme" (did you mean name?); known are name, description, params, env, cwd, schedule, arm, timeout, retries, priority, target, concurrency, maxParallel, runTimeout, tasks, on, outputs',
    ],
  },
  {
    name: "a word of another system",
    text: "tasks:\n  a:\n    run: x",
    issues: ['3:5 tasks.a has the unknown key "run" (did you mean shell?)'],
  },
  {
    name: "an unknown key inside retries",
    text: "tasks: {a: {shell: x, retries: {limit: 1, delai: 1s}}}",
    issues: [
      '1:43 tasks.a.retries has the unknown key "delai" (did you mean delay?); known are limit, backoff, delay, maxDelay, jitter, exitCodes, rules',
    ],
  },
  {
    name: "asks with bare numbers, unknown keys and wrong shapes",
    text: [
      "tasks:",
      "  a:",
      "    shell: x",
      "    rate: {key: k, limit: 1, per: 60}",
      "    uniqueKey: {key: k, perid: 1h}",
      "    mutex: [a, {}]",
      "    owner: [x]",
      "    resources: {cpu: -1}",
      "    cache: true",
    ].join("\n"),
    issues: [
      "4:35 tasks.a.rate.per must have a unit, not 60: write a unit, such as 60s",
      '5:25 tasks.a.uniqueKey has the unknown key "perid" (did you mean period?); known are key, scope, period, policy',
      "6:16 tasks.a.mutex[1] must be a string, not {}",
      '7:12 tasks.a.owner must be text, not ["x"]',
      "8:22 tasks.a.resources.cpu must be an amount above 0, such as 0.5, 4 or 2GiB, not -1",
    ],
  },
  {
    name: "tasks that follow: a value in a command, needs, env where there is none, a moment that there is not",
    text: [
      "tasks:",
      "  a:",
      "    shell: x",
      "    onFailure: {shell: x, needs: b}",
      "    finally: [{call: x, env: {A: b}}, 'echo ${{ params.x }}']",
      "    on: {failure: {webhok: x}, end: 7}",
    ].join("\n"),
    issues: [
      `4:27 tasks.a.onFailure has the unknown key "needs"; ${KEYS_OF_A_FOLLOWER}`,
      "5:30 tasks.a.finally[0].env belongs to a shell or a docker task",
      "5:39 tasks.a.finally[1].shell names the unknown params.x; there are none",
      '6:20 tasks.a.on.failure has the unknown key "webhok" (did you mean webhook?); known are webhook, retries, call, arm, task',
    ],
  },
  {
    name: "a moment that there is not, and what is no callback",
    text: "tasks:\n  a: {shell: x, on: {sucess: {call: x}, end: 7, change: [{call: x}, {}]}}",
    issues: [
      '2:21 tasks.a.on has the unknown key "sucess" (did you mean success?)',
      "2:46 tasks.a.on.end must be {webhook}, {call} or {task}, not 7",
      "2:69 tasks.a.on.change[1].webhook is missing: must be an http:// or https:// URL",
    ],
  },
  {
    name: "a task that does nothing",
    text: "tasks:\n  a: {arm: b}",
    issues: [
      "2:3 tasks.a must say what to do: one of shell, http, call, plugin, docker, wasm, uses, workflow, pipeline, approval (or a type with a function)",
    ],
  },
  {
    name: "an empty task",
    text: "tasks:\n  a:\n  b: x",
    issues: ["2:3 tasks.a is empty: say what it does with shell, http, call, plugin, docker, wasm or uses"],
  },
  {
    name: "two kinds",
    text: "tasks:\n  a: {shell: x, call: y}",
    issues: ["2:3 tasks.a must have only one of shell, http, call, plugin, docker, wasm, uses, not shell and call"],
  },
  {
    name: "a bad name",
    text: "tasks:\n  my task: x",
    issues: ["2:3 tasks.my task must begin with a letter or _ and hold at most 128 letters, digits and _ . : / -"],
  },
  {
    name: "a duration without a unit",
    text: "timeout: 30\ntasks:\n  a: {shell: {command: x, grace: 5}, delay: 1, retries: {limit: 1, delay: 2}}",
    issues: [
      "1:10 timeout must have a unit, not 30: write a unit, such as 30s",
      "3:34 tasks.a.shell.grace must have a unit, not 5: write a unit, such as 5s",
      "3:45 tasks.a.delay must have a unit, not 1: write a unit, such as 1s",
      "3:75 tasks.a.retries.delay must have a unit, not 2: write a unit, such as 2s",
    ],
  },
  {
    name: "wrong values",
    text: "tasks:\n  a:\n    shell: x\n    priority: 12\n    onLost: maybe\n    tags: x",
    issues: [
      "4:15 tasks.a.priority must be a whole number from 0 to 10, not 12",
      '5:13 tasks.a.onLost must be "requeue" or "fail", not "maybe"',
      '6:11 tasks.a.tags must be an array, not "x"',
    ],
  },
  {
    name: "env on a function",
    text: "tasks: {a: {call: f, env: {A: b}, cwd: x}}",
    issues: ["1:27 tasks.a.env belongs to a shell or a docker task", "1:40 tasks.a.cwd belongs to a shell task"],
  },
  {
    name: "env twice",
    text: "tasks: {a: {shell: {command: x, env: {A: b}}, env: {A: c}}}",
    issues: ["1:52 tasks.a.env must not stand beside shell.env, which says the same"],
  },
  {
    name: "an env that is a list",
    text: "tasks: {a: {shell: x, env: {A: [1]}}}",
    issues: ["1:32 tasks.a.env.A must be text, a number or a boolean, not [1]"],
  },
  {
    name: "an unknown need",
    text: "tasks:\n  extract: x\n  load: {shell: x, needs: [extrct]}",
    issues: ['3:28 tasks.load.needs names the unknown task "extrct" (did you mean extract?)'],
  },
  {
    name: "a cycle",
    text: "tasks:\n  a: {shell: x, needs: c}\n  b: {shell: x, needs: a}\n  c: {shell: x, needs: [b]}",
    issues: ["3:24 tasks.b.needs closes a cycle: a -> c -> b -> a"],
  },
  {
    name: "a task that needs itself",
    text: "tasks:\n  a: {shell: x, needs: a}",
    issues: ["2:24 tasks.a.needs closes a cycle: a -> a"],
  },
  {
    name: "needs and depends",
    text: "tasks: {a: x, b: {shell: x, needs: a, depends: a}}",
    issues: ["1:48 tasks.b.depends must not stand beside needs, which says the same"],
  },
  {
    name: "a key twice",
    text: "tasks:\n  a: x\n  a: y",
    issues: ['3:3 has the key "a" twice; the first one is in line 2'],
  },
  {
    name: "a key that could change an object's nature",
    text: "tasks: {a: {call: f, input: {__proto__: 1}}}",
    issues: ["1:30 has the key __proto__, which is not allowed"],
  },
  {
    name: "a number that JSON has not",
    text: "tasks: {a: {call: f, input: .nan}}",
    issues: ["1:29 holds NaN, which is not a number that JSON knows"],
  },
  {
    name: "an anchor that is not there",
    text: "tasks: {a: *bse}",
    issues: ["1:12 names the anchor bse, which is not set before it"],
  },
  {
    name: "an alias inside itself",
    text: "tasks: &a {b: *a}",
    issues: ["1:15 has the alias *a inside what it stands for"],
  },
  {
    name: "a further document without a name, and two of one name",
    text: "tasks: {a: x}\n---\nb: 1\n---\nname: n\ntasks: {a: x}\n---\nname: n\ntasks: {a: x}",
    issues: [
      "3:1 is a further document without a name: write name: NAME, and run it by that",
      '8:7 is the name of two documents: "n"',
    ],
  },
  {
    name: "a command with a colon and no quotes, without what follows from it",
    text: "tasks:\n  a: echo size: 1\n  b: {shell: x}\n  c: x",
    issues: [
      '2:6 is not YAML that can be read: a text that holds ": " needs quotes around it, or a line of its own after |',
    ],
  },
  {
    name: "a command with a colon and no quotes, without what follows from it",
    text: "tasks:\n  a: echo size: 1\n  b: {shell: x}\n  c: x",
    issues: [
      '2:6 is not YAML that can be read: a text that holds ": " needs quotes around it, or a line of its own after |',
    ],
  },
  {
    name: "an unknown YAML tag",
    text: "tasks: {a: !sh x}",
    issues: ["1:12 is not YAML that can be read: Unresolved tag: !sh"],
  },
  {
    name: "an expression where none may stand",
    text: "tasks: {a: {shell: x, onLost: '${{ params.x }}'}}",
    issues: [`1:31 tasks.a.onLost must not hold \${{ }}: ${WHERE_EXPRESSIONS_STAND}`],
  },
  {
    name: "expressions with unknown names",
    text: "params: {city: x}\ntasks:\n  a: {call: f, input: {a: '${{ params.cty }}', b: '${{ param.city }}', c: '${{ 1 + 1 }}', d: '${{ params.city'}}",
    issues: [
      "3:27 tasks.a.input.a names the unknown params.cty (did you mean city?)",
      "3:51 tasks.a.input.b names the unknown param (did you mean params?)",
      "3:94 tasks.a.input.d has ${{ params.city without the }} that ends it",
    ],
  },
  {
    name: "params given that do not fit",
    text: "params: {city: {type: string}, days: {type: integer, default: 7}, mode: {enum: [a, b]}}\ntasks: {a: x}",
    options: { params: { cty: "x", days: 1.5, mode: "c" } },
    issues: [
      "params.cty is not a param of this workflow (did you mean city?); declared are city, days, mode",
      "params.city is missing: it has no default; give text with -p city=…",
      "params.days must be a whole number, not 1.5",
      'params.mode must be one of "a", "b", not "c"',
    ],
  },
  {
    name: "params declared wrongly",
    text: "params:\n  a:\n  b: {typ: string}\n  c: {type: text}\n  d: {type: integer, default: x}\n  e-f: 1\n  g: {default: 1, required: true}\ntasks: {a: x}",
    issues: [
      "2:3 params.a has no value: write a default, or {type: string, required: true}",
      "3:7 params.b.typ is not a key of a param (did you mean type?); it may have type, default, description, required, enum, examples, minimum, maximum, minLength, maxLength, minItems, maxItems, pattern, items, and a mapping as its value needs default",
      '4:13 params.c.type must be string, number, integer, boolean, array, object, not "text"',
      '5:31 params.d.default must be a whole number, not "x"',
      "6:3 params.e-f must have a name of letters, digits and _ that begins with no digit",
      "7:29 params.g.required must not be true beside a default",
    ],
  },
];

for (const { name, text, options, issues } of table) {
  test(`refused: ${name}`, () => assert.deepEqual(issuesOf(text, options), issues));
}

test("refused: text that is not YAML, with the place of the mistake", () => {
  const [issue, ...more] = issuesOf("tasks:\n  a: [x\n  b: y\n");
  assert.match(issue!, /^\d+:\d+ is not YAML that can be read: /);
  assert.ok(more.length < 3);
});

test("refused: a bomb of aliases, before it costs memory", () => {
  const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]`);
  const [issue, ...more] = issuesOf(`a0: &a0 [x]\n${levels.join("\n")}\ntasks: {a: x}`);
  assert.match(issue!, /has aliases \(\*name\) that stand for more than 1000000 values/);
  assert.equal(more.length, 0);
});

test("refused: nesting that would overflow the stack", () => {
  assert.match(issuesOf(`tasks: ${"[".repeat(20_000)}`)[0]!, /nested too deeply/);
  assert.match(
    issuesOf(`tasks: {a: {call: f, input: ${"[".repeat(300)}${"]".repeat(300)}}}`)[0]!,
    /nested more than 200 levels deep/,
  );
});

test("refused: a file of more than 10 MiB, unread", () => {
  assert.match(
    issuesOf(`tasks: {a: x}\n#${"x".repeat(10 * 1024 * 1024)}`)[0]!,
    /^1:1 holds \d+ characters; a workflow file may hold 10485760/,
  );
});

test("a file with thousands of mistakes tells the first 50 and counts the rest", () => {
  const tasks = Array.from({ length: 5000 }, (_, i) => `  task_${i}: {shell: x, needs: tsk_${i}}`);
  assert.throws(
    () => compileWorkflow(`tasks:\n${tasks.join("\n")}`),
    (error: OctopusError) => {
      assert.equal(error.issues.length, 50);
      assert.match(error.message, /; and 4950 more$/);
      return true;
    },
  );
});

test("a cycle of thousands is told in one line", () => {
  const tasks = Array.from({ length: 5000 }, (_, i) => `  t_${i}: {shell: x, needs: t_${(i + 1) % 5000}}`);
  const issues = issuesOf(`tasks:\n${tasks.join("\n")}`);
  assert.equal(issues.length, 1);
  assert.match(issues[0]!, /closes a cycle: t_0 -> t_1 -> .* -> \(4981 more\) -> .* -> t_0$/);
});
