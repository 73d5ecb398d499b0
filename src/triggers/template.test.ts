/** What triggers start: text of events stays text, what is wrong is told at the start, values keep their types. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import type { Json } from "../base/words.ts";
import type { EventData } from "./event.ts";
import type { TriggerConfig } from "./settings.ts";
import { Template } from "./template.ts";

const NONE: TriggerConfig = {
  ...{ webhook: null, watch: null, stream: null, secret: null, when: null, task: null },
  ...{ workflow: null, params: null, arm: null, rate: { limit: 1, perMs: 1, burst: 1 } },
};
const template = (config: Partial<TriggerConfig>, arm?: string): Template =>
  new Template({ name: "push", kind: "webhook", config: { ...NONE, ...config }, arm });
const event = (body: Json): EventData => ({ id: "e1", trigger: "push", at: "now", body, headers: {}, query: {} });
const taskOf = (config: Partial<TriggerConfig>, body: Json): Record<string, Json> => {
  const draft = template(config).draft(event(body));
  assert.ok(draft !== undefined && "task" in draft);
  return draft.task;
};

test("a text of an event never becomes part of a command", () => {
  const evil = '"; rm -rf ~; echo "$(id)';
  const { shell, id } = taskOf(
    { task: { shell: 'git fetch "${{ event.body.ref }}" && echo $${{ as it is' } },
    { ref: evil },
  ) as {
    shell: { command: string; env: Record<string, string> };
    id: string;
  };
  assert.equal(shell.command, 'git fetch "${OCTOPUS_EXPR_1}" && echo ${{ as it is');
  assert.equal(shell.env["OCTOPUS_EXPR_1"], evil);
  assert.equal(JSON.parse(shell.env["OCTOPUS_EVENT"]!).body.ref, evil);
  assert.equal(id, "trigger:push:e1");
  // An expression in a text of an event is text.
  const again = taskOf(
    { task: { shell: { command: "true", env: { A: "${{ event.body.a }}" } } } },
    { a: "${{ event.id }}" },
  );
  assert.equal((again["shell"] as { env: Record<string, string> }).env["A"], "${{ event.id }}");
});

test("nor of the command of a task that follows, whatever it follows", () => {
  const open = "echo ${{ event.body }}";
  const closed = { command: "echo ${OCTOPUS_EXPR_1}", env: { OCTOPUS_EXPR_1: "x; id" } };
  const follower = { task: { shell: open } };
  const task = {
    call: "f",
    onFailure: [{ shell: open }, { shell: { command: open }, finally: { shell: open } }],
    finally: { docker: { image: "a", command: open } },
    on: { success: follower, end: [{ call: "g" }, follower] },
  };
  const made = taskOf({ task }, "x; id");
  assert.deepEqual(made["onFailure"], [{ shell: closed }, { shell: closed, finally: { shell: closed } }]);
  assert.deepEqual(made["finally"], { docker: { image: "a", ...closed } });
  assert.deepEqual(made["on"], {
    success: { task: { shell: closed } },
    end: [{ call: "g" }, { task: { shell: closed } }],
  });
});

test("a value neither says what runs, nor is read by a second shell", () => {
  const x = "${{ event.body }}";
  const refused = (task: Json): void =>
    assert.throws(
      () => template({ task }),
      { code: "invalid", message: /must not hold \$\{\{ \}\}/ },
      JSON.stringify(task),
    );
  refused({ shell: { command: "true", shell: ["bash", "-c", `echo ${x}`] } });
  refused({ docker: { image: "a", entrypoint: ["sh", "-c", `echo ${x}`] } });
  refused({ call: "f", on: { failure: { task: { docker: { image: "a", entrypoint: x } } } } });
  for (const command of [
    `bash -c "echo ${x}"`,
    `cd /srv && /bin/sh -euc "echo ${x}"`,
    `eval echo "${x}"`,
    `ssh host deploy "${x}"`,
    `bash <<END\necho ${x}\nEND`,
    `su app -c "echo ${x}"`,
  ])
    refused({ shell: command });
  for (const command of [`bash build.sh "${x}"`, `cat <<END\n${x}\nEND`, `ssh-keyscan "${x}"`, 'sh -c "echo $${{ x"'])
    template({ task: { shell: command } });
});

test("values keep their types where a task takes any, and are text elsewhere", () => {
  const task = {
    call: "import",
    input: { rows: "${{ event.body.rows }}", all: "${{ event.body }}", text: "n = ${{ event.body.rows }}" },
    priority: "${{ event.body.rows }}",
    name: "${{ event.body.rows }}",
  };
  const made = taskOf({ task }, { rows: 3 });
  assert.deepEqual(made["input"], { rows: 3, all: { rows: 3 }, text: "n = 3" });
  assert.equal(made["priority"], 3);
  assert.equal(made["name"], "3");
  assert.deepEqual((taskOf({ task: { call: "f" } }, "x")["input"] as { body: Json }).body, "x");
});

test("a run gets params, and its arm", () => {
  const run = template({ workflow: "deploy", params: { ref: "${{ event.body.ref }}", n: 1 }, arm: "deploy" });
  assert.deepEqual(run.draft(event({ ref: "main" })), {
    run: { workflow: "deploy", params: { ref: "main", n: 1 }, arm: "deploy" },
  });
});

test("what is wrong without an event is told at the start, with its place", () => {
  const refused = (config: Partial<TriggerConfig>): string => {
    try {
      template(config);
    } catch (error) {
      assert.ok(error instanceof OctopusError, String(error));
      return error.message;
    }
    return "";
  };
  const cases: [Partial<TriggerConfig>, RegExp][] = [
    [{}, /triggers\.push must say what it starts/],
    [{ task: "true", workflow: "w" }, /must say what it starts: either task or workflow, not both/],
    [{ task: { shel: "x" } }, /triggers\.push\.task .*unknown key "shel" \(did you mean shell\?\)/],
    [{ task: { shell: "x", priority: "high" } }, /priority/],
    [{ task: { shell: "${{ event.bodi.x }}" } }, /names the unknown event\.bodi \(did you mean event\.body\?\)/],
    [
      { task: { shell: "${{ params.x }}" } },
      /triggers\.push\.task\.shell .*names params, of which a trigger knows nothing/,
    ],
    [{ task: { shell: "${{ event.body +" } }, /task\.shell/],
    [{ task: { docker: { image: "i", command: ["git", "${{ event.body }}"] } } }, /because "git" is not a shell/],
    [
      { task: { shell: { command: "print(${{ event.body }})", shell: "python3" } } },
      /because "python3" is not a shell/,
    ],
    [{ task: { shell: "echo '${{ event.body }}'" } }, /between single quotes/],
    [{ task: { shell: "x", id: "mine" } }, /task\.id is given by the trigger/],
    [{ task: "x", params: { a: 1 } }, /params belongs to workflow/],
    [{ task: "x", when: "event.nope == 1" }, /triggers\.push\.when .*unknown event\.nope/],
    [{ task: { plugin: { name: "p", kwargs: { a: "${{ event.body" } } } }, /without the }} that ends it/],
  ];
  for (const [config, words] of cases) assert.match(refused(config), words, JSON.stringify(config));
  // What an expression stands for is known later.
  assert.equal(refused({ task: { http: { url: "${{ event.body.url }}" }, priority: "${{ event.body.p }}" } }), "");
});

test("when decides; what an event lacks is told with what there is", () => {
  const one = template({ task: "true", when: 'event.body.ref == "main"' });
  assert.equal(one.draft(event({ ref: "other" })), undefined);
  assert.ok(one.draft(event({ ref: "main" })));
  assert.throws(
    () => one.draft(event({ branch: "main" })),
    /triggers\.push\.when .*finds no "ref" in event\.body.*there are branch/,
  );
  assert.throws(
    () => template({ task: "true", when: "event.body" }).draft(event("x")),
    /is "x", and not true or false/,
  );
});
