/** Dead letters, bulk actions, caches, callbacks and files of tasks from the command line, against a real server. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Place, until } from "./place.ts";
import { typedIn } from "./typed.ts";

const place = new Place();
before(() => place.serve("up", ["--slots", "4"]));
after(() => place.close());

const { octopus, json, refused } = typedIn(place);

test("a dead letter is listed, shown, replayed with other variables, and dismissed", async () => {
  const submit = ["submit", "-o", "quiet", "--wait", "--tag", "die", "--"];
  const id = (await octopus(...submit, 'echo "city=$CITY" >&2; test "$CITY" = Oslo')).out.trim();
  const other = (await octopus(...submit, "exit 7")).out.trim();
  assert.match((await octopus("dead")).out, /^ID +TYPE +ARM +TRIES +DIED +WHY +WHAT\n/);
  assert.deepEqual((await octopus("dead", "-o", "quiet")).out.trim().split("\n"), [other, id]);
  assert.equal((await octopus("ls", "--dead", "-o", "quiet")).out.trim().split("\n").length, 2);
  const shown = await octopus("dead", "show", id);
  assert.match(shown.out, /LAST OUTPUT\ncity=$/m);
  assert.match(shown.err, new RegExp(`octopus dead replay ${id}`));
  const replayed = await octopus("dead", "replay", id, "--input", '{"CITY":"Oslo"}');
  assert.equal(replayed.code, 0, replayed.err);
  assert.equal((await octopus("wait", id)).code, 0);
  assert.equal((await octopus("dead", "dismiss", other)).out, `${other}  dismissed\n`);
  const none = await octopus("dead");
  assert.deepEqual([none.out, none.err], ["", "no dead letter\n"]);
  assert.equal((await json<{ state: string }>("show", other)).state, "failed");
  await refused(["dead", "dismiss", id], 1, new RegExp(id));
  await refused(["dead", "replay"], 2, /name the tasks, or choose them/);
  await refused(["dead", "replay", id, "--all"], 2, /not both/);
  await refused(["dead", "replay", "--all", "--input", "1"], 2, /--input belongs to tasks that are named/);
});

test("dead letters are replayed and dismissed by filter, counted first", async () => {
  for (const i of [1, 2, 3]) await octopus("submit", "--wait", "--tag", "wave", "--name", `n${i}`, "--", "exit 1");
  assert.equal(
    (await octopus("dead", "replay", "--tag", "wave", "--dry-run")).out,
    "would replay 3 tasks (tag=wave dead=true)\n",
  );
  await refused(["dead", "replay", "--tag", "wave"], 2, /this will replay 3 tasks \(tag=wave dead=true\): say --yes/);
  const done = await octopus("dead", "replay", "--tag", "wave", "-y", "--wait");
  assert.deepEqual([done.code, /retry {2}done {2}3\/3/.test(done.out)], [0, true], done.out + done.err);
  await until(
    "they have died again",
    async () => (await octopus("dead", "-o", "quiet")).out.trim().split("\n").length === 3,
  );
  assert.equal((await octopus("dead", "dismiss", "--all", "-y", "--wait")).code, 0);
  assert.equal((await octopus("dead", "-o", "quiet")).out, "");
  assert.equal((await octopus("dead", "dismiss", "--all", "-y")).out, "no task matches\n");
});

test("bulk actions: counted, started, waited for, listed; a filter is needed", async () => {
  await octopus("arms", "set", "rack", "--parallel", "1");
  await octopus("arms", "pause", "rack");
  await octopus("submit", "--array", "1-20", "--arm", "rack", "--", "true");
  const dry = await json<{ count: number; started: boolean }>("bulk", "cancel", "--arm", "rack", "--dry-run");
  assert.deepEqual(dry, { count: 20, started: false });
  assert.equal((await octopus("bulk", "priority", "9", "--arm", "rack", "-y", "--wait")).code, 0);
  const { items } = await json<{ items: { priority: number }[] }>("ls", "--arm", "rack");
  assert.deepEqual([...new Set(items.map(({ priority }) => priority))], [9]);
  assert.equal((await octopus("bulk", "move", "default", "--arm", "rack", "-y", "--wait")).code, 0);
  await until("all ran", async () => {
    return (
      (await json<{ items: unknown[] }>("ls", "--state", "succeeded", "-n", "100", "--since", "1h")).items.length >= 20
    );
  });
  const list = await octopus("bulk");
  assert.match(list.out, /^ID +ACTION +STATE +DONE .*\nb\d+ +move +done +20\/20/);
  const id = /^(b\d+)/m.exec(list.out)![1]!;
  assert.match((await octopus("bulk", "show", id)).out, /20\/20/);
  await refused(["bulk", "stop", id], 1, new RegExp(id));
  await refused(["bulk", "show", "b999"], 1, /b999/);
  await refused(["bulk", "cancel"], 2, /say which tasks by at least one of/);
  await refused(["bulk", "cancel", "--state", "quued"], 2, /did you mean queued\?/);
  await refused(["bulk", "priority", "11", "--arm", "rack"], 2, /the priority must be a whole number from 0 to 10/);
  await refused(["bulk", "cancle"], 2, /no command "cancle" \(did you mean cancel\?\)/);
  assert.equal((await octopus("bulk", "cancel", "--tag", "nothing", "-y")).out, "no task matches\n");
});

test("a result comes from the cache, unless it shall not", async () => {
  const submit = (...words: string[]) =>
    json<{ id: string; cached?: boolean; cachedFrom?: string }>("submit", "--wait", ...words);
  const words = ["--cache-key", "v1", "--cache=1h", "--", "echo once >> ran.txt"];
  const first = await submit(...words);
  const second = await submit(...words);
  assert.deepEqual([second.cached, second.cachedFrom], [true, first.id]);
  assert.match((await octopus("show", second.id)).out, new RegExp(`^cached +result of ${first.id}$`, "m"));
  assert.equal((await submit("--no-cache", ...words)).cached ?? false, false);
  assert.equal(readFileSync(join(place.dir, "ran.txt"), "utf8"), "once\nonce\n");
  await refused(["submit", "--cache", "--", "date"], 2, /cache needs more than a command/);
});

test("callbacks run, and show names them and their deliveries", async () => {
  const told = join(place.dir, "told.json");
  const on = `failure=sh:printf %s "$OCTOPUS_EVENT" > '${told}'`;
  const ended = await octopus("submit", "--wait", "--on", on, "-o", "json", "--", "exit 3");
  assert.equal(ended.code, 1, ended.err);
  const { id } = JSON.parse(ended.out) as { id: string };
  await until("the callback has run", async () => {
    const { deliveries } = await json<{ deliveries: { state: string }[] }>("show", id);
    return deliveries[0]?.state === "succeeded";
  });
  assert.equal((JSON.parse(readFileSync(told, "utf8")) as { task: { exitCode: number } }).task.exitCode, 3);
  const { out } = await octopus("show", id);
  assert.match(out, /^tells +on failure: /m);
  assert.match(out, /^told +failure: t\d+ succeeded$/m);
});

test("files that a task left are listed and fetched, never outside the folder, never over others", async () => {
  const { id } = await json<{ id: string }>(
    ...["submit", "--wait", "--"],
    'mkdir -p "$OCTOPUS_ARTIFACTS/sub"; echo one > "$OCTOPUS_ARTIFACTS/a b.txt"; echo two > "$OCTOPUS_ARTIFACTS/sub/c.txt"',
  );
  assert.match(
    (await octopus("artifacts", id)).out,
    /^FILE +SIZE +TRY +SHA-256\na b\.txt +4 B +1 +[0-9a-f]{16}\nsub\/c\.txt/,
  );
  assert.equal((await octopus("artifacts", "get", id, "a b.txt", "--to", "-")).out, "one\n");
  assert.equal((await octopus("artifacts", "get", id, "--to", "got")).code, 0);
  assert.equal(readFileSync(join(place.dir, "got/sub/c.txt"), "utf8"), "two\n");
  await refused(["artifacts", "get", id, "--to", "got"], 1, /is there already: --force/);
  assert.equal((await octopus("artifacts", "get", id, "sub/c.txt", "--to", "flat.txt")).code, 0);
  assert.ok(existsSync(join(place.dir, "flat.txt")));
  await refused(["artifacts", "get", id, "sub/d.txt"], 1, /did you mean sub\/c\.txt\?/);
  await refused(["artifacts", "get", id, "--to", "-"], 2, /left 2 files: name one/);
  const bare = (await json<{ id: string }>("submit", "--wait", "--", "true")).id;
  assert.match((await octopus("artifacts", bare)).err, /left no file/);
});
