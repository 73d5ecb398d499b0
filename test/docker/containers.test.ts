/** What a docker task can say, run by a real container engine. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Assignment, AttemptReport } from "../../src/protocol/link.ts";
import type { AttemptContext, Executor } from "../../src/worker/executor.ts";
import { attempt, type Logged } from "../conformance/executor.ts";
import { TestEngine, withoutEngine } from "./engine.ts";
import { docker, dockerExecutor } from "./executor.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const of = (log: readonly Logged[], stream: string): string =>
  log.flatMap((each) => (each.stream === stream ? [each.text] : [])).join("");

describe("docker tasks", { skip: withoutEngine() ?? false, timeout: SUITE_MS_MAX }, () => {
  let engine: TestEngine;
  let executor: Executor;
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "octopus-volumes-")));
  const data = join(scratch, "data");
  const cache = join(scratch, "cache");

  before(async () => {
    engine = await TestEngine.start();
    for (const folder of [data, cache]) mkdirSync(folder);
    executor = await dockerExecutor(engine, { volumes: [data, `${cache}:ro`] });
  });
  after(async () => {
    await executor?.close?.();
    await engine?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Runs a task, and sees to it that nothing stays of its container. */
  async function run(work: Record<string, unknown>, assignment: Partial<Assignment> = {}) {
    const running = attempt(executor, docker(work), assignment);
    const report = await running.report;
    assert.deepEqual(await engine.containers(), []);
    const [stdout, stderr, log] = ["stdout", "stderr", "log"].map((stream) => of(running.log, stream));
    return { report, stdout: stdout!, stderr: stderr!, log: log! };
  }
  const sh = (command: string, more: Record<string, unknown> = {}, assignment: Partial<Assignment> = {}) =>
    run({ command, ...more }, assignment);

  function succeeded({ report, stderr }: { report: AttemptReport; stderr: string }): void {
    assert.equal(report.outcome, "succeeded", `${JSON.stringify(report)} ${stderr}`);
  }

  it("keeps both streams apart and in order, to the last byte", async () => {
    const seen = await sh("for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf 'no end of line: ä'");
    succeeded(seen);
    assert.equal(seen.stdout, "out 1\nout 2\nout 3\nno end of line: ä");
    assert.equal(seen.stderr, "err 1\nerr 2\nerr 3\n");
  });

  it("gives the command its environment, its input and its folder", async () => {
    const work = { env: { COLOUR: "red and = blue" }, stdin: "line 1\nline 2", cwd: "/tmp" };
    const command = 'echo "$COLOUR"; pwd; cat; echo; echo "$OCTOPUS_TASK_ID $OCTOPUS_ATTEMPT $OCTOPUS_TASK_NAME"';
    const seen = await sh(command, work, { id: "nightly", attempt: 3, name: "build" });
    succeeded(seen);
    assert.equal(seen.stdout, "red and = blue\n/tmp\nline 1\nline 2\nnightly 3 build\n");
  });

  it("gives nothing of the worker's own environment", async () => {
    process.env["OCTOPUS_ACCESS_TOKEN"] = "secret";
    const seen = await sh("env");
    delete process.env["OCTOPUS_ACCESS_TOKEN"];
    assert.doesNotMatch(seen.stdout, /secret|HOME=\/root/);
  });

  it("reports exit codes as a command does", async () => {
    assert.deepEqual((await sh("exit 99")).report.outcome, "succeeded");
    const { report } = await sh("echo what is wrong >&2; exit 7");
    assert.equal(report.exitCode, 7);
    assert.deepEqual(report.error, { message: "exited with code 7: what is wrong", kind: "exit" });
    assert.match((await sh("kill -SEGV $$")).report.error!.message, /ended by SIGSEGV/);
  });

  it("runs a text by a shell and a list as it is", async () => {
    assert.equal((await run({ command: "echo $((1 + 1))" })).stdout, "2\n");
    assert.equal((await run({ command: ["echo", "$((1 + 1))", "a  b"] })).stdout, "$((1 + 1)) a  b\n");
    assert.equal((await run({ command: ["b"], entrypoint: ["echo", "a"] })).stdout, "a b\n");
  });

  it("takes results, files and inputs across", async () => {
    const kept: Record<string, string> = {};
    const inputs = join(scratch, "inputs");
    mkdirSync(inputs);
    writeFileSync(join(inputs, "in.txt"), "from another task");
    const command = [
      "echo rows=7 >>$OCTOPUS_OUTPUT",
      "mkdir $OCTOPUS_ARTIFACTS/sub && cat $OCTOPUS_INPUTS/in.txt >$OCTOPUS_ARTIFACTS/sub/copy.txt",
      "if echo x 2>/dev/null >$OCTOPUS_INPUTS/new; then echo an input was written to; fi",
    ].join("\n");
    // As whoever: a container need not run as root to leave files.
    for (const user of ["0", "1234:1234"]) {
      const context = contextOf(docker({ command, user, outputs: { rows: "number" } }), inputs, kept);
      const report = await executor.execute(context);
      assert.equal(report.outcome, "succeeded", JSON.stringify(report));
      assert.deepEqual(report.result, { rows: 7 });
      assert.deepEqual(kept, { "sub/copy.txt": "from another task" });
    }
    const { report } = await sh("echo 1 2 3", { outputs: { all: { from: "stdout" } } });
    assert.deepEqual(report.result, { all: "1 2 3" });
  });

  it("mounts folders that the worker allows, to read and write or to read", async () => {
    writeFileSync(join(cache, "in"), "cached");
    const volumes = [`${data}:/data`, `${cache}:/cache:ro`];
    const seen = await sh("cat /cache/in >/data/out; echo x 2>/dev/null >/cache/new || echo cannot", { volumes });
    succeeded(seen);
    assert.equal(seen.stdout, "cannot\n");
    assert.equal(readFileSync(join(data, "out"), "utf8"), "cached");
  });

  it("keeps what is in a named volume, and nothing of the others", async () => {
    succeeded(await sh("echo kept >/v/file", { volumes: ["keep:/v"] }));
    assert.equal((await sh("cat /v/file", { volumes: ["keep:/v"] })).stdout, "kept\n");
    const { Volumes } = (await engine.client.call("GET", "/volumes")) as { Volumes: { Name: string }[] };
    assert.deepEqual(
      Volumes.map(({ Name }) => Name),
      ["keep"],
    );
  });

  it("bounds what it may write to, and as whom it runs", async () => {
    const command =
      "id -u; id -g; echo x >/tmp/a 2>/dev/null || echo read only; echo y >/scratch/a && df -k /scratch | tail -1";
    const seen = await sh(command, { user: "1000:1001", readOnly: true, tmpfs: { "/scratch": "1MiB" } });
    succeeded(seen);
    assert.match(seen.stdout, /^1000\n1001\nread only\n\S+ +1024 /);
  });

  it("has the network that it asks for", async () => {
    assert.doesNotMatch((await sh("ip link")).stdout, /eth0/);
    assert.match((await sh("ip addr", { network: "bridge" })).stdout, /172\.31\.240\.\d+/);
    assert.match((await sh("ip link", { network: "host" })).stdout, /docker0/);
    await engine.client.call("POST", "/networks/create", { body: { Name: "backend" } });
    assert.match((await sh("ip addr", { network: "backend" })).stdout, /eth0/);
    const { report } = await sh("true", { network: "nowhere" });
    assert.match(report.error!.message, /no network nowhere on this worker's engine/);
    assert.equal(report.retryable, false);
  });

  it("uses no more CPU than it asks for", async () => {
    const groups = "/sys/fs/cgroup";
    const command = `cat ${groups}/cpu.max 2>/dev/null || cat ${groups}/cpu/cpu.cfs_quota_us`;
    assert.match((await sh(command, { cpus: 0.25 })).stdout, /^25000\b/);
  });

  it("says what it used, when it took longer than a moment", async () => {
    // It is looked at one second after its start, or later where the machine is busy. The shell is there until its end, with
    // what it holds: it would become its last command otherwise.
    const command =
      "x=$(head -c 20000000 /dev/zero | tr '\\0' x); i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; sleep 3; :";
    const { report } = await sh(command);
    assert.ok(report.cpuMs! > 100, JSON.stringify(report));
    assert.ok(report.maxRssBytes! > 20_000_000, JSON.stringify(report));
    assert.equal((await sh("true")).report.cpuMs, undefined);
  });

  it("passes signals on and reaps, unless its program is to be the first process itself", async () => {
    assert.match((await sh("cat /proc/1/comm")).stdout, /init/);
    assert.match((await sh("cat /proc/1/comm", { init: false })).stdout, /^(sh|cat)\n/);
  });

  it("says whose a container is while it runs", async () => {
    const held = attempt(executor, docker({ command: "echo up; sleep 1000" }), { id: "t7", attempt: 2 });
    await held.logged((log) => log.length > 0);
    const [one] = (await engine.client.call("GET", "/containers/json?all=1")) as { Names: string[]; Labels: object }[];
    assert.match(one!.Names[0]!, /^\/octopus-t1-2-/);
    const { "octopus.owner": owner, ...labels } = one!.Labels as Record<string, string>;
    assert.match(owner!, /^[0-9a-f-]{36}$/);
    assert.deepEqual(labels, { "octopus.worker": "w1", "octopus.task": "t7", "octopus.attempt": "2" });
    held.stop("cancelled");
    assert.equal((await held.report).outcome, "cancelled");
  });

  it("gets an image that is missing from its registry", async (t) => {
    const registry = await startRegistry(engine);
    t.after(() => registry.kill());
    const image = `127.0.0.1:${registry.port}/one:1`;
    const never = await run({ image, pull: "never", command: ["x"] });
    assert.match(never.report.error!.message, /no image 127\.0\.0\.1:\d+\/one:1 on this worker; load it/);
    const seen = await run({ image, command: ["to you"] });
    succeeded(seen);
    assert.equal(seen.stdout, "from the image: to you\n");
    assert.match(seen.log, /^pulling \S+\npulled \S+ in \S+/);
    // It is there now; a text is for a shell, whatever the image starts by itself.
    const again = await run({ image, command: "echo shell" });
    assert.deepEqual([again.stdout, again.log], ["shell\n", ""]);
    assert.match((await run({ image, command: ["x"], pull: "always" })).log, /pulled/);
  });

  it("uses the login of its user for a registry that wants one", async (t) => {
    const registry = await startRegistry(engine, "closed");
    t.after(() => registry.kill());
    const host = `127.0.0.1:${registry.port}`;
    const work = { image: `${host}/one:1`, command: ["to me"] };
    const stranger = await run(work);
    assert.match(
      stranger.report.error!.message,
      /its registry does not give .*one:1 to this worker: .*; log in there .*docker login/,
    );
    assert.equal(stranger.report.retryable, false);
    process.env["DOCKER_CONFIG"] = scratch;
    writeFileSync(join(scratch, "config.json"), JSON.stringify({ auths: { [host]: { auth: btoa("me:pass:word") } } }));
    const seen = await run(work);
    delete process.env["DOCKER_CONFIG"];
    assert.equal(seen.stdout, "from the image: to me\n", JSON.stringify(seen));
  });

  it("fails at once for an image that its registry does not have", async (t) => {
    const registry = await startRegistry(engine);
    t.after(() => registry.kill());
    const { report } = await run({ image: `127.0.0.1:${registry.port}/other:1`, command: ["x"] });
    assert.match(report.error!.message, /there is no image .*other:1: .*manifest unknown; check the name and the tag/);
    assert.deepEqual([report.error!.kind, report.retryable], ["image", false]);
  });

  it("ends while it waits for a registry that hangs", async (t) => {
    const registry = await startRegistry(engine);
    t.after(() => registry.kill());
    const running = attempt(executor, docker({ image: `127.0.0.1:${registry.port}/hangs:1`, command: ["x"] }));
    await running.logged((log) => log.length > 0);
    running.stop("timed_out");
    assert.equal((await running.report).outcome, "timed_out");
  });
});

/** The context of an attempt whose files are kept by name. */
function contextOf(work: Assignment["work"], inputsDir: string, kept: Record<string, string>): AttemptContext {
  return {
    assignment: { task: 1, attempt: 1, id: "t1", type: "docker", arm: "default", timeoutMs: 0, work },
    signal: new AbortController().signal,
    log: () => undefined,
    progress: () => undefined,
    inputsDir,
    async keepFile(path, source) {
      kept[path] = "file" in source ? readFileSync(source.file, "utf8") : String(source.content);
    },
  };
}

async function startRegistry(engine: TestEngine, ...how: string[]): Promise<{ port: number; kill: () => void }> {
  const layer = join(engine.folder, "layer.tar");
  const child = engine.spawnInside(process.execPath, [join(import.meta.dirname, "registry.ts"), layer, ...how]);
  const [port] = (await once(child.stdout!, "data")) as [Buffer];
  return { port: Number(port.toString()), kill: () => child.kill("SIGKILL") };
}
