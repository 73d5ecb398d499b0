/**
 * What single examples do when something is different: no second slot, a person who says no, a step that fails, a server that is
 * not there. That each ends with the expected report, under every executor, is tested in `parity.test.ts`.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RunDetail } from "../../src/protocol/run-views.ts";
import { decide, expected, runExample, worldOf } from "./example-worlds.ts";

const scratch = mkdtempSync(join(tmpdir(), "octopus-examples-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

function statesOf(run: RunDetail): Record<string, string> {
  return Object.fromEntries(run.tasks.map((task) => [task.name!, task.state]));
}

for (const slots of [1, 4]) {
  test(`example etl ends with the expected report, with ${slots} task(s) at once`, async () => {
    const { run, report, folder } = await runExample("etl", { place: join(scratch, `etl-${slots}`), slots });
    assert.equal(run.state, "succeeded");
    assert.equal(report, expected("etl"));
    const attempts = Object.fromEntries(run.tasks.map((task) => [task.name, task.attempt]));
    assert.equal(attempts["extract_routes"], 2, "the source is too busy for the first try");
    assert.equal(attempts["extract_airports"], 1);
    // The source ended when it was told to: nobody answers at its address.
    const url = readFileSync(join(folder, "source.url"), "utf8").trim();
    await assert.rejects(fetch(`${url}/health`), TypeError);
  });
}

test("example order takes back what was done when nobody can deliver", async () => {
  const { run, report } = await runExample("order", { place: join(scratch, "order"), params: { address: "nowhere" } });
  assert.equal(run.state, "failed");
  assert.equal(report, expected("order", "taken-back.txt"));
  const undone = run.tasks.filter(({ role }) => role === "compensate").map((task) => [task.compensates, task.state]);
  assert.deepEqual(Object.fromEntries(undone), { reserve: "succeeded", charge: "succeeded" });
});

test("example order undoes only what had succeeded", async () => {
  const { run, report } = await runExample("order", {
    place: join(scratch, "poor"),
    params: { item: "desk", count: 2 },
  });
  assert.equal(run.state, "failed");
  assert.match(report, /^order failed\nsteps: \ndesk: 1 in stock\nlamp: 5 in stock\nann has 500\n$/);
  const undone = run.tasks.filter(({ role }) => role === "compensate").map((task) => [task.compensates, task.state]);
  assert.deepEqual(Object.fromEntries(undone), { reserve: "skipped", charge: "skipped" });
});

test("example deploy changes nothing when a person says no", async () => {
  const place = join(scratch, "rejected");
  const { run, report } = await runExample("deploy", {
    place,
    meanwhile: (octopus, id) => decide(octopus, id, false),
  });
  assert.equal(run.state, "failed");
  assert.equal(report, "deployment failed\nno site is in use\n");
  assert.match(run.tasks.find(({ name }) => name === "agree")!.reason!, /rejected by ann/);
  assert.equal(statesOf(run)["switch"], "upstream_failed");
  assert.equal(existsSync(join(place, "work", "current")), false);
});

test("example deploy puts back the release before when the new one does not work", async () => {
  const place = join(scratch, "broken");
  const agree = { place, meanwhile: (await worldOf("deploy")).meanwhile };
  const first = await runExample("deploy", agree);
  assert.equal(first.report, expected("deploy"));
  const second = await runExample("deploy", { ...agree, params: { must_say: "something else" } });
  assert.equal(second.run.state, "failed");
  assert.equal(second.report, "deployment failed\n<h1>It works</h1>\n");
  assert.equal(readlinkSync(join(place, "work", "current")), join(place, "work", "releases", first.run.id));
});

test("example mail-report sends another mail when there are no numbers", async () => {
  await using world = await worldOf("mail-report");
  const { run } = await runExample("mail-report", {
    place: join(scratch, "mail"),
    params: { ...world.params, sales: "/no/such/file" },
  });
  assert.equal(run.state, "failed");
  const states = statesOf(run);
  assert.deepEqual([states["regions"], states["send"]], ["failed", "upstream_failed"]);
  assert.equal(run.tasks.find(({ role }) => role === "failure")!.state, "succeeded");
});

test("example export tidies up at the service when it fails half way", async () => {
  await using world = await worldOf("export");
  const { run } = await runExample("export", {
    place: join(scratch, "export"),
    // The folder of the report is a file: the last task fails.
    params: { ...world.params, work: "/dev/null" },
  });
  assert.equal(run.state, "failed");
  assert.equal(run.tasks.find(({ role }) => role === "exit")!.state, "succeeded");
  assert.equal((await fetch(`${world.params!["service"] as string}/exports/0`)).status, 404);
});

test("example words counts another folder", async () => {
  const { run } = await runExample("words", { place: join(scratch, "licences"), params: { texts: "../order" } });
  // There is no text in there: the list of files cannot be made.
  assert.equal(run.state, "failed");
  assert.equal(statesOf(run)["count"], "upstream_failed");
});
