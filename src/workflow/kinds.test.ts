/** Plugins, containers, modules and executors of one's own in a workflow file: what is compiled, evaluated, refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { ScopeSource } from "../protocol/evaluator.ts";
import type { TaskSpec, Work } from "../protocol/task.ts";
import { compileWorkflow } from "./compile.ts";
import { createEvaluator } from "./evaluator.ts";

function specs(text: string, params: Record<string, Json> = {}): Map<string, TaskSpec> {
  const { tasks } = compileWorkflow(text, { params });
  return new Map(tasks.map((spec) => [spec.id!, spec]));
}

function work(text: string, params?: Record<string, Json>): Work {
  return specs(text, params).get("a")!.work;
}

function refusal(text: string): string {
  try {
    compileWorkflow(text);
  } catch (error) {
    if (error instanceof OctopusError) return error.issues.map(({ message }) => message).join("\n") || error.message;
    throw error;
  }
  assert.fail(`accepted: ${text}`);
}

const RUN: ScopeSource["run"] = { id: "r1", workflow: "w", createdAt: 0, params: {}, scope: {}, depth: 0, files: {} };

/** The work of task `a` when `b` has left this result. */
function later(text: string, result: Json): Work | string {
  const spec = specs(text).get("a")!;
  const source: ScopeSource = {
    run: RUN,
    task: (name) => (name === "b" ? { kind: "call", state: "succeeded", result, id: "t1", attempt: 1 } : undefined),
    workflow: () => undefined,
  };
  const prepared = createEvaluator().prepare(spec, source);
  if (prepared.type === "run") return prepared.work;
  return "reason" in prepared ? prepared.reason : prepared.type;
}

test("short forms are written out", () => {
  assert.deepEqual(work("tasks: {a: {plugin: report@3}}"), {
    kind: "plugin",
    plugin: { name: "report@3", action: "main" },
  });
  assert.deepEqual(work("tasks: {a: {docker: alpine}}"), {
    kind: "docker",
    docker: { image: "alpine", network: "bridge", pull: "missing" },
  });
  assert.deepEqual(work("tasks: {a: {wasm: resize}}"), { kind: "wasm", wasm: { module: "resize" } });
  assert.deepEqual(work("tasks: {a: {uses: ssh}}"), { kind: "custom", custom: { uses: "ssh", with: {} } });
});

test("values keep their JSON types in arguments, whatever they are", () => {
  const text = `params: {flag: {type: boolean}, list: {type: array}, text: {type: string}}
tasks:
  a: {plugin: {name: p, args: [true, null, 1.5, "\${{ params.flag }}", "x \${{ params.text }}"], kwargs: {l: "\${{ params.list }}"}}}`;
  const { plugin } = work(text, { flag: false, list: [1, null], text: "$(rm -rf /)" }) as Extract<
    Work,
    { kind: "plugin" }
  >;
  assert.deepEqual(plugin.args, [true, null, 1.5, false, "x $(rm -rf /)"]);
  assert.deepEqual(plugin.kwargs, { l: [1, null] });
});

test("what another task left is evaluated when it is there, also as the whole of the arguments", () => {
  const head = "tasks:\n  b: {call: f}\n";
  const one = `${head}  a: {needs: b, plugin: {name: p, args: ["\${{ tasks.b.outputs.n }}"], kwargs: {all: "\${{ tasks.b.result }}"}}}`;
  assert.deepEqual(later(one, { n: 5 }), {
    kind: "plugin",
    plugin: { name: "p", action: "main", args: [5], kwargs: { all: { n: 5 } } },
  });
  const all = `${head}  a: {needs: b, plugin: {name: p, args: "\${{ tasks.b.outputs.list }}", kwargs: "\${{ tasks.b.outputs.map }}"}}`;
  assert.deepEqual(later(all, { list: [1, [2]], map: { x: null } }), {
    kind: "plugin",
    plugin: { name: "p", action: "main", args: [1, [2]], kwargs: { x: null } },
  });
  assert.match(
    later(all, { list: "no list", map: {} }) as string,
    /plugin\.args must be a list of values, not "no list"/,
  );
  const given = `${head}  a: {needs: b, uses: ssh, with: {host: "\${{ tasks.b.outputs.host }}", port: "\${{ tasks.b.outputs.port }}"}}`;
  assert.deepEqual(later(given, { host: "box", port: 22 }), {
    kind: "custom",
    custom: { uses: "ssh", with: { host: "box", port: 22 } },
  });
  assert.match(later(given, { host: "box" }) as string, /^with\.port: /);
  const args = `${head}  a: {needs: b, wasm: {module: m, args: [--width, "\${{ tasks.b.outputs.n }}"], stdin: "\${{ tasks.b.result }}"}}`;
  assert.deepEqual(later(args, { n: 800 }), {
    kind: "wasm",
    wasm: { module: "m", args: ["--width", "800"], stdin: '{"n":800}' },
  });
});

