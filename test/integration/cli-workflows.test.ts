/** Workflows from the command line against a real server: files, live runs, approvals, registered workflows. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { quickStart } from "../../scripts/tool.ts";

const main = join(import.meta.dirname, "../../src/cli/main.ts");
const root = mkdtempSync(join(tmpdir(), "octopus-cli-flows-"));
mkdirSync(join(root, ".git"));
mkdirSync(join(root, "sub"));
const env = { ...quickStart, PATH: process.env["PATH"]!, HOME: root };
let url = "";
let up: ChildProcess;

before(async () => {
  const args = ["up", "--port", "0", "--data", join(root, "data"), "--no-demo", "--slots", "4"];
  up = spawn(process.execPath, [main, ...args], { env, cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: up.stdout! })) {
    const found = /^Octopus +(http:\S+)/.exec(line);
    if (found !== null) {
      url = found[1]!;
      break;
    }
  }
  up.stdout!.resume();
});

after(async () => {
  if (up.exitCode === null) {
    up.kill("SIGKILL");
    await new Promise((resolve) => up.once("exit", resolve));
  }
  rmSync(root, { recursive: true });
});

interface Ended {
  code: number;
  out: string;
  err: string;
}

function octopus(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...env, OCTOPUS_SERVER_URL: url }, cwd: root };
    execFile(process.execPath, [main, ...args], options, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

/** One JSON value, or the test fails with what was printed. */
// Tests look into answers of many shapes.
// oxlint-disable-next-line no-explicit-any
async function answer(...args: string[]): Promise<any> {
  const { out, err } = await octopus(...args, "-o", "json");
  assert.notEqual(out, "", err);
  return JSON.parse(out);
}

function file(name: string, text: string): string {
  writeFileSync(join(root, name), text);
  return name;
}

/** Waits until the run has a task that waits for a person. */
async function asked(run: string): Promise<{ approval: { message?: string } }> {
  for (;;) {
    const { items } = await answer("approvals", "--run", run);
    if (items.length > 0) return items[0];
  }
}

test("validate tells everything at once, exits with 2, and needs no values for params", async () => {
  const good = file(
    "good.yaml",
    "name: good\nparams: {day: {type: string}}\ntasks: {a: 'echo \"$OCTOPUS_PARAM_day\"'}\n",
  );
  const bad = file("bad.yaml", "tasks:\n  a: {shell: 'true', needs: biuld}\n  build: {shel: x}\n");
  const fine = await octopus("validate", good);
  assert.deepEqual([fine.code, fine.out, fine.err], [0, "good.yaml  valid  good, 1 task\n", ""]);
  const both = await octopus("validate", good, bad);
  assert.equal(both.code, 2);
  assert.match(both.out, /bad\.yaml {2}2 problems\n {2}bad\.yaml:2:\d+ .*"biuld".*did you mean build\?/);
  assert.match(both.out, /bad\.yaml:3:\d+ .*shel.*did you mean shell\?/);
  const lost = await octopus("validate", file("lost.yaml", "tasks: {a: {workflow: ./gone.yaml}}\n"));
  assert.match(lost.out, /lost\.yaml:1:\d+ tasks\.a\.workflow names the file \.\/gone\.yaml, which does not exist/);
  const found = await answer("validate", good, bad);
  assert.deepEqual([found.valid, found.files[0].tasks, found.files[1].problems.length], [false, 1, 2]);
});

test("files that a workflow runs are sent along; a failure that is allowed leaves exit code 0 and a note", async () => {
  file("sub/leaf.yaml", "tasks: {z: echo leaf}\n");
  file("sub/inner.yaml", "name: inner\ntasks: {x: echo x, y: {needs: x, workflow: ./leaf.yaml}}\n");
  const flow = file(
    "outer.yaml",
    `name: outer
tasks:
  lint: {shell: exit 3, allowFailure: true}
  many: {each: [a, b, c], shell: 'test "$OCTOPUS_ITEM" != b', allowFailure: true}
  inner: {workflow: ./sub/inner.yaml}
`,
  );
  const { code, out, err } = await octopus("run", flow);
  assert.equal(code, 0, err);
  assert.match(out, /many +succeeded .*2\/3 ok, 1 failed {2}allowed/);
  assert.match(out, /outer {2}partial {2}\d+\/\d+ ended/);
  assert.match((await octopus("ls", "--runs", "--workflow", "outer")).out, /partial +outer/);
  assert.equal((await octopus("ls", "--workflow", "outer")).code, 2);
  assert.match(err, /is partial: .*lint \(exited with code 3\), many \(2\/3 ok, 1 failed\)/);
  const asJson = await octopus("run", flow, "-o", "json");
  assert.equal(JSON.parse(asJson.out).state, "partial");
});

