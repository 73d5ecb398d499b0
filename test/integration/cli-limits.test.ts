/** Arms, quotas, keys and their explanations from the command line, against a real server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Place, until } from "./place.ts";
import { typedIn } from "./typed.ts";

const place = new Place();
before(() => place.serve("up", ["--slots", "4", "--resources", "cpu=4,gpu=1"]));
after(() => place.close());

const { octopus, json, refused } = typedIn(place);
const state = async (id: string): Promise<string> => (await json<{ state: string }>("show", id)).state;
const isRunning = (id: string) => until(`${id} runs`, async () => (await state(id)) === "running");

test("an arm is registered, changed, shown with its holders, paused, resumed and removed", async () => {
  const set = await octopus("arms", "set", "press", "--parallel", "1", "--rate", "100/1m:200", "--aging", "5m");
  assert.equal(set.code, 0, set.err);
  assert.match(set.out, /^press +on +░░░░░░ 0\/1 .*100\/1m:200.*aging 5m$/m);
  const id = (await octopus("submit", "--arm", "press", "-o", "quiet", "--", "sleep 60")).out.trim();
  await isRunning(id);
  const second = (await octopus("submit", "--arm", "press", "-o", "quiet", "--", "true")).out.trim();
  const shown = await octopus("arms", "press");
  assert.match(shown.out, /slots +██████ 1\/1/);
  assert.match(shown.out, new RegExp(`HELD BY[^\\n]*\\n${id} `));
  const why = await octopus("explain", second);
  assert.match(why.out, new RegExp(`press.*${id}|${id}.*press`, "s"));
  assert.match((await octopus("arms", "pause", "press")).out, /^press {2}paused {2}1 running, 1 queued$/m);
  assert.match((await octopus("status")).out, /press +paused/);
  assert.match((await octopus("arms", "resume", "press")).out, /^press {2}on/);
  await octopus("arms", "drain", "press");
  await refused(["submit", "--arm", "press", "--", "true"], 1, /press/);
  await octopus("arms", "undrain", "press");
  await refused(["arms", "rm", "press"], 1, /press/);
  await octopus("cancel", id);
  assert.equal((await octopus("wait", second)).code, 0);
  const back = await json<{ rate?: unknown; maxParallel: number }>("arms", "set", "press", "--rate", "none");
  assert.deepEqual([back.rate, back.maxParallel], [undefined, 1]);
});

test("bad words about arms name what is wrong and what there is", async () => {
  await refused(["arms", "nowhere"], 1, /nowhere/);
  await refused(["arms", "pause", "nowhere"], 1, /nowhere/);
  await refused(["arms", "pasue", "press"], 2, /no command "pasue" \(did you mean pause\?\)/);
  await refused(["arms", "set", "press"], 2, /say what to change of the arm press/);
  await refused(["arms", "set", "press", "--parallel", "0"], 2, /--parallel must be a whole number from 1/);
  await refused(["arms", "set", "press", "--rate", "fast"], 2, /--rate must be a number and a time.*"fast"/);
  await refused(["arms", "set", "1x", "--parallel", "1"], 2, /must begin with a letter/);
  await refused(["arms", "rm", "default"], 1, /default/);
  await refused(["submit", "--arm", "nowhere", "--", "true"], 2, /nowhere/);
});

test("quotas are set, merged, shown and removed", async () => {
  await octopus("quota", "set", "alice", "--concurrent", "1");
  const { out } = await octopus("quota", "set", "alice", "--tasks", "1000/d", "--cpu", "2h/1d");
  assert.match(out, /alice +░░░░░░ 0\/1 +░░░░░░ 0\/1000 per 1d +░░░░░░ 0ms\/2h per 1d/);
  const first = (await octopus("submit", "--owner", "alice", "-o", "quiet", "--", "sleep 60")).out.trim();
  await isRunning(first);
  const second = (await octopus("submit", "--owner", "alice", "-o", "quiet", "--", "true")).out.trim();
  assert.match((await octopus("explain", second)).out, /alice/);
  assert.match((await octopus("quota")).out, /alice +██████ 1\/1 +█░░░░░ 1\/1000/);
  assert.deepEqual((await octopus("ls", "--owner", "alice", "-o", "quiet")).out.trim().split("\n"), [second, first]);
  await octopus("quota", "set", "alice", "--concurrent", "none");
  assert.equal((await octopus("wait", second)).code, 0);
  assert.equal((await octopus("quota", "rm", "alice")).out, "alice  removed\n");
  assert.equal((await octopus("cancel", first)).code, 0);
  await refused(["quota", "rm", "alice"], 1, /alice/);
  await refused(["quota", "set", "alice"], 2, /say what the owner may use/);
  await refused(["quota", "set", "alice", "--cpu", "2h"], 2, /--cpu must be CPU time per time.*"2h"/);
});

test("keys, mutexes and resources hold tasks up, and explain names the holder", async () => {
  const submit = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await octopus("submit", "-o", "quiet", ...words);
    assert.equal(code, 0, err);
    return out.trim();
  };
  const holder = await submit("--key", "user:42", "--mutex", "db", "--resource", "gpu=1", "--", "sleep 60");
  await isRunning(holder);
  const waiting = {
    key: await submit("--key", "user:42", "--", "true"),
    mutex: await submit("--mutex", "db", "--", "true"),
    resource: await submit("--resource", "gpu=1", "--", "true"),
  };
  for (const id of [waiting.key, waiting.mutex]) assert.match((await octopus("explain", id)).out, new RegExp(holder));
  assert.match((await octopus("explain", waiting.resource)).out, /gpu/);
  assert.deepEqual((await octopus("ls", "--key", "user:42", "-o", "quiet")).out.trim().split("\n").length, 2);
  const shown = await octopus("show", holder);
  assert.match(shown.out, /^key +user:42, 1 at once$/m);
  assert.match(shown.out, /^mutex +db$/m);
  assert.match(shown.out, /^takes +gpu 1$/m);
  await octopus("cancel", holder);
  for (const id of Object.values(waiting)) assert.equal((await octopus("wait", id)).code, 0);
  await refused(["submit", "--resource", "gpu=x", "--", "true"], 2, /resources\.gpu must be an amount above 0/);
});

test("a rate says until when a task waits", async () => {
  const first = await octopus("submit", "--rate", "mail:1/1h", "--wait", "--", "true");
  assert.equal(first.code, 0, first.err);
  const id = (await octopus("submit", "--rate", "mail:1/1h", "-o", "quiet", "--", "true")).out.trim();
  const { out } = await octopus("explain", id);
  assert.match(out, /until .*, in (59m|1h00m)/);
  assert.equal((await octopus("cancel", id)).code, 0);
});

test("a unique key answers the task that is there, or refuses", async () => {
  const first = (await octopus("submit", "--unique", "nightly", "-o", "quiet", "--", "sleep 60")).out.trim();
  const same = await octopus("submit", "--unique", "nightly", "--", "sleep 60");
  assert.match(same.out, new RegExp(`^${first} .*submitted before`));
  await refused(["submit", "--unique", "nightly", "--on-duplicate", "reject", "--", "true"], 1, new RegExp(first));
  assert.equal((await octopus("cancel", first)).code, 0);
});

test("waiting tasks move to another arm and priority", async () => {
  await octopus("arms", "set", "shelf", "--parallel", "2");
  await octopus("arms", "pause", "shelf");
  const id = (await octopus("submit", "--arm", "shelf", "-o", "quiet", "--", "true")).out.trim();
  const moved = await octopus("mv", id, "--priority", "9");
  assert.deepEqual([moved.code, moved.out], [0, `${id}  queued  shelf, priority 9\n`], moved.err);
  await refused(["mv", id], 2, /say where to/);
  await refused(["mv", id, "--arm", "nowhere"], 2, /nowhere/);
  assert.match((await octopus("mv", id, "--arm", "default")).out, /default, priority 9/);
  assert.equal((await octopus("wait", id)).code, 0);
  await refused(["mv", id, "--priority", "1"], 1, new RegExp(id));
  assert.equal((await octopus("arms", "rm", "shelf")).out, "shelf  removed\n");
});