test("no value becomes part of what a container runs", () => {
  const text = `params: {what: {type: string}}
env: {SHARED: s}
tasks:
  a: {env: {OWN: o}, docker: {image: alpine, command: "echo \${{ params.what }}"}}`;
  const { docker } = work(text, { what: "x; rm -rf /" }) as Extract<Work, { kind: "docker" }>;
  assert.deepEqual(docker.command, ["/bin/sh", "-c", "echo ${OCTOPUS_EXPR_1}"]);
  assert.deepEqual(docker.env, {
    OCTOPUS_PARAM_what: "x; rm -rf /",
    OCTOPUS_EXPR_1: "x; rm -rf /",
    SHARED: "s",
    OWN: "o",
  });
  const list = `params: {what: {type: string}}
tasks:
  a: {docker: {image: alpine, command: [bash, -ec, "echo \${{ params.what }}", "\${{ params.what }}"]}}`;
  const listed = work(list, { what: "x; y" }) as Extract<Work, { kind: "docker" }>;
  assert.deepEqual(listed.docker.command, ["bash", "-ec", "echo ${OCTOPUS_EXPR_1}", "x; y"]);
  const wrapped = list.replace("[bash, -ec", "[env, A=b, /bin/sh, -c");
  assert.deepEqual(
    (work(wrapped, { what: "x; y" }) as Extract<Work, { kind: "docker" }>).docker.command?.[4],
    "echo ${OCTOPUS_EXPR_1}",
  );
  assert.match(
    refusal(`params: {p: x}\ntasks: {a: {docker: {image: alpine, command: ["\${{ params.p }}", x]}}}`),
    /docker\.command\[0\] must name its program without/,
  );
});

test("an image may be a value, and has to be one", () => {
  const text = 'tasks: {b: {call: f}, a: {needs: b, docker: {image: "registry/app:${{ tasks.b.outputs.tag }}"}}}';
  const { docker } = later(text, { tag: "v2" }) as Extract<Work, { kind: "docker" }>;
  assert.equal(docker.image, "registry/app:v2");
  assert.match(later(text, { tag: "v2 --privileged" }) as string, /docker\.image must be the name of an image/);
});

test("what decides over the machine of a worker is known before the run", () => {
  assert.match(
    refusal('tasks: {b: x, a: {needs: b, docker: {image: i, volumes: ["${{ tasks.b.outputs.dir }}:/data"]}}}'),
    /volumes\[0\] names tasks/,
  );
  const { docker } = work(
    'params: {dir: {type: string}}\ntasks: {a: {docker: {image: i, volumes: ["${{ params.dir }}:/data:ro"]}}}',
    { dir: "/srv" },
  ) as Extract<Work, { kind: "docker" }>;
  assert.deepEqual(docker.volumes, ["/srv:/data:ro"]);
});

test("outputs of containers and modules are declared as those of commands", () => {
  const text = `tasks:
  b: {docker: {image: i}, outputs: {rows: integer}}
  a: {needs: b, shell: 'echo', env: {ROWS: "\${{ tasks.b.outputs.rows }}"}}
  c: {wasm: m, outputs: {page: {from: stdout}}}`;
  const all = specs(text);
  const docker = all.get("b")!.work as Extract<Work, { kind: "docker" }>;
  assert.deepEqual(docker.docker.outputs, { rows: { from: "file", type: "integer" } });
  const wasm = all.get("c")!.work as Extract<Work, { kind: "wasm" }>;
  assert.deepEqual(wasm.wasm.outputs, { page: { from: "stdout" } });
  assert.match(
    refusal(
      'tasks: {b: {docker: i, outputs: {rows: integer}}, a: {needs: b, shell: x, env: {A: "${{ tasks.b.outputs.row }}"}}}',
    ),
    /unknown output row of b.*did you mean rows/,
  );
});

test("members of a list have their own arguments, and handlers may be any kind", () => {
  const text = `tasks:
  a: {each: [1, 2], plugin: {name: p, args: ["\${{ item }}"]}}
on:
  failure: {plugin: {name: alert, action: send, kwargs: {text: "it failed"}}}`;
  const each = specs(text).get("a")!;
  assert.equal(each.kind, "each");
  const prepared = createEvaluator().prepare(each, { run: RUN, task: () => undefined, workflow: () => undefined });
  assert.equal(prepared.type, "each");
  const member = prepared.type === "each" ? prepared.member(1) : undefined;
  assert.deepEqual(member?.work, { kind: "plugin", plugin: { name: "p", action: "main", args: [2] } });
});

test("what does not go together is said", () => {
  assert.match(refusal("tasks: {a: {plugin: p, docker: i}}"), /only one of/);
  assert.match(refusal("tasks: {a: {call: f, with: {x: 1}}}"), /with belongs to uses/);
  assert.match(refusal("tasks: {a: {plugin: p, env: {A: b}}}"), /env belongs to a shell or a docker task/);
  assert.match(refusal("tasks: {a: {docker: {image: i, memory: 5}}}"), /memory must be at least 6MiB/);
  assert.match(refusal("tasks: {a: {plugin: {nam: p}}}"), /unknown key "nam" \(did you mean name\?\)/);
  assert.match(refusal("tasks: {a: {plugin: 5}}"), /plugin must/);
  assert.match(refusal("tasks: {a: {uses: SSH}}"), /uses must begin with a small letter/);
});
