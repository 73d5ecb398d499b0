/** What is refused of the keys by which tasks make a graph, and in which words: files, each with its issues. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import { compileWorkflow } from "./compile.ts";
import type { CompileOptions } from "./compile-options.ts";

function issuesOf(text: string, options: CompileOptions = {}): string[] {
  try {
    compileWorkflow(text, { source: "etl.yaml", ...options });
  } catch (error) {
    assert.ok(error instanceof OctopusError, `not an OctopusError: ${String(error)}`);
    return error.issues.map(({ path, message }) => `${path.replace(/^etl\.yaml:/, "")} ${message}`);
  }
  return [];
}

const table: { name: string; text: string; options?: CompileOptions; issues: string[] }[] = [
  {
    name: "a value where a second shell would read it as a command",
    text: "params: {p: {default: x}}\ntasks: {a: {shell: 'bash -c \"echo ${{ params.p }}\"'}, b: {shell: 'ssh web ls ${{ params.p }}'}, c: {shell: 'echo ${{ params.p }}'}}",
    issues: ["a", "b"].map(
      (task, index) =>
        `2:${index === 0 ? 20 : 66} tasks.${task}.shell must not hold \${{ }} beside eval, ssh or sh -c, where its value would be read ` +
        "as a command: give it by env and hand its variable on as an argument, or by stdin",
    ),
  },
  {
    name: "each over what is no list",
    text: "params: {n: 5}\ntasks: {a: {each: 5, call: f}, b: {each: {x: 1}, call: f}, c: {each: abc, call: f}, d: {each: '${{ params.n }}', call: f}}",
    issues: [
      "2:19 tasks.a.each must be a list, or ${{ }} that stands for one, not 5",
      '2:42 tasks.b.each must be a list, or ${{ }} that stands for one, not {"x":1}',
      '2:70 tasks.c.each must be a list, or ${{ }} that stands for one, not "abc"',
      "2:95 tasks.d.each must be a list, or ${{ }} that stands for one, not 5",
    ],
  },
  {
    name: "an approval beside each that names an item",
    text: 'tasks: {a: {each: [1], shell: x, approval: "Go with ${{ item }}?"}, b: {matrix: {os: [x]}, shell: x, approval: {message: "${{ matrix.os }}?"}}}',
    issues: [
      "1:122 tasks.b.approval.message names one item, and is asked once for all of them, before there are members: leave the item out, or let each member be a workflow that asks",
      "1:44 tasks.a.approval names one item, and is asked once for all of them, before there are members: leave the item out, or let each member be a workflow that asks",
    ],
  },
  {
    name: "a workflow that is written out in a task, and one in that",
    text: "tasks:\n  p:\n    workflow:\n      colour: 1\n      tasks:\n        q: {needs: z, shell: y}\n        r: {workflow: {tasks: {t: {shell: y, timeout: 5}}}}\n        s: {workflow: {params: {}}}",
    issues: [
      '4:7 tasks.p.workflow has the unknown key "colour"; known are name, description, params, env, cwd, schedule, arm, timeout, retries, priority, target, concurrency, maxParallel, runTimeout, tasks, on, outputs',
      '6:20 tasks.p.workflow.tasks.q.needs names the unknown task "z"',
      "7:55 tasks.p.workflow.tasks.r.workflow.tasks.t.timeout must have a unit, not 5: write a unit, such as 5s",
      "8:23 tasks.p.workflow.tasks.s.workflow has no tasks: write tasks: {name: command}",
    ],
  },
  {
    name: "a matrix of what is no lists, and one that is too large",
    text: [
      "tasks:",
      "  a: {matrix: [1], call: f}",
      "  b: {matrix: {os: linux, 'a b': [1]}, call: f}",
      "  c: {matrix: {}, call: f}",
      `  d: {matrix: {x: [${"1,".repeat(1000)}1], y: [${"1,".repeat(1000)}1]}, call: f}`,
      "  e: {matrix: {x: [1], include: 5}, call: f}",
    ].join("\n"),
    issues: [
      "2:15 tasks.a.matrix must be a mapping of names to lists, not [1]",
      '3:20 tasks.b.matrix.os must be a list, or ${{ }} that stands for one, not "linux"',
      "3:27 tasks.b.matrix.a b must have a name of letters, digits and _ that begins with no digit",
      "3:15 tasks.b.matrix has no lists: write matrix: {node: [20, 22]}",
      "4:15 tasks.c.matrix has no lists: write matrix: {node: [20, 22]}",
      "5:15 tasks.d.matrix stands for 1002001 combinations; at most 1000000 may be",
      "6:33 tasks.e.matrix.include must be a list of mappings, not 5",
    ],
  },
  {
    name: "conditions: names, types, mixtures, nothing",
    text: [
      "tasks:",
      "  a: x",
      "  b: {call: f, needs: a, when: tasks.a.stat == 'x'}",
      "  c: {call: f, needs: a, when: '1 + 1'}",
      "  d: {call: f, needs: a, when: 'x ${{ true }}'}",
      "  e: {call: f, needs: a, when: 5}",
      "  f: {call: f, needs: a, when: item.x}",
      "  g: {call: f, needs: a, when: 'tasks.a.outputs.n >'}",
      "  h: {call: f, needs: a, when: ''}",
      "  i: {call: f, needs: a, when: 'result.n > 1'}",
      '  j: {call: f, needs: a, when: \'tasks["b" + ""].state == "x"\'}',
    ].join("\n"),
    issues: [
      "3:32 tasks.b.when names the unknown tasks.a.stat (did you mean state?); a task has state, outputs, result, exitCode, attempt, error, members, artifacts, id, worker",
      '4:32 tasks.c.when must be true or false, and "1 + 1" is of type int',
      "5:32 tasks.d.when mixes text and ${{ }}: a condition is one expression, such as tasks.a.outputs.n > 3",
      "6:32 tasks.e.when must be a condition such as tasks.a.outputs.n > 3, not 5",
      "7:32 tasks.f.when names item, which may stand in a task with each",
      "8:32 tasks.g.when cannot be read: Unexpected token: EOF (character 20)",
      "9:26 tasks.h.when is empty",
      "10:32 tasks.i.when names result, which may stand in outputs and repeat of a task",
      '11:32 tasks.j.when must name the task that it means, as tasks.NAME or tasks["NAME"]',
    ],
  },
  {
    name: "tasks that are named and not needed, outputs that there are not",
    text: [
      "tasks:",
      "  fetch: {shell: x, outputs: {rows: integer}}",
      "  mid: {shell: x, needs: fetch}",
      "  far: {call: f, needs: mid, input: '${{ tasks.fetch.outputs.rows }}'}",
      "  odd: {call: f, input: '${{ tasks.fetch.outputs.rows }}'}",
      "  typo: {call: f, needs: fetch, input: ['${{ tasks.fetch.outputs.row }}', '${{ tasks.fetchh.state }}']}",
      "  self: {call: f, when: tasks.self.attempt > 1}",
      "  many: {each: [1], shell: x, outputs: {n: integer}}",
      "  all: {call: f, needs: many, input: '${{ tasks.many.outputs.n }}'}",
      "  one: {call: f, needs: fetch, input: '${{ tasks.fetch.members.size() }}'}",
    ].join("\n"),
    issues: [
      "5:25 tasks.odd.input names tasks.fetch, and does not need it: add fetch to needs",
      "6:41 tasks.typo.input[0] names the unknown output row of fetch (did you mean rows?); it has rows",
      "6:75 tasks.typo.input[1] names the unknown task fetchh (did you mean fetch?)",
      "7:25 tasks.self.when names tasks.self, which is the task itself",
      "9:38 tasks.all.input names tasks.many.outputs.n, and many has each: its outputs are a list; write tasks.many.outputs.map(o, o.n)",
      "10:39 tasks.one.input names members of fetch, which has no each",
    ],
  },
  {
    name: "triggers, continueOn, flags, counts",
    text: [
      "tasks:",
      "  a: {call: f, trigger: any_suceeded}",
      "  b: {call: f, continueOn: {exitCode: 1}}",
      "  c: {call: f, continueOn: [300]}",
      "  d: {call: f, allowFailure: maybe}",
      "  e: {call: f, each: [1], maxParallel: 0, failFast: 3}",
      "  g: {call: f, continueOn: []}",
      "maxParallel: many",
    ].join("\n"),
    issues: [
      '2:25 tasks.a.trigger must be all_succeeded, all_done, any_succeeded, any_failed, none_failed, not "any_suceeded" (did you mean any_succeeded?)',
      '3:29 tasks.b.continueOn has the unknown key "exitCode" (did you mean exitCodes?); known are exitCodes, failed, skipped',
      "4:28 tasks.c.continueOn must be exit codes from 0 to 255, or {exitCodes, failed, skipped}, not 300",
      '5:30 tasks.d.allowFailure must be true or false, not "maybe"',
      "6:40 tasks.e.maxParallel must be a whole number from 1, not 0",
      "6:53 tasks.e.failFast must be true or false, not 3",
      "7:28 tasks.g.continueOn must be exit codes from 0 to 255, or {exitCodes, failed, skipped}, not []",
      '8:14 maxParallel must be a whole number from 1, not "many"',
    ],
  },
  {
    name: "keys of each where there is none",
    text: "tasks: {a: {call: f, maxParallel: 2, failFast: true, runTimeout: 1h}}",
    issues: [
      "1:22 tasks.a.maxParallel belongs to a task with each, matrix or worker: ALL",
      "1:38 tasks.a.failFast belongs to a task with each, matrix or worker: ALL",
      "1:54 tasks.a.runTimeout belongs to a task with each, matrix or worker: ALL; timeout bounds each attempt of this one",
    ],
  },
  {
    name: "repeat, approval, artifacts, target, compensate, outputs",
    text: [
      "tasks:",
      "  a: {call: f, repeat: {while: true, until: false}}",
      "  b: {call: f, repeat: {interval: 5}}",
      "  c: {call: f, approval: {mesage: x, onTimeout: maybe, timeout: 5}}",
      "  d: {call: f, artifacts: [nobody, {path: x}, {from: a, to: ../x}]}",
      "  e: {call: f, target: {node: x}}",
      "  g: {call: f, compensate: {shell: x, needs: a}}",
      "  h: {call: f, outputs: {n: {from: stdout}, m: wrong, o: '${{ tasks.a.state }}', 'p q': string}}",
      "  i: {shell: x, outputs: {n: {from: nowhere}, m: wrong}}",
      "  j: {call: f, estimate: 5, artifacts: a}",
    ].join("\n"),
    issues: [
      "2:24 tasks.a.repeat must have only one of while, until",
      "3:35 tasks.b.repeat.interval must have a unit, not 5: write a unit, such as 5s",
      "3:24 tasks.b.repeat must say how often: while, until or limit",
      '4:27 tasks.c.approval has the unknown key "mesage" (did you mean message?); known are message, timeout, onTimeout',
      '4:49 tasks.c.approval.onTimeout must be reject or approve, not "maybe"',
      "4:65 tasks.c.approval.timeout must have a unit, not 5: write a unit, such as 5s",
      '5:28 tasks.d.artifacts[0] names the unknown task "nobody"',
      "5:36 tasks.d.artifacts[1] must say from which task: {from, path, to}",
      '5:61 tasks.d.artifacts[2].to must be a path below the folder of inputs, not "../x"',
      '6:25 tasks.e.target has the unknown key "node"; known are worker, labels, prefer, apart, spread, policy, near',
      "7:39 tasks.g.compensate.needs does not go with it: it runs when the tasks of the workflow are over",
      "8:30 tasks.h.outputs.n.from belongs to the output of a command, a container or a module",
      '8:48 tasks.h.outputs.m must be a type (string, number, integer, boolean, array, object), or ${{ }} over result, not "wrong"',
      "8:58 tasks.h.outputs.o names tasks, which may stand in shell env, cwd and stdin, in http, input, args, kwargs, with, when, each, matrix, params, outputs and message",
      "8:82 tasks.h.outputs.p q must have a name of letters, digits and _ . : / -",
      '9:37 tasks.i.outputs.n.from must be "file" or "stdout", not "nowhere"',
      '9:50 tasks.i.outputs.m must be a type (string, number, integer, boolean, array, object), or {from, type, max, required}, not "wrong"',
      "10:26 tasks.j.estimate must have a unit, not 5: write a unit, such as 5s",
      "10:40 tasks.j.artifacts names tasks.a, and does not need it: add a to needs",
    ],
  },
  {
    name: "kinds: several, later ones, and what goes with which",
    text: [
      "tasks:",
      "  a: {shell: x, workflow: y}",
      "  b: {docker: alpine, cwd: /x}",
      "  c: {call: f, params: {x: 1}}",
      "  d: {workflow: y, input: 1}",
      "  e: {workflow: 5}",
      "  g: {pipeline: {stages: []}}",
      "  h: {workflow: y, env: {A: b}}",
    ].join("\n"),
    issues: [
      "2:3 tasks.a must have only one of shell, workflow",
      "3:28 tasks.b.cwd belongs to a shell task; the folder in a container is docker.cwd",
      "4:24 tasks.c.params belongs to a task with workflow; others get values by env, input or body",
      "5:27 tasks.d.input belongs to call; a workflow gets params",
      "6:17 tasks.e.workflow must be a path, the name of a workflow, or a mapping with tasks, not 5",
      "7:26 tasks.g.pipeline.stages Too small: expected array to have >=1 items",
      "8:25 tasks.h.env belongs to a shell or a docker task",
    ],
  },
  {
    name: "the top: handlers, groups, schedules, outputs",
    text: [
      "tasks: {a: x, on.failure: x}",
      "on: {failure: {shell: x, needs: a}, failed: x, exit: [x, {call: f}], cancel: {one: {shell: x}}}",
      "concurrency: {group: '', limt: 2, overlap: wait}",
      "schedule: [{every: 5}, {cron: '* * * * *', name: x}, 7]",
      "outputs: {x: '${{ tasks.b.state }}', y: '${{ result }}'}",
      "runTimeout: 60",
    ].join("\n"),
    issues: [
      "2:6 on.failure makes a task named on.failure, and there is a task of that name: give that one another name",
      "2:26 on.failure.needs does not go with it: it runs when the tasks of the workflow are over",
      "2:37 on.failed is an unknown moment; known are success, failure, cancel, exit",
      '3:15 concurrency.group must be a name of 1 to 200 characters, or {group, limit, overlap}, not ""',
      "3:26 concurrency.limt is an unknown key (did you mean limit?); known are group, limit, overlap",
      "4:20 schedule[0].every must be at least 1s, not 5",
      "4:44 schedule[1].name belongs to a schedule of its own: the one of a workflow runs this file",
      '4:54 schedule[2] must be a cron expression, "every 10m", or {cron, every, at, zone, …}, not 7',
      "5:14 outputs.x names the unknown task b",
      "5:41 outputs.y names result, which may stand in outputs and repeat of a task",
      "6:13 runTimeout must have a unit, not 60: write a unit, such as 60s",
    ],
  },
  {
    name: "workflows that are run: files that are wrong, params that do not fit",
    text: [
      "tasks:",
      "  a: {workflow: ./a.yaml, params: {n: x, o: 1}}",
      "  b: {workflow: ./gone.yaml}",
      "  c: {workflow: {tasks: {x: {shel: y}}}}",
      "  d: {workflow: doc}",
      "  e: {workflow: ./bad.yaml}",
      "---",
      "name: doc",
      "tasks: {x: {call: f, needs: y}}",
    ].join("\n"),
    options: {
      files: {
        "a.yaml": "params: {n: {type: integer}, m: {type: string}}\ntasks: {x: y}",
        "bad.yaml": "tasks: {x: {needs: z, shell: y}}",
      },
    },
    issues: [
      'bad.yaml:1:20 tasks.x.needs names the unknown task "z"',
      '2:39 tasks.a.params.n must be a whole number, not "x"',
      "2:45 tasks.a.params.o is not a param of the workflow; declared are n, m",
      "2:35 tasks.a.params lacks m, which the workflow asks for and has no default for",
      "3:17 tasks.b.workflow names the file ./gone.yaml, which does not exist, or was not sent along",
      '4:30 tasks.c.workflow.tasks.x has the unknown key "shel" (did you mean shell?)',
      '9:29 tasks.x.needs names the unknown task "y"',
    ],
  },
  {
    name: "an expression in the command of something that is no shell",
    text: "tasks:\n  a: x\n  b: {needs: a, shell: {command: 'print(${{ tasks.a.outputs.n }})', shell: [python3, -c]}}",
    issues: [
      '3:34 tasks.b.shell.command must not hold ${{ }}, because "python3" is not a shell: give it values by env or stdin',
    ],
  },
];

for (const { name, text, options, issues } of table) {
  test(`refused: ${name}`, () => {
    const sort = (all: string[]): string[] => all.toSorted();
    assert.deepEqual(sort(issuesOf(text, options)), sort(issues));
  });
}

test("an expression in a command is warned of, and becomes a variable", () => {
  const run = compileWorkflow(
    "params: {p: 1}\ntasks:\n  a: echo ${{ params.p }} '${{ params.p }}'\n  b: {needs: a, shell: 'x \"${{ tasks.a.outputs.n }}\"'}",
    { source: "etl.yaml" },
  );
  const [a, b] = run.tasks;
  assert.ok(a!.work.kind === "shell" && b!.work.kind === "shell");
  assert.equal(a!.work.shell.command, "echo ${OCTOPUS_EXPR_1} '${OCTOPUS_EXPR_1}'");
  assert.deepEqual(a!.work.shell.env, { OCTOPUS_PARAM_p: "1", OCTOPUS_EXPR_1: "1" });
  assert.equal(b!.work.shell.env!["OCTOPUS_EXPR_1"], "${{ tasks.a.outputs.n }}");
  assert.deepEqual(
    run.warnings!.map(({ path, message }) => `${path} ${message}`),
    [
      'etl.yaml:3:6 tasks.a.shell holds ${{ params.p }}, which becomes "$OCTOPUS_EXPR_1", so that no value is part of the command: write "$OCTOPUS_PARAM_p", an environment variable that every shell task gets',
      'etl.yaml:3:6 tasks.a.shell holds ${{ params.p }}, which stands between single quotes, where a shell puts no value, so that no value is part of the command: write "$OCTOPUS_PARAM_p", an environment variable that every shell task gets',
      'etl.yaml:4:24 tasks.b.shell holds ${{ tasks.a.outputs.n }}, which becomes "$OCTOPUS_EXPR_1", so that no value is part of the command: give it to the command by env: {NAME: "${{ tasks.a.outputs.n }}"}, and write "$NAME"',
    ],
  );
});

test("only looking whether it is right: params that are missing are no problem, all else is", () => {
  const text =
    "params: {n: {type: integer}, g: {type: string}}\nconcurrency: {group: '${{ params.g }}', limit: 2}\nmaxParallel: '${{ params.n }}'\ntasks: {a: {call: f, arm: '${{ params.g }}', each: '${{ params.g }}', input: '${{ params.n + 1 }}'}}";
  assert.deepEqual(issuesOf(text, { check: true }), []);
  assert.equal(issuesOf(text).length, 2);
  assert.equal(issuesOf(text.replace("params.n + 1", "params.nn"), { check: true }).length, 1);
});
