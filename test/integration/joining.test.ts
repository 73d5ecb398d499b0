/** How workers come to a server that does not take everybody, and what becomes of their work when either of them dies. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TaskDetail } from "../../src/protocol/views.ts";
import type { WorkerDetail } from "../../src/protocol/worker-views.ts";
import { freePort } from "../server-process.ts";
import { Place, type Started, until } from "./place.ts";

const place = new Place({ OCTOPUS_LINK_HEARTBEAT: "200ms", OCTOPUS_LINK_LEASE: "20s" });
const inPlace = (name: string): string => join(place.dir, name);
/** For commands where the server is, which need no token. */
const there = { OCTOPUS_DATA_DIR: place.data };
/** For those elsewhere. */
const elsewhere = { OCTOPUS_DATA_DIR: inPlace("elsewhere") };
let url: string;
let token: string;
let fingerprint: string;

before(async () => {
  url = `https://127.0.0.1:${await freePort()}`;
  const env = { OCTOPUS_ACCESS_MODE: "on", OCTOPUS_TLS_MODE: "on" };
  const server = place.start(["server", "--port", new URL(url).port, "--data", place.data], { env });
  await until(
    "the server's first words",
    () => /octojoin_/.test(server.out()) && existsSync(`${place.data}/server.json`),
  );
  token = /octojoin_[\w-]+/.exec(server.out())![0];
  fingerprint = /FINGERPRINT=([0-9a-f]{64})/.exec(server.out())![1]!;
});
after(() => place.close());

function worker(args: string[], env: Record<string, string> = {}): Started {
  return place.start(["worker", "--slots", "2", ...args], { env: { ...elsewhere, ...env } });
}

/** Says this where the server is. */
async function say(...args: string[]): Promise<{ code: number | string; out: string; err: string }> {
  const started = place.start(args, { env: there });
  return { code: await started.end, out: started.out(), err: started.err() };
}

async function ask<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await say(...args, "-o", "json");
  assert.equal(code, 0, `${args.join(" ")}: ${out}${err}`);
  return JSON.parse(out) as T;
}

async function submit(name: string, command: string, ...asked: string[]): Promise<TaskDetail> {
  const { out, err } = await say("submit", "--worker", name, ...asked, "-o", "json", "--", command);
  assert.notEqual(out, "", err);
  return JSON.parse(out) as TaskDetail;
}

/** A task for this worker, waited for. */
async function runOn(name: string, command: string, ...asked: string[]): Promise<TaskDetail> {
  const { id } = await submit(name, command, "--wait", ...asked);
  return ask<TaskDetail>("show", id);
}

async function end(...started: Started[]): Promise<void> {
  for (const one of started) one.child.kill("SIGTERM");
  await Promise.all(started.map((one) => one.end));
}

test("a join token is all that a worker needs, also for files to and fro", async () => {
  writeFileSync(inPlace("token"), `${token}\n`);
  const joined = worker(["--join", "@token", "--name", "joined", "--labels", "zone=attic"]);
  await until("it is connected", () => /"connected"/.test(joined.err()));
  const script = 'echo made > "$OCTOPUS_ARTIFACTS/file"; printenv OCTOPUS_WORKER_SETTINGS OCTOPUS_WORKER_JOIN || true';
  const made = await runOn("joined", script);
  assert.equal(made.state, "succeeded");
  const detail = await ask<WorkerDetail>("workers", "show", "joined");
  assert.deepEqual(
    [detail.state, detail.link, detail.labels!["zone"], detail.labels!["name"]],
    ["online", 3, "attic", "joined"],
  );
  const got = await say("artifacts", "get", made.id, "--to", inPlace("got"));
  assert.equal(got.code, 0, got.err);
  assert.equal(readFileSync(inPlace("got/file"), "utf8"), "made\n");
  // The command saw nothing of what its worker knows.
  const logs = await say("logs", made.id);
  assert.equal(logs.out, "");
  await end(joined);
  assert.equal(joined.err().includes(token.slice(20, 60)), false);
});

