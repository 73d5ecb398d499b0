// `octopus workers`, typed, against a real server with workers made by hand: what people see and steer.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { quickStart } from "../../scripts/tool.ts";
import { post, startHarness } from "../../src/server/testing/harness.ts";
import { drawKey, helloOf, RawWorker } from "../../src/server/testing/raw-worker.ts";
import { root } from "../source-files.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-workers-"));
after(() => rmSync(folder, { recursive: true }));

interface Said {
  code: number;
  out: string;
  err: string;
}

function octopus(env: Record<string, string>, ...words: string[]): Promise<Said> {
  const main = join(root, "src", "cli", "main.ts");
  const options = {
    cwd: folder,
    env: { ...quickStart, PATH: process.env["PATH"], HOME: folder, NO_COLOR: "1", ...env },
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...words], options, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

test("workers are listed, shown, drained, resumed and taken off the list", { timeout: SUITE_MS_MAX }, async () => {
  await using h = await startHarness();
  const env = { OCTOPUS_SERVER_URL: h.url };
  const attic = await RawWorker.greet(h.url, helloOf("attic", { labels: { zone: "attic", gpu: "a100" } }));
  await RawWorker.greet(h.url, helloOf("cellar", { labels: { zone: "cellar" }, slots: 0 }));
  attic.say({
    ...{ type: "heartbeat", load: 0.5, rssBytes: 6e7, active: 0 },
    usage: { cpu: 0.25, cores: 8, memoryBytes: 100, memoryUsedBytes: 50 },
  });
  const { body } = await h.ask("/api/v1/tasks", post({ call: "f" }));
  await attic.hears("assign");

  const list = await octopus(env, "workers");
  assert.match(list.out, /^attic +online +1\/4 .*25% +50% .*zone=attic gpu=a100/m);
  assert.match(list.out, /^cellar +online +0\/0 /m);
  const some = await octopus(env, "workers", "ls", "--labels", "zone in (attic, loft), gpu", "-o", "quiet");
  assert.equal(some.out, "attic\n");
  assert.match((await octopus(env, "workers", "ls", "--labels", "zone ~ x")).err, /labels/);

  const shown = await octopus(env, "workers", "show", "attic");
  assert.match(shown.out, /cpu +25% of 8 cores/);
  assert.match(shown.out, new RegExp(`^${body.id} `, "m"));
  assert.match(shown.out, /last 60 minutes:\ncpu .* 25%/);

  assert.equal((await octopus(env, "workers", "drain", "attic")).out, "attic  drained, 1 still running there\n");
  const waited = octopus(env, "workers", "drain", "attic", "--wait");
  attic.say({ type: "result", n: 1, task: 1, attempt: 1, report: { outcome: "succeeded" } });
  assert.equal((await waited).out, "attic  drained, nothing runs there\n");
  assert.match((await octopus(env, "workers", "ls", "-s", "draining")).out, /^attic +drained/m);
  assert.equal((await octopus(env, "workers", "resume", "attic")).out, "attic  online\n");

  const early = await octopus(env, "workers", "rm", "attic");
  assert.equal(early.code === 0, false);
  assert.match(early.err, /worker attic is connected/);
  attic.say({ type: "goodbye" });
  while (h.engine.fleet.worker("attic")!.state !== "offline") await new Promise(setImmediate);
  assert.equal((await octopus(env, "workers", "rm", "attic")).out, "attic  removed\n");
  assert.match((await octopus(env, "workers", "show", "attic")).err, /there is no worker "attic"/);
});

test("a worker with a key is let in by a person at a terminal", { timeout: SUITE_MS_MAX }, async () => {
  await using h = await startHarness({
    access: {
      ...{ isOn: true, connectionsMax: 100, requests: null, workers: null, auditKeepMs: 1000 },
      refusals: { limit: 100, perMs: 60_000, burst: 100 },
    },
  });
  const { token } = h.server.lend({ who: "anna", role: "operator" });
  const env = { OCTOPUS_SERVER_URL: h.url, OCTOPUS_ACCESS_TOKEN: token };
  const key = drawKey();
  await (await RawWorker.knock(h.url, key, helloOf("box"))).hears("refuse");
  const waiting = await octopus(env, "workers", "waiting");
  assert.match(waiting.out, /^box +([0-9a-f]{4} ){4}/m);
  const fingerprint = /([0-9a-f]{4} ){3}[0-9a-f]{4}/.exec(waiting.out)![0];
  const wrong = await octopus(env, "workers", "approve", "box", "--key", "0000000000000000");
  assert.match(wrong.err, /no worker "box" with the key "0000000000000000" waits/);
  const said = await octopus(env, "workers", "approve", "box", "--key", fingerprint.replaceAll(" ", ""));
  assert.equal(said.out, `box  approved, key ${fingerprint}\n`);
  const worker = await RawWorker.knock(h.url, key, helloOf("box"));
  await worker.hears("welcome");
  assert.match((await octopus(env, "workers", "show", "box")).out, new RegExp(`keys +${fingerprint}`));
  assert.equal((await octopus(env, "workers", "deny", "box")).out, `box  denied, key ${fingerprint}\n`);
  await worker.hears("refuse");
});
