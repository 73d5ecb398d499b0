/**
 * Files of other systems as workflows: each sample here is converted, compiled, and run for real, and what it leaves is what
 * the other system would have left. Then what each converter must not take over in silence.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  type Converted,
  convertActions,
  convertAirflow,
  convertDagu,
  convertMake,
  convertWfCommons,
  withLosses,
} from "../../src/convert/mod.ts";
import { Octopus } from "../../src/mod.ts";
import { compileWorkflow } from "../../src/workflow/mod.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-convert-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
const skip = process.platform === "win32" || !has("bash");

const sample = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");

/** Runs a converted file in a folder of its own, and answers how it went and what lies there. */
async function run(
  text: string,
  folder: string,
): Promise<{ state: string; tasks: Record<string, string>; files: Record<string, string> }> {
  mkdirSync(folder, { recursive: true });
  await using octopus = await Octopus.open({ dataDir: ":memory:", slots: 4 });
  const handle = await octopus.run(text, { cwd: folder, source: "workflow.yaml" });
  const ended = await handle.wait(60_000);
  const failed = ended.tasks
    .filter(({ state }) => state === "failed")
    .map(({ name, error }) => `${name}: ${error?.message}`);
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const files = Object.fromEntries(names.map(({ name }) => [name, readFileSync(join(folder, name), "utf8")]));
  if (failed.length > 0) files["failed"] = failed.join("\n");
  const tasks = Object.fromEntries(ended.tasks.map(({ name, state }) => [name!, state]));
  return { state: ended.state, tasks, files };
}

function lossesOf({ losses }: Converted): string {
  return losses.map(({ path, message }) => `${path}: ${message}`).join("\n");
}

function compiles({ text }: Converted): void {
  compileWorkflow(text, { source: "workflow.yaml", check: true });
}

test(
  "Dagu: params, outputs, conditions, handlers and a DAG that is called",
  { skip: skip || !has("python3") },
  async () => {
    const converted = convertDagu(sample("dagu.yaml"), { source: "dagu.yaml" });
    assert.equal(lossesOf(converted), "");
    assert.match(converted.notes.join("\n"), /tags is left out/);
    const { state, tasks, files } = await run(converted.text, join(scratch, "dagu"));
    assert.deepEqual([state, files["failed"]], ["succeeded", undefined]);
    assert.equal(tasks["only-sunday"], "skipped");
    const year = new Date().getFullYear();
    assert.deepEqual(files, {
      "orders.txt": `2026-11-20\n10 rows\nnorth\n${year}\n`,
      "check-4.log": "rows 4 of v7\n",
      "clean.txt": "clean /tmp keep 4\nsecond\n",
      "success.txt": "fine 4\n",
      "exit.txt": "over\n",
    });
  },
);

test(
  "GitHub Actions: outputs, a matrix, conditions, what steps hand to each other",
  { skip: skip || !has("python3") },
  async () => {
    const converted = convertActions(sample("github-actions.yml"), { source: "ci.yml" });
    assert.equal(lossesOf(converted), "");
    assert.match(converted.notes.join("\n"), /the worker must have \$TOKEN in its environment/);
    const { state, files } = await run(converted.text, join(scratch, "actions"));
    assert.deepEqual([state, files["failed"]], ["succeeded", undefined]);
    assert.deepEqual(files, {
      "out-ubuntu-22.txt": "22 ubuntu v1.2.3's level 3 3\nflaky\n",
      "out-ubuntu-24.txt": "24 ubuntu v1.2.3's level 3 3\nflaky\n",
      "out-macos-24.txt": "24 macos v1.2.3's level 3 3\nflaky\nmac\n",
      "py-a": "x",
      "py-b c": "x",
      "report.txt": "done\n",
    });
  },
);