test("a worker without a token waits until a person has approved its key, and is let in at once from then on", async () => {
  const args = ["--server", url, "--name", "keyed", "--trust", fingerprint];
  const first = worker(args);
  const says = /workers approve keyed --key ([0-9a-f]{16})/;
  await until("it says how to approve it", () => says.test(first.err()));
  const key = says.exec(first.err())![1]!;
  await ask("workers", "approve", "keyed", "--key", key);
  await until("it is connected", () => /"connected"/.test(first.err()));
  // Its files go over HTTP, where it has no token of its own to show.
  const script = 'echo made > "$OCTOPUS_ARTIFACTS/file"';
  const made = await runOn("keyed", script);
  assert.deepEqual([made.state, made.artifacts?.length ?? made.attempts.length], ["succeeded", 1]);
  await end(first);
  const second = worker(args);
  await until("it is connected", () => /"connected"/.test(second.err()));
  assert.equal(says.test(second.err()), false);
  await end(second);
});

test("a server that nobody vouches for is not worked for; the words say how to go on", async () => {
  const shy = worker(["--server", url, "--name", "shy"]);
  assert.equal(await shy.end, 1);
  assert.match(shy.err(), /--join TOKEN[^]*--trust FINGERPRINT[^]*--trust-first/);
  assert.ok(shy.err().replaceAll(" ", "").includes(fingerprint));
  const other = worker(["--server", url, "--name", "shy", "--trust", "0".repeat(64)]);
  assert.equal(await other.end, 1);
  assert.match(other.err(), /octopus: the server at .* is not the one that was meant/);
});

test("a wrong token ends the worker with the server's words and an exit code", async () => {
  const wrong = `octo_aaaaaaaa_${"b".repeat(43)}`;
  const env = { OCTOPUS_ACCESS_TOKEN: wrong };
  const refused = worker(["--server", url, "--name", "wrong", "--trust", fingerprint], env);
  assert.equal(await refused.end, 1);
  assert.match(refused.err(), /the server refused this worker: .*token/);
  assert.equal(refused.err().includes("bbbb"), false);
  const cut = worker(["--join", token.slice(0, -9), "--name", "wrong"]);
  assert.equal(await cut.end, 2);
  assert.match(cut.err(), /the join token cannot be used: it is not whole/);
  const none = worker(["--join", "", "--name", "wrong"]);
  assert.equal(await none.end, 2);
  assert.match(none.err(), /--join was given nothing/);
});

test("a worker whose token is revoked while it runs something asks no more, and ends after its grace", async () => {
  const { id, join: joining } = await ask<{ id: string; join: string }>(
    ...["token", "create", "--role", "worker", "--name", "short"],
  );
  const short = worker(["--join", joining, "--name", "short"], { OCTOPUS_WORKER_GRACE: "1s" });
  await until("it is connected", () => /"connected"/.test(short.err()));
  const task = await submit("short", "echo runs; sleep 60");
  await until("it runs", async () => (await say("logs", task.id)).out === "runs\n");
  await ask("token", "revoke", id);
  assert.equal(await short.end, 1);
  assert.equal(short.err().match(/"level":"error"/g)?.length, 1, short.err());
  assert.match(short.err(), /octopus: the server refused this worker: .*token was revoked/);
  await ask("cancel", task.id);
});