test("a task that failed far inside is told of with what it printed, and explain groups why others did not run", async () => {
  file(
    "sub/sad.yaml",
    "tasks: {deep: {each: [1, 2], shell: 'echo \"no $OCTOPUS_ITEM\"; exit $((OCTOPUS_ITEM - 1))'}}\n",
  );
  const flow = file(
    "sad.yaml",
    "tasks:\n  sad: {workflow: ./sub/sad.yaml}\n  a: {needs: sad, shell: x}\n  b: {needs: a, shell: x}\n",
  );
  const { code, out } = await octopus("run", flow);
  assert.equal(code, 1);
  assert.match(out, /r\d+\/deep\[1\] failed: exited with code 1\n {2}no 2/);
  const id = /^(r\d+) sad/m.exec(out)![1]!;
  const [, printed] = /^sad\/deep\[1\] \| (.*)$/m.exec((await octopus("logs", id)).out) ?? [];
  assert.equal(printed, "no 2");
  const why = (await octopus("explain", id)).out;
  assert.match(why, /the run is failed/);
  assert.match(why, /1 upstream_failed: .*\n {4}a \(t\d+\)/);
  assert.match((await octopus("explain", `${id}/b`)).out, /a/);
});

test("approve, reject, mark and retry change what becomes of a live run", async () => {
  const flow = file(
    "ship.yaml",
    `name: ship
params: {to: here}
tasks:
  build: echo built
  ship: {needs: build, approval: "Ship to \${{ params.to }}?", shell: 'echo "to $OCTOPUS_PARAM_to" >> shipped.txt'}
  tell: {needs: ship, shell: echo told}
`,
  );
  const id = (await octopus("run", flow, "--detach", "-p", "to=there")).out.trim();
  const task = await asked(id);
  assert.equal(task.approval.message, "Ship to there?");
  assert.match((await octopus("explain", `${id}/ship`)).out, /approve/);
  const rejected = await octopus("reject", id, "--note", "not on a Friday", "--by", "ann");
  assert.match(rejected.out, /rejected, failed/);
  assert.equal((await octopus("wait", id)).code, 1);
  assert.match((await octopus("show", `${id}/ship`)).out, /rejected by ann: not on a Friday/);
  const nothing = await octopus("approve", id);
  assert.deepEqual([nothing.code, /nothing in r\d+ waits for a person/.test(nothing.err)], [1, true]);

  const again = octopus("retry", id, "-p", "to=elsewhere", "--watch");
  await asked(id);
  assert.equal((await octopus("approve", `${id}/ship`, "--note", "good")).code, 0);
  const { code, out, err } = await again;
  assert.equal(code, 0, out + err);
  assert.equal(readFileSync(join(root, "shipped.txt"), "utf8"), "to elsewhere\n");

  const marked = await octopus("mark", `${id}/tell`, "failed", "--note", "nobody heard", "--by", "ann");
  assert.match(marked.out, /failed {2}marked failed by ann: nobody heard/);
  const wrong = await octopus("mark", `${id}/tell`, "succeded");
  assert.deepEqual([wrong.code, /did you mean succeeded\?/.test(wrong.err)], [2, true]);
  assert.equal((await octopus("retry", `${id}/build`, "--all")).code, 2);
});

