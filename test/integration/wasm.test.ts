/**
 * WebAssembly modules, and commands in sandboxes, through a real server and its worker: modules dropped into the folder, changed
 * while they run, in workflows, and with a worker that is killed.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { wasmSteps } from "../wasm/programs.ts";
import type { Step } from "../conformance/steps.ts";
import { endProcess, Place, until } from "./place.ts";
import { SUITE_MS_MAX } from "../machine.ts";

interface Task {
  state: string;
  result?: unknown;
  reason?: string;
  attempts: { outcome: string; plugin?: string; error?: { message: string } }[];
}

const ENDS = new Set(["succeeded", "failed", "cancelled", "upstream_failed"]);

class Modules {
  readonly place: Place;

  constructor(place: Place) {
    this.place = place;
  }

  /** Drops a module into the folder and waits until the server has it. */
  async drop(name: string, version: number, ...steps: Step[]): Promise<void> {
    writeFileSync(join(this.place.data, "plugins", `${name}.wasm`), wasmSteps(steps) as Uint8Array);
    await until(`version ${version} of ${name}`, async () => {
      const { body } = await this.place.call<{ version?: number }>("GET", `/plugins/${name}`);
      return body.version === version;
    });
  }

  async submit(task: object): Promise<string> {
    const { status, body } = await this.place.call<{ id: string }>("POST", "/tasks", task);
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
  }

  async task(id: string): Promise<Task> {
    return (await this.place.call<Task>("GET", `/tasks/${id}`)).body;
  }

  async ended(id: string): Promise<Task> {
    return until(`the end of ${id}`, async () => {
      const task = await this.task(id);
      return ENDS.has(task.state) && task;
    });
  }

  async output(id: string): Promise<string> {
    return (await this.place.run(["logs", id])).out;
  }
}

test(
  "a module is dropped, run, changed and pinned; a worker that dies with it takes nothing along",
  { timeout: SUITE_MS_MAX },
  async () => {
    const place = new Place();
    try {
      const up = await place.serve("up");
      const modules = new Modules(place);
      await modules.drop("greet", 1, { print: "one" }, { output: "n", value: "1" });
      const outputs = { n: "integer" };
      const first = await modules.ended(await modules.submit({ id: "first", wasm: { module: "greet", outputs } }));
      assert.deepEqual([first.state, first.result], ["succeeded", { n: 1 }]);
      assert.equal(await modules.output("first"), "one\n");

      await modules.drop("greet", 2, { print: "two" });
      await modules.ended(await modules.submit({ id: "second", wasm: "greet" }));
      assert.equal(await modules.output("second"), "two\n");
      await modules.ended(await modules.submit({ id: "pinned", wasm: "greet@1" }));
      assert.equal(await modules.output("pinned"), "one\n");

      const unknown = await place.call<{ detail: string }>("POST", "/tasks", { wasm: "gret" });
      assert.equal(unknown.status, 422);
      assert.match(unknown.body.detail, /names no plugin: "gret"/);
      writeFileSync(join(place.data, "plugins", "broken.wasm"), "(module)");
      const { body } = await until("the problem", async () => {
        const answer = await place.call<{ problems: { file: string; problem: string }[] }>("GET", "/plugins");
        return answer.body.problems.length > 0 && answer;
      });
      assert.match(body.problems[0]!.problem, /WebAssembly/);

      // The worker is killed while a module computes without end; the next worker begins it again, and is told to stop it.
      await modules.drop("spin", 1, { print: "up" }, { spin: true });
      const task = { id: "spin", wasm: "spin" };
      await modules.submit(task);
      await until("the module", async () => (await modules.output("spin")).includes("up"));
      for (const pid of place.pids("worker")) endProcess(pid, "SIGKILL");
      await until("the second try", async () => (await modules.task("spin")).attempts.length === 2);
      await until("its output", async () => (await modules.output("spin")).includes("up"));
      assert.equal((await place.run(["cancel", "spin"])).code, 0);
      assert.equal((await modules.ended("spin")).state, "cancelled");
      endProcess(up.pid, "SIGTERM");
      assert.equal(await up.end, 0);
      await until("the end of all processes", () => place.processes().length === 0);
    } finally {
      await place.close();
    }
  },
);

test("a workflow passes values between modules and commands in sandboxes", { timeout: SUITE_MS_MAX }, async () => {
  const place = new Place();
  try {
    const data = join(place.dir, "shared");
    mkdirSync(data);
    writeFileSync(join(data, "in.txt"), "from the folder\n");
    await place.serve("up", [], { OCTOPUS_WORKER_WASM_DIRS: `${data}:ro` });
    const modules = new Modules(place);
    await modules.drop("answer", 1, { output: "n", value: "42" });
    await modules.drop("echo", 1, { copy: true }, { variable: "NOTE" }, { artifact: "note.txt", text: "kept" });
    writeFileSync(
      join(place.dir, "flow.yaml"),
      `name: flow
tasks:
  ask: { wasm: { module: answer }, outputs: { n: integer } }
  say:
    needs: [ask]
    wasm:
      module: echo
      stdin: "it is \${{ tasks.ask.outputs.n }}\\n"
      env: { NOTE: "\${{ tasks.ask.outputs.n }}" }
  kept:
    needs: [ask, say]
    env: { N: "\${{ tasks.ask.outputs.n }}" }
    shell: { command: 'echo "$N"; ulimit -n', sandbox: { openFiles: 77 } }
`,
    );
    const run = await place.run(["run", "flow.yaml", "-o", "json"]);
    assert.equal(run.code, 0, run.out + run.err);
    const { body } = await place.call<{ items: { id: string; name: string }[] }>("GET", "/tasks?limit=50");
    const id = (name: string): string => body.items.find((each) => each.name === name)!.id;
    assert.equal(await modules.output(id("say")), "it is 42\n42\n");
    assert.equal(await modules.output(id("kept")), "42\n77\n");
    const kept = await place.run(["artifacts", "get", id("say"), "note.txt", "--to", "-"]);
    assert.equal(kept.out, "kept");

    const dirs = { "/d": data };
    const refused = await modules.ended(await modules.submit({ wasm: { module: "answer", dirs } }));
    assert.match(refused.reason!, /dirs: \/d: .*\/shared may only be read on this worker; put :ro behind it/);
    assert.equal(refused.attempts.length, 1, "it is not tried again");
  } finally {
    await place.close();
  }
});
