/** The command policy on every way by which a command comes in, over HTTP, with the rows that the audit log has of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as parser from "unbash";
import type { Audit, AuditEntry } from "../engine/ports.ts";
import { CommandPolicy } from "../policy/policy.ts";
import { policySettings } from "../policy/settings.ts";
import { type Answer, type Harness, post, startHarness } from "./testing/harness.ts";

const SETTINGS = {
  rules: {
    careful: { warn: { program: "rm", args: ["-r"], paths: "/srv/**" }, why: "look twice" },
    preload: { deny: { env: "LD_*" } },
    "people-only": { deny: { program: "docker" }, roles: ["schedule", "callback", "workflow"] },
    "no-podman": { deny: { program: "podman" }, roles: ["admin"] },
  },
  arms: { deploy: { only: ["git"] } },
};

async function withPolicy(
  run: (server: Harness, rows: () => Promise<string[]>) => Promise<void>,
  settings: object = {},
): Promise<void> {
  const entries: AuditEntry[] = [];
  const audit: Audit = {
    append: (more) => void entries.push(...more),
    read: () => ({ items: [] }),
    prune: () => {},
  };
  const access = { isOn: false, connectionsMax: 100, requests: null, workers: null, audit, auditKeepMs: 60_000 };
  await using server = await startHarness({
    access: { ...access, refusals: { limit: 20, perMs: 60_000, burst: 20 } },
    policy: new CommandPolicy(policySettings({ ...SETTINGS, ...settings }), () => parser),
  });
  await server.engine.configureArm("deploy", {});
  await run(server, async () => {
    await server.server.close(0);
    return entries.map(({ who, action, subject = "", outcome }) => `${who} ${action} ${subject} ${outcome}`);
  });
}

function task(body: object): [string, RequestInit] {
  return ["/api/v1/tasks", post(body)];
}

function assertRefused({ status, body }: Answer, rule: string, path: string): void {
  assert.deepEqual([status, body.code], [403, "forbidden"], JSON.stringify(body));
  assert.ok(body.detail.startsWith(`${path} is refused by the rule ${rule} of the command policy: `), body.detail);
  assert.match(body.detail, /octopus policy check/);
  assert.equal(body.issues[0].path, path);
}

test("a task is refused with the rule, the part of the command, why and what to do; the audit log has it", async () => {
  await withPolicy(async (server, rows) => {
    const answer = await server.ask(...task({ shell: "cd /tmp && sudo rm -rf / && true" }));
    assertRefused(answer, "remove-system", "shell");
    assert.match(answer.body.detail, /"sudo rm -rf \/": it removes a folder/);
    assertRefused(
      await server.ask(...task({ shell: { command: "ls", env: { LD_PRELOAD: "x" } } })),
      "preload",
      "shell",
    );
    assertRefused(await server.ask(...task({ shell: "ls", arm: "deploy" })), "only", "shell");
    assert.equal(server.count(), 0);
    assert.equal((await server.ask(...task({ shell: "git pull", arm: "deploy" }))).status, 201);
    assert.deepEqual(
      (await rows()).filter((row) => row.includes("policy")),
      [
        "local refused.policy.remove-system arm default refused",
        "local refused.policy.preload arm default refused",
        "local refused.policy.only arm deploy refused",
      ],
    );
  });
});

test("one of many refuses all of them, in a list of any length", async () => {
  await withPolicy(async (server) => {
    for (const length of [3, 1500]) {
      const tasks: object[] = Array.from({ length }, () => ({ shell: "true" }));
      tasks[length - 1] = { shell: "reboot" };
      assertRefused(await server.ask(...task(tasks)), "power-off", `tasks[${length - 1}].shell`);
    }
    assert.equal(server.count(), 0);
  });
});

test("warnings stand in the answer, and in the audit log", async () => {
  await withPolicy(async (server, rows) => {
    const one = await server.ask(...task({ shell: "rm -r /srv/x" }));
    assert.equal(one.status, 201);
    assert.match(one.body.warnings[0], /^shell is warned of by the rule careful .*look twice$/);
    const many = await server.ask(...task([{ shell: "true" }, { shell: "rm -r /srv/x" }]));
    assert.deepEqual([many.body.count, many.body.warnings.length], [2, 1]);
    assert.match(many.body.warnings[0], /^tasks\[1\].shell/);
    const plain = await server.ask(...task({ shell: "true" }));
    assert.deepEqual(Object.keys(plain.body), ["id", "state"]);
    assert.ok((await rows()).includes("local warned.policy.careful arm default done"));
  });
});

test("with the mode warn everything runs, with off nobody looks", async () => {
  await withPolicy(
    async (server) => {
      const { status, body } = await server.ask(...task({ shell: "rm -rf /" }));
      assert.deepEqual([status, body.warnings.length], [201, 1]);
    },
    { mode: "warn" },
  );
  await withPolicy(
    async (server) => {
      assert.deepEqual((await server.ask(...task({ shell: "rm -rf /" }))).body.warnings, undefined);
    },
    { mode: "off", arms: {} },
  );
});

/** Of the newest task of that name, once it is there. */
async function idOf({ engine }: Harness, name: string): Promise<string> {
  for (;;) {
    const found = engine.tasks({}).items.find((one) => one.name === name);
    if (found !== undefined) return found.id;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const FLOW = (command: string, more = ""): string =>
  `name: flow\ntasks:\n  a: { shell: "true" }\n  b:\n    needs: [a]\n    shell: ${command}\n${more}`;

test("workflows: a run, a registration, values that come later, members of a list", async () => {
  await withPolicy(async (server) => {
    const run = await server.ask("/api/v1/runs", post({ definition: FLOW("rm -rf /") }));
    assertRefused(run, "remove-system", "tasks[1].shell");
    const put = { ...post({ definition: FLOW("docker ps") }), method: "PUT" };
    assert.equal((await server.ask("/api/v1/workflows", put)).status, 200, "an admin may");
    const bad = { ...post({ definition: FLOW("podman ps") }), method: "PUT" };
    assertRefused(await server.ask("/api/v1/workflows", bad), "no-podman", "tasks.b.shell");
    const handler = FLOW("'true'", "    onFailure: { shell: reboot }\n");
    assert.equal((await server.ask("/api/v1/runs", post({ definition: handler }))).status, 403);
    const warned = await server.ask("/api/v1/runs", post({ definition: FLOW("rm -r /srv/x") }));
    assert.match(JSON.stringify(warned.body.warnings), /careful/);

    const known = `name: known\nparams:\n  dir: { default: "/" }\ntasks:\n  a: { shell: 'rm -rf "\${{ params.dir }}"' }\n`;
    assertRefused(await server.ask("/api/v1/runs", post({ definition: known })), "remove-system", "tasks[0].shell");

    const worker = server.worker();
    const late = `name: late\ntasks:\n  a: { shell: "true" }\n  b: { needs: [a], shell: "rm -rf \${{ tasks.a.result }}" }\n`;
    const { body } = await server.ask("/api/v1/runs", post({ definition: late }));
    assert.ok(body.id, JSON.stringify(body));
    await worker.starts(await idOf(server, "a"));
    await worker.end(await idOf(server, "a"), { outcome: "succeeded", result: "/" });
    const ended = await server.engine.waitRun(body.id, 5000);
    assert.equal(ended?.state, "failed");
    assert.match(ended?.tasks[1]?.reason ?? "", /refused by the rule remove-system/);

    const each = `name: each\ntasks:\n  a: { each: [x, "/"], shell: "rm -rf \${{ item }}" }\n`;
    const members = await server.ask("/api/v1/runs", post({ definition: each }));
    assert.ok(members.body.id, JSON.stringify(members.body));
    await worker.starts(await idOf(server, "a[0]"));
    await worker.end(await idOf(server, "a[0]"));
    const list = await server.engine.waitRun(members.body.id, 10_000);
    assert.equal(list?.state, "failed");
    assert.match(
      server.engine.task(await idOf(server, "a[1]"))?.reason ?? "",
      /^shell is refused by the rule remove-system/,
    );
  });
});

test("schedules: when they are set, and when they fire under rules for them", async () => {
  await withPolicy(async (server) => {
    const schedule = (command: string): Promise<Answer> =>
      server.ask("/api/v1/schedules", post({ name: command.slice(0, 3), every: "1h", task: { shell: command } }));
    assertRefused(await schedule("reboot"), "power-off", "task.shell");
    assert.equal((await schedule("docker ps")).status, 201);
    const fired = await server.ask("/api/v1/schedules/doc/trigger", post({}));
    assert.equal(fired.status, 409);
    assert.match(fired.body.detail, /people-only/);
  });
});

test("callbacks are looked at with the task that they follow, and again under rules for them", async () => {
  await withPolicy(async (server) => {
    const answer = await server.ask(...task({ shell: "true", on: { success: { task: { shell: "reboot" } } } }));
    assertRefused(answer, "power-off", "on[0].task.shell");
    const late = await server.ask(
      ...task({ id: "x", shell: "true", on: { success: { task: { shell: "docker ps" } } } }),
    );
    assert.equal(late.status, 201);
    const worker = server.worker();
    await worker.starts("x");
    await worker.end("x");
    assert.equal(server.count(), 1);
  });
});

test("a retry with other variables, and a move to another arm, are looked at again", async () => {
  await withPolicy(async (server) => {
    const worker = server.worker();
    await server.ask(...task({ id: "x", shell: "true" }));
    await worker.starts("x");
    await worker.end("x", { outcome: "failed" });
    const retry = await server.ask("/api/v1/tasks/x/retry", post({ input: { LD_PRELOAD: "y" } }));
    assert.equal(retry.status, 403);
    assert.match(retry.body.detail, /preload/);
    await server.ask(...task({ id: "later", shell: "ls", delay: "1h", tags: ["m"] }));
    await server.ask(...task({ id: "pull", shell: "git pull", delay: "1h", tags: ["m"] }));
    const move = await server.ask("/api/v1/tasks/later", { ...post({ arm: "deploy" }), method: "PATCH" });
    assert.equal(move.status, 403);
    const { body } = await server.ask(
      "/api/v1/bulk-actions",
      post({ action: "move", arm: "deploy", filter: { tag: "m" } }),
    );
    assert.ok(body.id, JSON.stringify(body));
    while (server.engine.bulk(body.id)?.state === "running") await new Promise((resolve) => setImmediate(resolve));
    const { done, failed } = server.engine.bulk(body.id)!;
    assert.deepEqual([done, failed, server.engine.task("pull")?.arm], [1, 1, "deploy"]);
  });
});

test("the rules can be asked for, and a command can be tried", async () => {
  await withPolicy(async (server) => {
    const { body } = await server.ask("/api/v1/policy");
    assert.equal(body.mode, "enforce");
    assert.deepEqual(
      body.rules.slice(0, 2).map(({ name, from }: { name: string; from: string }) => [name, from]),
      [
        ["careful", "settings"],
        ["preload", "settings"],
      ],
    );
    assert.ok(
      body.rules.some(({ name, from }: { name: string; from: string }) => name === "fork-bomb" && from === "octopus"),
    );
    const check = async (question: object): Promise<unknown> =>
      (await server.ask("/api/v1/policy/check", post(question))).body;
    assert.deepEqual(await check({ command: "ls" }), { verdict: "allow", mode: "enforce", findings: [] });
    assert.equal(((await check({ command: "docker ps", role: "schedule" })) as { verdict: string }).verdict, "deny");
    assert.equal(((await check({ command: "ls", arm: "deploy" })) as { verdict: string }).verdict, "deny");
    assert.equal(server.count(), 0);
  });
});