test("a paused run starts nothing; sequential goes by the file, one at a time", async () => {
  const flow = file(
    "slow.yaml",
    "tasks:\n  first: 'until [ -e go.txt ]; do sleep 0.05; done'\n  c: {needs: first, shell: echo c >> order.txt}\n" +
      "  a: {needs: first, shell: echo a >> order.txt}\n  b: {needs: first, shell: echo b >> order.txt}\n",
  );
  const id = (await octopus("run", flow, "--detach", "--executor", "sequential")).out.trim();
  assert.match((await octopus("pause", id, "--reason", "lunch")).out, /paused/);
  writeFileSync(join(root, "go.txt"), "");
  for (let state = ""; state !== "succeeded";) state = (await answer("show", `${id}/first`)).state;
  assert.match((await octopus("explain", id)).out, /paused/);
  assert.equal((await answer("show", `${id}/c`)).state, "queued");
  assert.equal((await octopus("resume", id)).code, 0);
  assert.equal((await octopus("wait", id)).code, 0);
  assert.equal(readFileSync(join(root, "order.txt"), "utf8"), "c\na\nb\n");
  const both = await octopus("run", flow, "--executor", "sequential", "--max-parallel", "2");
  assert.equal(both.code, 2);
});

test("workflows are registered, run by name with params from a file, and removed", async () => {
  const flow = file(
    "etl.yaml",
    "name: etl\ndescription: nightly\nparams: {n: {type: integer}}\ntasks: {t: 'echo \"$OCTOPUS_PARAM_n\" > n.txt'}\n",
  );
  assert.match((await octopus("apply", flow)).out, /^etl {2}made\n$/);
  assert.match((await octopus("apply", flow)).out, /^etl {2}same\n$/);
  const bad = await octopus("apply", file("etl2.yaml", "tasks: {t: {shel: x}}\n"));
  assert.equal(bad.code, 2);
  const params = file("params.yaml", "n: 7\n");
  const ran = await octopus("run", "etl", "--params-file", params);
  assert.equal(ran.code, 0, ran.err);
  assert.equal(readFileSync(join(root, "n.txt"), "utf8"), "7\n");
  assert.match((await octopus("workflows")).out, /etl .* r\d+ succeeded/);
  assert.equal((await octopus("workflows", "show", "etl", "--text")).out, readFileSync(join(root, "etl.yaml"), "utf8"));
  const unknown = await octopus("run", "elt");
  assert.deepEqual([unknown.code, /no file elt here.*did you mean etl\?/.test(unknown.err)], [1, true]);
  assert.equal((await octopus("workflows", "rm", "etl")).code, 0);
  assert.equal((await octopus("workflows", "-o", "json")).out, '{"items":[]}\n');
});