test(
  "Makefile: what is made, and what a second run finds up to date, is as with make",
  { skip: skip || !has("make") },
  async () => {
    const converted = convertMake(sample("make/Makefile"), { source: "Makefile" });
    assert.equal(lossesOf(converted), "");
    const [ours, theirs] = [join(scratch, "make-ours"), join(scratch, "make-theirs")];
    for (const folder of [ours, theirs]) cpSync(join(import.meta.dirname, "make"), folder, { recursive: true });
    const sorted = (folder: string): string[] =>
      readFileSync(join(folder, "log"), "utf8").trim().split("\n").toSorted();
    for (let i = 0; i < 2; i++) {
      const { state, files } = await run(converted.text, ours);
      assert.deepEqual([state, files["failed"]], ["succeeded", undefined]);
      execFileSync("make", ["--silent"], { cwd: theirs });
      assert.deepEqual(sorted(ours), sorted(theirs), `run ${i + 1}`);
      assert.equal(
        readFileSync(join(ours, "build", "app"), "utf8"),
        readFileSync(join(theirs, "build", "app"), "utf8"),
      );
    }
    const clean = convertMake(sample("make/Makefile"), { source: "Makefile", goals: ["clean"] });
    assert.equal((await run(clean.text, ours)).state, "succeeded");
    assert.throws(() => readFileSync(join(ours, "log")), { code: "ENOENT" });
  },
);

test("WfFormat: the graph, the commands, runtimes as estimates", { skip }, async () => {
  const converted = convertWfCommons(sample("wfcommons.json"), { source: "mapping.json" });
  assert.equal(lossesOf(converted), "");
  const { state, files } = await run(converted.text, join(scratch, "wfcommons"));
  assert.deepEqual([state, files["order.txt"]], ["succeeded", "split\nmap\nmap\nit's merged: $0\n"]);
  const { tasks } = compileWorkflow(converted.text, { source: "workflow.yaml" });
  assert.deepEqual(
    tasks.map(({ id, needs, node }) => [id, needs ?? [], node?.estimateMs]),
    [
      ["split_0001", [], 1500],
      ["map_0001", ["split_0001"], 10_250],
      ["map_0002", ["split_0001"], 8000],
      ["merge_0001", ["map_0001", "map_0002"], 500],
    ],
  );
  const asleep = convertWfCommons(sample("wfcommons.json"), { source: "mapping.json", sleep: 0.01 });
  assert.match(asleep.text, /sleep 0\.10[23]/);
  assert.equal((await run(asleep.text, join(scratch, "asleep"))).state, "succeeded");
});