test("a result that the server has not taken outlives the worker's process", async () => {
  const args = ["--join", token, "--name", "mortal", "--dir", inPlace("mortal")];
  const first = worker(args);
  await until("it is connected", () => /"connected"/.test(first.err()));
  const go = inPlace("mortal-go");
  const script = `touch ${inPlace("mortal-runs")}; while ! test -e ${go}; do sleep 0.02; done; echo spoken; exit 7`;
  const { id } = await submit("mortal", script);
  await until("it runs", () => existsSync(inPlace("mortal-runs")));
  const { pid } = JSON.parse(readFileSync(`${place.data}/server.json`, "utf8")) as { pid: number };
  process.kill(pid, "SIGSTOP");
  try {
    writeFileSync(go, "");
    const spool = inPlace("mortal/spool/spool.log");
    await until("the result is in the spool", () => /"exitCode":7/.test(readFileSync(spool, "utf8")));
    first.child.kill("SIGKILL");
    await first.end;
  } finally {
    process.kill(pid, "SIGCONT");
  }
  const second = worker(args);
  await say("wait", id);
  const task = await ask<TaskDetail>("show", id);
  assert.deepEqual(
    task.attempts.map(({ outcome, exitCode }) => [outcome, exitCode]),
    [["failed", 7]],
  );
  await until("it says whose results it found", () => /the worker before left results/.test(second.err()));
  await until(
    "the spool is empty",
    () => !readFileSync(inPlace("mortal/spool/spool.log"), "utf8").includes("exitCode"),
  );
  await end(second);
});

test("output that is on its way when the server falls silent is there once, whole and in order", async () => {
  const talker = worker(["--join", token, "--name", "talker"]);
  await until("it is connected", () => /"connected"/.test(talker.err()));
  const stop = inPlace("talker-stop");
  const script = `i=0; while ! test -e ${stop}; do i=$((i+1)); echo "line $i"; sleep 0.002; done; echo "last $i"`;
  const { id } = await submit("talker", script);
  await until("it speaks", async () => (await say("logs", id)).out.includes("line 1\n"));
  const { pid } = JSON.parse(readFileSync(`${place.data}/server.json`, "utf8")) as { pid: number };
  for (let round = 1; round <= 2; round++) {
    process.kill(pid, "SIGSTOP");
    try {
      const silences = (): number => talker.err().split("fell silent").length - 1;
      await until("the worker sees it", () => silences() === round);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await until("it is back", () => talker.err().split('"connected"').length - 1 === round + 1);
  }
  writeFileSync(stop, "");
  await say("wait", id);
  const lines = (await say("logs", id)).out.trim().split("\n");
  const last = Number(lines.pop()!.replace("last ", ""));
  assert.ok(last > 50, String(last));
  assert.deepEqual(
    lines,
    Array.from({ length: last }, (_, n) => `line ${n + 1}`),
  );
  await end(talker);
});

test("a task sees the GPUs that it asked for, and one that asked for none sees none", async () => {
  mkdirSync(inPlace("bin"));
  writeFileSync(
    inPlace("bin/nvidia-smi"),
    "#!/bin/sh\necho '0, Fake GPU, 5, 1000, 10'; echo '1, Fake GPU, 6, 1000, 20'\n",
  );
  chmodSync(inPlace("bin/nvidia-smi"), 0o755);
  const PATH = `${inPlace("bin")}:${process.env["PATH"]}`;
  const gpus = worker(["--join", token, "--name", "gpus", "--timeout", "1500ms"], { PATH });
  await until("it is connected", () => /"connected"/.test(gpus.err()));
  const see = 'echo "[$CUDA_VISIBLE_DEVICES] [$OCTOPUS_RESOURCE_GPU]"';
  const seenBy = async (...asked: string[]): Promise<string> => {
    const { id } = await runOn("gpus", see, ...asked);
    return (await say("logs", id)).out.trim();
  };
  assert.equal(await seenBy("--resource", "gpu=2"), "[0,1] [0,1]");
  assert.equal(await seenBy(), "[] []");
  const detail = await until("its use of the machine", async () => {
    const found = await ask<WorkerDetail>("workers", "show", "gpus");
    return found.usage?.gpus !== undefined && found;
  });
  assert.deepEqual(
    detail.usage!.gpus!.map(({ index, load }) => [index, load]),
    [
      [0, 0.05],
      [1, 0.06],
    ],
  );
  assert.equal(detail.labels!["gpu"], "fake-gpu");
  // What the worker allows is the end of it, whatever the task says.
  const late = await runOn("gpus", "sleep 60", "--timeout", "1h");
  assert.equal(late.attempts[0]!.outcome, "timed_out");
  await end(gpus);
});