test("dry-run, graph and diff look at files, runs and registered workflows without running them", async () => {
  const text =
    "name: look\nparams: {day: {type: string}}\ntasks:\n  a: echo a\n  b: {needs: a, shell: 'echo b', when: 'params.day != \"\"'}\n";
  const flow = file("look.yaml", text);
  const plan = await octopus("dry-run", flow);
  assert.equal(plan.code, 0, plan.err);
  assert.match(plan.out, /^look {2}2 tasks in 2 levels, at most 1 side by side\n/);
  assert.match(plan.out, /b +echo b\n +needs a, when params\.day/);
  const { levels } = await answer("dry-run", flow, "-p", "day=x");
  assert.deepEqual(levels, [["a"], ["b"]]);
  assert.match((await octopus("graph", flow, "--format", "mermaid")).out, /^graph TD\n(.*\n)* +\w+ --> \w+\n/);
  assert.match((await octopus("graph", flow, "--format", "dot")).out, /^digraph "look" \{/);

  assert.equal((await octopus("apply", flow)).code, 0);
  const id = (await answer("run", "look", "-p", "day=monday")).id;
  assert.match((await octopus("graph", id)).out, /a\n.* b/);
  const same = await octopus("diff", id);
  assert.deepEqual([same.code, same.out], [0, `${id} and look mean the same\n`]);
  const other = file(
    "look2.yaml",
    text.replace("echo b", "echo bb").replace("  a: echo a", "  a: echo a\n  c: echo c # new"),
  );
  const differs = await octopus("diff", id, other);
  assert.equal(differs.code, 1);
  assert.equal(
    differs.out,
    `2 differences: - is ${id}, + is look2.yaml\ntasks.b.shell\n  - echo b\n  + echo bb\ntasks.c\n  + echo c\n`,
  );
  assert.equal((await octopus("workflows", "rm", "look")).code, 0);
  const gone = await octopus("diff", id);
  assert.deepEqual([gone.code, /no workflow look is registered/.test(gone.err)], [2, true]);
});

test("schema prints what editors read, and explains keys", async () => {
  const schema = JSON.parse((await octopus("schema")).out);
  assert.match(schema.$schema, /json-schema/);
  assert.match((await octopus("schema", "tasks.each")).out, /^tasks\.each: .*\n\nA task for each item/);
  const wrong = await octopus("schema", "tasks.eech");
  assert.deepEqual([wrong.code, /did you mean each\?/.test(wrong.err)], [2, true]);
});

test("last is the run that somebody began, not one inside of it, and what is printed of a failure is a name", async () => {
  const flow = file(
    "held.yaml",
    "name: held\ntasks: {a: {workflow: {tasks: {b: {workflow: {tasks: {c: 'echo deep; exit 3'}}}}}}}\n",
  );
  const ran = await octopus("run", flow);
  assert.equal(ran.code, 1);
  const [, name, run] = /\n((r\d+)\/c) failed: exited with code 3/.exec(ran.out) ?? [];
  assert.equal((await octopus("logs", name!)).out, "deep\n");
  const last = await answer("show", "last");
  assert.deepEqual([last.workflow, last.state], ["held", "failed"]);
  assert.notEqual(last.id, run);
  assert.equal((await answer("show", "last/a")).run, last.id);
  assert.match((await octopus("graph", "last")).out, /^\W*a\b/);
  const lost = await octopus("show", "last/b");
  assert.match(lost.err, new RegExp(`run ${last.id} has no task "b"`));
  const [listed, none] = await Promise.all([answer("ls", "--run", "last"), answer("approvals", "--run", "last")]);
  assert.deepEqual([listed.items.map(({ name }: { name: string }) => name), none.items], [["a"], []]);
  const [begun, all] = await Promise.all([[], ["--nested"]].map((more) => answer("ls", "--runs", "-n", "1", ...more)));
  assert.deepEqual([begun.items[0].id, all.items[0].id], [last.id, run]);
});

test("completion knows runs, registered workflows and what waits for a person", async () => {
  assert.equal((await octopus("apply", file("known.yaml", "name: known\ntasks: {a: {approval: true}}\n"))).code, 0);
  const id = (await octopus("run", "known", "--detach")).out.trim();
  await asked(id);
  const { out: script } = await octopus("completion", "bash");
  const ask = (words: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const self = `octopus() { "${process.execPath}" "${main}" "$@"; }`;
      const line = `COMP_WORDS=(octopus ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _octopus; echo "\${COMPREPLY[@]}"`;
      const options = { env: { ...env, OCTOPUS_SERVER_URL: url }, cwd: root };
      execFile("bash", ["-c", `${script}\n${self}\n${line}`], options, (error, out) =>
        error ? reject(error) : resolve(out.trim()),
      );
    });
  const found = await Promise.all(
    ["run kno", `show ${id}`, "approve t", `ls --run ${id}`, "ls --runs --workflow kn"].map(ask),
  );
  assert.deepEqual([found[0], found[1], found[3], found[4]], ["known known.yaml", id, id, "known"]);
  assert.match(found[2]!, /^t\d+$/);
  await octopus("cancel", id);
});

test("explain says what a trigger waited for in vain", async () => {
  const flow = file(
    "vain.yaml",
    "name: vain\ntasks:\n  a: 'true'\n  b: {when: 1 > 2, shell: 'true'}\n  c: {needs: [a, b], trigger: any_failed, shell: 'true'}\n" +
      "  d: {needs: b, trigger: any_succeeded, shell: 'true'}\n",
  );
  const { out } = await octopus("run", flow);
  assert.match(out, /c +skipped +none of its needs has failed/);
  assert.match(out, /d +skipped +none of its needs has succeeded/);
});