test("Airflow: bash and empty operators with their rules; others are told of", { skip }, async () => {
  const converted = convertAirflow(sample("airflow.json"), { source: "sales.json" });
  assert.match(lossesOf(converted), /dag\.tasks\[4\]\._task_type: py: PythonOperator runs in Airflow alone/);
  assert.match(lossesOf(converted), /py: there is no trigger like none_failed_min_one_success/);
  assert.match(lossesOf(converted), /load: the pool db limits tasks of all DAGs/);
  assert.equal(converted.losses.length, 3);
  const head = withLosses(converted).split("\n");
  assert.equal(head[0], "# NOT CARRIED OVER:");
  assert.match(head[1]!, /^# - sales\.json dag\.tasks\[3\]\.pool: load: /);
  const { state, tasks, files } = await run(withLosses(converted), join(scratch, "airflow"));
  assert.deepEqual(tasks, {
    start: "succeeded",
    extract: "succeeded",
    "group.check": "skipped",
    load: "succeeded",
    py: "failed",
  });
  assert.deepEqual([state, files["region.txt"]], ["failed", "north\n"]);
});

test("steps of Dagu in a container or on another machine are tasks of that kind", () => {
  const text = `
params: [DAY: monday]
steps:
  - name: pack
    executor:
      type: docker
      config: {image: "alpine:3", pull: always, host: {binds: ["/srv:/data:ro"]}, container: {env: ["A=b"]}}
    command: ls -l /data
  - name: count
    executor: {type: docker, config: {image: alpine}}
    command: echo "$DAY" | wc -c
    output: N
    depends: pack
  - name: deploy
    executor: {type: ssh, config: {host: web-1, user: me, port: 2222, key: /keys/id}}
    command: ./deploy.sh
    depends: count
`;
  const converted = convertDagu(text, { source: "f" });
  const { tasks } = compileWorkflow(converted.text);
  const [pack, count, deploy] = tasks.map(({ work }) => work);
  assert.ok(pack?.kind === "docker" && count?.kind === "docker" && deploy?.kind === "custom");
  assert.deepEqual(pack.docker.command, ["ls", "-l", "/data"]);
  assert.deepEqual(pack.docker.volumes, ["/srv:/data:ro"]);
  assert.deepEqual([pack.docker.pull, pack.docker.env?.["A"]], ["always", "b"]);
  assert.deepEqual(count.docker.command?.slice(0, 2), ["/bin/sh", "-c"]);
  assert.deepEqual(count.docker.outputs, { N: { from: "stdout" } });
  assert.deepEqual(deploy.custom, {
    uses: "ssh",
    with: { host: "web-1", user: "me", port: 2222, identity: "/keys/id", command: "./deploy.sh" },
  });
  assert.match(lossesOf(converted), /start a worker with --executors/);
});

/** One thing each, that must not be taken over in silence: what is told of it. */
const LOST: [(text: string, options: { source: string }) => Converted, string, RegExp][] = [
  [convertDagu, "steps: [{name: a, command: x, executor: jq}]", /f:1 steps\[0\]\.executor: jq has no counterpart/],
  [
    convertDagu,
    "steps: [{name: a, command: x, executor: docker}]",
    /f:1 steps\[0\]\.executor: docker without an image/,
  ],
  [
    convertDagu,
    "steps:\n  - name: a\n    command: echo $1\nparams: x",
    /f:3 steps\[0\]\.command: \$1 is a param without a name/,
  ],
  [convertDagu, "smtp: {host: x}\nsteps: [{command: x}]", /f:1 smtp: has no counterpart/],
  [
    convertDagu,
    "steps: [{command: x, repeatPolicy: {repeat: until, condition: test -f y}}]",
    /repeatPolicy: a condition of a shell/,
  ],
  [convertDagu, "steps: [{command: x, continueOn: {output: y}}]", /continueOn: output: exit codes/],
  [
    convertDagu,
    "schedule: {start: '0 1 * * *', stop: '0 2 * * *'}\nsteps: [{command: x}]",
    /schedule: stop: a run is not stopped/,
  ],
  [
    convertDagu,
    "steps: [{command: python3, script: 'print(\"$HOME\")'}]",
    /variables in a script for python3 are filled in there/,
  ],
  [convertDagu, "steps: [{command: x, mailOnError: true}]", /mailOnError: mail is sent/],
  [convertDagu, "steps: [{command: x, unheard: 1}]", /steps\[0\]\.unheard: has no counterpart/],
  [
    convertActions,
    "jobs: {a: {steps: [{uses: 'actions/setup-node@v4'}]}}",
    /f:1 jobs\.a\.steps\[0\]\.uses: actions\/setup-node@v4 runs on GitHub/,
  ],
  [convertActions, "jobs: {a: {container: x, steps: [{run: x}]}}", /container: the job runs in a container/],
  [convertActions, "jobs: {a: {steps: [{run: 'echo ${{ github.sha }}'}]}}", /github\.sha is known to GitHub alone/],
  [convertActions, "jobs: {a: {steps: [{run: echo $GITHUB_SHA}]}}", /\$GITHUB_SHA is set by GitHub alone/],
  [
    convertActions,
    "jobs: {a: {if: hashFiles('x') != '', steps: [{run: x}]}}",
    /jobs\.a\.if: .*the function hashFiles has no counterpart/,
  ],
  [
    convertActions,
    "on: {workflow_dispatch: {inputs: {x: null}}}\njobs: {a: {steps: [{run: \"echo '${{ inputs.x }}'\"}]}}",
    /it stands between single quotes/,
  ],
  [
    convertActions,
    "jobs: {a: {strategy: {matrix: '${{ fromJSON(inputs.m) }}'}, steps: [{run: x}]}}",
    /the matrix is not carried over/,
  ],
  [convertActions, "jobs: {a: {steps: [{run: x, shell: pwsh}]}}", /pwsh is no shell that is known here/],
  [convertActions, "jobs: {a: {environment: prod, steps: [{run: x}]}}", /environment: its rules of protection/],
  [convertDagu, "env: [{'x; rm -rf /': '$A'}]\nsteps: [{command: x}]", /env: "x; rm -rf \/" is no name of a variable/],
  [
    convertActions,
    "jobs: {a: {steps: [{run: x, env: {'x; rm -rf /': y}}]}}",
    /env: "x; rm -rf \/" is no name of a variable/,
  ],
  [convertMake, "ifdef X\na: b\nendif\nb:\n\ttouch b\n", /f:2: the rule "a: b" stands in a conditional/],
  [convertMake, "include x.mk\na:\n\ttouch a\n", /f:1: "include x\.mk" may bring rules/],
  [
    convertMake,
    "a: X = 1\na: b\n\ttouch a\nb:\n\ttouch b\n",
    /f:1: .*sets a variable for a target and for all that it needs/,
  ],
  [convertMake, "$(shell echo a): b\n\ttouch a\nb:\n", /f:1: the targets of .* are known to make alone/],
  [convertWfCommons, '{"workflow":{"specification":{"tasks":[{"id":"a"}]}}}', /the task a has no command/],
  [
    convertAirflow,
    '{"dag":{"tasks":[{"task_id":"a","_task_type":"BashOperator","bash_command":"echo {{ ds }}"}]}}',
    /the template \{\{ ds \}\} is filled in by Airflow/,
  ],
  [
    convertAirflow,
    '{"dag":{"schedule_interval":{"__type":"timedelta","__var":60.0},"tasks":[]}}',
    /is no cron expression/,
  ],
];

test("what cannot be carried over is told of with its place, and what is written compiles", () => {
  for (const [convert, text, expected] of LOST) {
    const converted = convert(text, { source: "f" });
    assert.match(lossesOf(converted), expected, text);
    if (/^tasks: \{\}$/m.test(converted.text)) continue;
    compiles({ ...converted, text: withLosses(converted) });
  }
});

test("what is no such file at all is refused", () => {
  const rows: [() => unknown, RegExp][] = [
    [() => convertDagu("tasks: {}", { source: "f" }), /f is no DAG of Dagu: it needs a key steps/],
    [() => convertDagu("steps: [", { source: "f" }), /^OctopusError: f: /],
    [() => convertActions("- x", { source: "f" }), /f is no workflow of GitHub Actions: it needs a key jobs/],
    [() => convertMake("hello", { source: "f" }), /f is no Makefile: it has no rule/],
    [() => convertMake("all:\n", { source: "f", goals: ["al"] }), /f has no rule for "al"; did you mean all\?/],
    [() => convertWfCommons("{}", { source: "f" }), /f is no workflow in WfFormat/],
    [() => convertWfCommons("x", { source: "f" }), /f is not JSON/],
    [() => convertAirflow('{"dag": {}}', { source: "f" }), /f is no serialized DAG/],
    [
      () =>
        convertDagu(`a: &a [x]\nb: &b [${"*a,".repeat(50)}]\nc: &c [${"*b,".repeat(50)}]\nsteps: [*c,*c,*c]`, {
          source: "f",
        }),
      /f: .*alias/i,
    ],
  ];
  for (const [convert, message] of rows) assert.throws(convert, message);
});

test("text of the source is text: expressions of ours in it are none, names are made fit", { skip }, async () => {
  const dagu =
    "steps:\n  - name: 'a b; rm'\n    command: echo '${{ params.x }}' > out.txt\n  - name: 1st\n    command: 'true'\n";
  const converted = convertDagu(dagu, { source: "f" });
  assert.equal(lossesOf(converted), "");
  const { state, tasks, files } = await run(converted.text, join(scratch, "text"));
  assert.deepEqual(
    [state, Object.keys(tasks), files["out.txt"]],
    ["succeeded", ["a-b-rm", "_1st"], "${{ params.x }}\n"],
  );
  const name = 'jobs: {a: {name: "x\\n# y", steps: [{name: "z\\nrm -rf /", run: echo ok > ok.txt}]}}';
  const job = convertActions(name, { source: "f" });
  assert.equal((await run(job.text, join(scratch, "text"))).files["ok.txt"], "ok\n");
  assert.doesNotMatch(job.text, /^\s*rm -rf/m);
});

test("a hundred thousand tasks are converted in seconds", () => {
  const tasks = Array.from({ length: 100_000 }, (_, i) => ({
    id: `t${i}`,
    name: "t",
    parents: i === 0 ? [] : [`t${i >> 1}`],
  }));
  const done = tasks.map(({ id }) => ({ id, runtimeInSeconds: 1, command: { program: "true" } }));
  const text = JSON.stringify({ name: "x", workflow: { specification: { tasks }, execution: { tasks: done } } });
  const begun = performance.now();
  const converted = convertWfCommons(text, { source: "f" });
  assert.ok(performance.now() - begun < 60_000, `${performance.now() - begun} ms`);
  assert.equal(converted.losses.length, 0);
});
