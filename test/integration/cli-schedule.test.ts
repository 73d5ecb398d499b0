/** Schedules, calendars and crontabs from the command line, against a real server. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Place, until } from "./place.ts";
import { typedIn } from "./typed.ts";

const place = new Place({ TZ: "Europe/Berlin" });
before(() => place.serve("up", ["--slots", "4"]));
after(() => place.close());

const { octopus, json, refused } = typedIn(place);
interface Schedule {
  name: string;
  zone: string;
  nextAt?: string;
  paused: boolean;
  ticks: { action: string; made?: string }[];
}

test("a schedule is made, shown, triggered, paused, resumed and removed", async () => {
  const added = await octopus(
    ...["schedule", "add", "backup", "--cron", "30 2 * * *", "--zone", "Europe/Berlin", "--overlap", "skip"],
    ...["--", "echo", "saved", "$OCTOPUS_SCHEDULE"],
  );
  assert.equal(added.code, 0, added.err);
  assert.match(added.out, /^schedule +backup$/m);
  assert.match(added.out, /^next +\w{3} \d{4}-\d\d-\d\d 02:30:00 \+0[12]:00 +in /m);
  assert.match((await octopus("schedule")).out, /^SCHEDULE +WHEN +NEXT[^\n]*\nbackup /);
  const triggered = await octopus("schedule", "trigger", "backup");
  assert.equal(triggered.code, 0, triggered.err);
  const [, id] = /^backup {2}fired {2}(\S+)/.exec(triggered.out)!;
  assert.equal((await octopus("wait", id!)).code, 0);
  assert.match((await octopus("show", id!)).out, /^made by +schedule backup, tick /m);
  assert.deepEqual((await octopus("ls", "--schedule", "backup", "-o", "quiet")).out, `${id}\n`);
  const shown = await json<Schedule>("schedule", "show", "backup");
  assert.deepEqual(
    shown.ticks.map(({ action, made }) => [action, made]),
    [["fired", id]],
  );
  assert.match((await octopus("schedule", "ticks", "backup")).out, /(queued|running|succeeded) +t\d+ .*trigger/);
  assert.equal((await octopus("schedule", "next", "backup", "-n", "3")).out.trim().split("\n").length, 3);
  assert.match((await octopus("status")).out, /backup +.*in \d/);
  assert.match((await octopus("schedule", "pause", "backup")).out, /^backup {2}paused$/m);
  assert.match((await octopus("schedule")).out, /backup .*paused/);
  assert.match((await octopus("schedule", "next", "backup")).err, /is paused/);
  assert.match((await octopus("schedule", "resume", "backup")).out, /^backup {2}next in /m);
  assert.equal((await octopus("schedule", "rm", "backup")).out, "backup  removed\n");
  await refused(["schedule", "show", "backup"], 1, /there is no schedule "?backup"?/);
});

test("an interval fires by itself, and a workflow runs by the calendar", async () => {
  writeFileSync(
    join(place.dir, "flow.yaml"),
    "name: flow\nparams: {who: nobody}\ntasks: {hello: echo $OCTOPUS_PARAM_who}\n",
  );
  await octopus("schedule", "add", "poll", "--every", "1s", "--", "true");
  const flow = await octopus("schedule", "add", "flow", "--cron", "@yearly", "--workflow", "flow.yaml", "-p", "who=me");
  assert.equal(flow.code, 0, flow.err);
  const run = (await json<{ made: string }[]>("schedule", "trigger", "flow"))[0]!.made;
  assert.equal((await octopus("wait", run)).code, 0);
  assert.match((await octopus("logs", run)).out, /me/);
  assert.equal((await octopus("ls", "--runs", "--schedule", "flow", "-o", "quiet")).out, `${run}\n`);
  await until("the interval has fired", async () => {
    const { items } = await json<{ items: { action: string }[] }>("schedule", "ticks", "poll");
    return items.some(({ action }) => action === "fired");
  });
  await octopus("schedule", "rm", "poll", "flow");
});

test("preview says in words and times when it would be, and keeps nothing", async () => {
  const { code, out, err } = await octopus("schedule", "preview", "30 2 29 3 *", "--zone", "Europe/Berlin", "-n", "1");
  assert.equal(code, 0, err);
  assert.match(out, /\(Europe\/Berlin\)\n\w{3} 20\d\d-03-29 0[23]:[03]0:00 \+0[12]:00/);
  assert.equal((await octopus("schedule", "preview", "--every", "90s", "-n", "4")).out.trim().split("\n").length, 5);
  assert.equal((await octopus("schedule", "-o", "json")).out, '{"items":[]}\n');
});

test("bad schedules are refused with the field", async () => {
  await refused(["schedule", "add", "x", "--cron", "61 * * * *", "--", "true"], 2, /61/);
  await refused(["schedule", "add", "x", "--cron", "* * * * *", "--zone", "Europe/Berln", "--", "true"], 2, /Berln/);
  await refused(["schedule", "add", "x", "--", "true"], 2, /exactly one of --cron, --every and --at/);
  await refused(["schedule", "add", "x", "--every", "1m"], 2, /say one thing to do/);
  await refused(["schedule", "add", "x", "--every", "10ms", "--", "true"], 2, /every must be at least 1s/);
  await refused(["schedule", "add", "x", "--every", "1m", "--overlap", "both", "--", "true"], 2, /Allowed choices/);
  await refused(["schedule", "add", "x", "--every", "1m", "--workflow", "no.yaml"], 2, /cannot read no.yaml/);
  await refused(
    ["schedule", "add", "x", "--every", "1m", "--workflow", "no.yaml", "--retries", "1"],
    2,
    /--retries is for one/,
  );
  await refused(["schedule", "add", "x", "--every", "1m", "--arm", "nowhere", "--", "true"], 2, /nowhere/);
  await refused(["schedule", "add", "x", "--every", "1m", "--exclude", "xmas", "--", "true"], 2, /exclude/);
  await refused(["schedule", "trigerr", "x"], 2, /did you mean trigger\?/);
  await refused(["schedule", "trigger", "nowhere"], 1, /nowhere/);
});

test("a calendar keeps schedules from firing, and is kept while it is used", async () => {
  assert.equal((await octopus("calendar", "set", "rest", "sat,sun", "12-25")).out, "rest  3 days\n");
  await octopus("schedule", "add", "work", "--cron", "0 9 * * *", "--calendar", "rest", "--", "true");
  assert.match((await octopus("calendar")).out, /^CALENDAR +USED BY +DAYS\nrest +work +sat sun 12-25$/m);
  const next = await octopus("schedule", "next", "work", "-n", "7");
  assert.doesNotMatch(next.out, /^S(at|un)/m);
  await refused(["calendar", "rm", "rest"], 1, /work/);
  await octopus("schedule", "rm", "work");
  assert.equal((await octopus("calendar", "rm", "rest")).out, "rest  removed\n");
  await refused(["calendar", "set", "rest", "someday"], 2, /someday/);
});

test("backfill counts first, fires once, and not again", async () => {
  await octopus("schedule", "add", "hourly", "--cron", "0 * * * *", "--paused", "--", "true");
  const dry = await octopus("schedule", "backfill", "hourly", "--from", "5h", "--dry-run");
  assert.equal(dry.out, "would fire 5 ticks of hourly\n", dry.err);
  await refused(["schedule", "backfill", "hourly", "--from", "5h"], 2, /this will fire 5 ticks of hourly: say --yes/);
  const done = await octopus("schedule", "backfill", "hourly", "--from", "5h", "-y");
  assert.equal(done.out, "5 ticks of hourly fired\n", done.err);
  await until("its tasks are there", async () => {
    return (await octopus("ls", "--schedule", "hourly", "-o", "quiet")).out.trim().split("\n").length === 5;
  });
  assert.equal(
    (await octopus("schedule", "backfill", "hourly", "--from", "5h", "-y")).out,
    "no tick there that was not fired\n",
  );
  await refused(["schedule", "backfill", "hourly"], 2, /--from/);
  await refused(
    ["schedule", "backfill", "hourly", "--from", "1h", "--to", "2h"],
    2,
    /--to .* must be later than --from/,
  );
  await octopus("schedule", "rm", "hourly");
});

test("a file that is no crontab was told of line by line, with its control characters", async () => {
  const file = join(place.dir, "garbage");
  writeFileSync(file, "\u001b[31m* 2 3 4 5 x\n".repeat(100));
  const { code, err } = await place.run(["import", "crontab", file]);
  assert.equal(code, 2);
  assert.ok(!err.includes("\u001b"), JSON.stringify(err.slice(0, 200)));
  assert.ok(err.split("\n").length <= 23, err);
  assert.match(err, /and 95 more/);
});

test("a crontab is taken over once, whoever imports it twice", async () => {
  const file = join(place.dir, "crontab");
  const lines = ["# jobs", "MAILTO=ops@example.com", "GREETING=hi", "30 2 * * * /usr/local/bin/backup.sh --all"];
  writeFileSync(file, [...lines, "*/5 * * * * echo $GREETING", "@daily cd /tmp && ./tidy", ""].join("\n"));
  const dry = await octopus("import", "crontab", file, "--dry-run");
  assert.equal(dry.code, 0, dry.err);
  assert.match(dry.out, /^backup +4 .*would be made +\/usr\/local\/bin\/backup\.sh --all$/m);
  assert.match(dry.err, /MAILTO is not used/);
  assert.equal((await octopus("schedule", "-o", "quiet")).out, "");
  const first = await octopus("import", "crontab", file);
  assert.equal(first.code, 0, first.err);
  assert.deepEqual(
    [...first.out.matchAll(/^(\S+) .* made /gm)].map(([, name]) => name),
    ["backup", "echo", "tidy"],
  );
  const made = (await json<{ made: string }[]>("schedule", "trigger", "echo"))[0]!.made;
  assert.equal((await octopus("wait", made)).code, 0);
  assert.equal((await octopus("logs", made)).out, "hi\n");
  const second = await octopus("import", file);
  assert.deepEqual([...second.out.matchAll(/^(\S+) .* same /gm)].length, 3, second.err);
  assert.equal((await octopus("schedule", "-o", "quiet")).out.trim().split("\n").length, 3);
  assert.equal((await json<Schedule>("schedule", "show", "backup")).zone, "Europe/Berlin");
  await octopus("schedule", "add", "other", "--every", "1h", "--", "true");
  writeFileSync(file, "0 1 * * * other\n");
  await refused(["import", "crontab", file], 1, /line 1: there is a schedule other that was made by hand.*--prefix/);
  assert.equal((await octopus("import", "crontab", file, "--prefix", "old-", "-o", "quiet")).out, "old-other\n");
  writeFileSync(file, "0 1 * * * fine\n@reboot late\n61 * * * * wrong\n");
  await refused(["import", "crontab", file], 2, /line 2: .*line 3: /s);
});
