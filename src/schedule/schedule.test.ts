/** What people write and read: cron expressions, their words and warnings, crontabs, days on which nothing is due. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import type { ScheduleRule } from "../core/schedules/calendar.ts";
import { checkSchedule, createCalendar, describeRule, parseCrontab } from "./mod.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const NO_JITTER = { jitterMs: 0 };
const calendar = createCalendar();

function rule(cron: string, more: Partial<ScheduleRule> = {}): ScheduleRule {
  return { crons: [cron], zone: "UTC", seed: "s", ...more };
}

function next(one: ScheduleRule, count: number, after = NOW - 1): string[] {
  const found: string[] = [];
  for (let at = calendar.next(one, after); at !== undefined && found.length < count; at = calendar.next(one, at))
    found.push(new Date(at).toISOString().slice(0, 19));
  return found;
}

function refusal(run: () => unknown): OctopusError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof OctopusError);
    return error;
  }
  return assert.fail("it was accepted");
}

describe("cron", () => {
  test("in words", () => {
    const words: [string, string][] = [
      ["30 8 * * 1-5", "at 08:30 on Monday to Friday"],
      ["*/5 * * * *", "every 5 minutes"],
      ["* * * * * *", "every second"],
      ["15,45 * * * * *", "every 30 seconds from second 15"],
      ["0 */2 * * *", "every 2 hours from 00:00"],
      ["@hourly", "every hour"],
      ["20 * * * *", "every hour at :20"],
      ["*/10 9-17 * * *", "every 10 minutes from 09:00 to 17:59"],
      ["0 9-17 * * MON-FRI", "at 00 minutes past hours 9 to 17 on Monday to Friday"],
      ["0 0 L * *", "at 00:00 on the last day of the month"],
      ["0 0 LW * *", "at 00:00 on the last weekday of the month"],
      ["0 0 15W * *", "at 00:00 on the weekday nearest to day 15 of the month"],
      ["0 0 * * FRIL", "at 00:00 on the last Friday of the month"],
      ["0 0 * * MON#2", "at 00:00 on the second Monday of the month"],
      ["0 0 1,15 * 1", "at 00:00 on day 1 and 15 of the month and on Monday"],
      ["0 0 */2 * MON", "at 00:00 on day 1, 3, 5, 7, 9, 11 and 10 more of the month when it is Monday"],
      ["5 4 1 1-6 ?", "at 04:05 on day 1 of the month in January to June"],
      ["CRON_TZ=Asia/Tokyo 0 12 * * *", "at 12:00 (Asia/Tokyo)"],
      ["@every 90s", "every 90s"],
    ];
    for (const [cron, expected] of words) assert.equal(describeRule(rule(cron)), expected, cron);
    assert.equal(describeRule({ everyMs: 5_400_000, zone: "UTC", seed: "" }), "every 90m");
    assert.equal(describeRule({ at: [NOW], zone: "Europe/Berlin", seed: "" }), "at 2026-06-01 02:00");
    assert.equal(
      describeRule({ crons: ["0 8 * * *", "0 20 * * 6"], zone: "UTC", seed: "" }),
      "at 08:00 and at 20:00 on Saturday",
    );
  });

  test("refused, with the field and what is allowed", () => {
    const cases: [string, RegExp][] = [
      ["61 * * * *", /minute field "61" has 61 where 0 to 59 is allowed/],
      ["* * * *", /has 4 fields where five or six are needed/],
      ["", /has 0 fields/],
      ["5-1 * * * *", /runs backwards: 5-1; write it as two, such as 5-59,0-1/],
      ["* * * * FRI-MON", /day of week field "FRI-MON" has a range that runs backwards/],
      ["*/0 * * * *", /step 0; allowed is 1 to 60/],
      ["*/61 * * * *", /step 61/],
      ["* 24 * * *", /hour field "24"/],
      ["* * 0 * *", /day of month field "0" has 0 where 1 to 31/],
      ["* * 32W * *", /day of month field "32W"/],
      ["* * * FEB-X *", /month field "FEB-X" has x where 1 to 12 or jan to dec/],
      ["* * * * MON#6", /day of week field "MON#6"/],
      ["1,,2 * * * *", /has nothing where 0 to 59/],
      ["L * * * *", /minute field "L"/],
      ["H(9-3) * * * *", /runs backwards/],
      ["@fortnightly", /there is no @fortnightly; there are @yearly/],
      ["@every soon", /needs a duration of at least 1s/],
      ["@every 10ms", /needs a duration of at least 1s/],
      ["@reboot", /@reboot is no time/],
      ["CRON_TZ=Mars/Olympus 0 0 * * *", /no time zone: "Mars\/Olympus"/],
    ];
    for (const [cron, message] of cases) {
      const error = refusal(() => checkSchedule(NO_JITTER, rule(cron), NOW));
      assert.equal(error.issues[0]?.path, "cron[0]", cron);
      assert.match(error.message, message, cron);
    }
    assert.equal(
      refusal(() => checkSchedule(NO_JITTER, rule("@daily", { zone: "Nowhere" }), NOW)).issues[0]?.path,
      "zone",
    );
  });

  test("H is the same for a name, differs between names, and stays in its range", () => {
    const minutes = new Set<string>();
    for (let n = 0; n < 200; n++) {
      const one = rule("H(0-29) H * * *", { seed: `job-${n}` });
      const [first] = next(one, 1);
      assert.deepEqual(next({ ...one }, 1), [first]);
      assert.ok(Number(first!.slice(14, 16)) < 30);
      minutes.add(first!.slice(11, 16));
    }
    assert.ok(minutes.size > 120, `only ${minutes.size} of 720 times are used by 200 schedules`);
    const steps = next(rule("H(0-29)/10 * * * *"), 3).map((at) => Number(at.slice(14, 16)));
    assert.deepEqual(
      steps.map((minute) => minute - steps[0]!),
      [0, 10, 20],
    );
    assert.equal(next(rule("H/15 * * * *"), 4).length, 4);
    for (let n = 0; n < 50; n++) assert.equal(next(rule("0 0 H * *", { seed: `job-${n}` }), 12).length, 12);
  });

  test("lint names what is likely a mistake", () => {
    const cases: [string, RegExp][] = [
      ["* */4 * * *", /each minute of the hours it names .* write 0 for the minute/],
      ["* * */4 * * *", /each second of the hours it names/],
      ["0 0 13 * 5", /either is enough/],
      ["0 0 31 * *", /leaves out months that have no day 31/],
      ["*/7 * * * *", /60 minutes are no multiple/],
    ];
    for (const [cron, message] of cases)
      assert.match(checkSchedule(NO_JITTER, rule(cron), NOW).join("; "), message, cron);
    for (const cron of ["0 */4 * * *", "*/15 9-17 * * 1-5", "0 0 * * 0", "H H * * *", "* * * * *", "* 3 * * *"])
      assert.deepEqual(checkSchedule(NO_JITTER, rule(cron), NOW), [], cron);
    const impossible = { message: 'cron[0] is never due: no day within ten years fits "0 0 30 2 *"' };
    assert.throws(() => checkSchedule(NO_JITTER, rule("0 0 30 2 *"), NOW), impossible);
    const past = { at: [NOW - 1], zone: "UTC", seed: "" };
    assert.match(checkSchedule(NO_JITTER, past, NOW)[0]!, /all its times have passed/);
    const shut = rule("0 3 * * *", { blackouts: [{ from: "02:00", to: "04:00" }] });
    assert.match(checkSchedule(NO_JITTER, shut, NOW)[0]!, /excluded day or in a blackout/);
    assert.match(checkSchedule({ jitterMs: 60_000 }, rule("* * * * * *"), NOW)[0]!, /jitter is longer/);
  });
});

describe("bounds and closed times", () => {
  test("ticks lie from start to before end", () => {
    const bounded = rule("0 0 * * *", { startAt: NOW + 86_400_000, endAt: NOW + 3 * 86_400_000 });
    assert.deepEqual(next(bounded, 9), ["2026-06-02T00:00:00", "2026-06-03T00:00:00"]);
    assert.equal(calendar.previous(bounded, NOW + 1e12, 0), NOW + 2 * 86_400_000);
  });

  test("intervals are counted from their anchor, across clock changes", () => {
    const every = { everyMs: 5_400_000, anchor: NOW + 1, zone: "Europe/Berlin", seed: "" };
    assert.equal(calendar.next(every, NOW), NOW + 1);
    assert.equal(calendar.next(every, NOW + 1), NOW + 5_400_001);
    assert.equal(calendar.previous(every, NOW, NOW - 1e9), NOW + 1 - 5_400_000);
    assert.deepEqual(next(rule("@every 90m", { anchor: NOW }), 2), ["2026-06-01T00:00:00", "2026-06-01T01:30:00"]);
  });

  test("excluded days: one, each year, a range, a day of the week; read in the zone", () => {
    const days = ["2026-06-02", "06-03", "2026-06-05/2026-06-06", "sun"];
    const found = next(rule("0 12 * * *", { excludeDays: days }), 4);
    assert.deepEqual(
      found.map((at) => at.slice(5, 10)),
      ["06-01", "06-04", "06-08", "06-09"],
    );
    const tokyo = rule("30 * * * *", { zone: "Asia/Tokyo", excludeDays: ["2026-06-01"] });
    assert.equal(next(tokyo, 1)[0], "2026-06-01T15:30:00");
    for (const day of ["2026-02-29", "02-30", "2026-07-02/2026-07-01"]) {
      const error = refusal(() => checkSchedule(NO_JITTER, rule("@daily", { excludeDays: [day] }), NOW));
      assert.equal(error.issues[0]?.path, "exclude[0]");
    }
  });

  test("blackouts: over midnight, on some days, between two moments", () => {
    const night = rule("0 */4 * * *", { blackouts: [{ from: "22:00", to: "06:00" }] });
    assert.deepEqual(
      next(night, 5).map((at) => at.slice(8, 13)),
      ["01T08", "01T12", "01T16", "01T20", "02T08"],
    );
    const saturday = rule("0 0 * * *", { blackouts: [{ from: "23:00", to: "01:00", days: ["sat"] }] });
    assert.deepEqual(
      next(saturday, 7).map((at) => at.slice(8, 10)),
      ["01", "02", "03", "04", "05", "06", "08"],
    );
    const once = rule("0 * * * *", { blackouts: [{ from: NOW, to: NOW + 3_600_000 }] });
    assert.equal(next(once, 1)[0], "2026-06-01T01:00:00");
    const always = rule("* * * * * *", { blackouts: [{ from: "00:00", to: "00:00" }] });
    assert.equal(calendar.next(always, NOW), undefined);
    assert.equal(calendar.previous(always, NOW, 0), undefined);
  });

  test("a blackout ends when the clocks say so, also on the day that they are changed", () => {
    const zone = "America/New_York";
    const spring = rule("*/30 * * * *", { zone, blackouts: [{ from: "01:00", to: "02:30" }] });
    // 02:30 is left out on that day: the blackout ends with the gap, at 03:00.
    assert.equal(next(spring, 1, Date.parse("2026-03-08T05:59:00Z"))[0], "2026-03-08T07:00:00");
    const autumn = rule("*/30 * * * *", { zone, blackouts: [{ from: "00:30", to: "01:30" }] });
    // 01:30 is shown twice, and so is the time before it: both times are closed.
    const found = next(autumn, 3, Date.parse("2026-11-01T04:29:00Z"));
    assert.deepEqual(
      found.map((at) => at.slice(11, 16)),
      ["05:30", "06:30", "07:00"],
    );
  });
});

describe("crontab", () => {
  test("lines, variables, zones, users and standard input", () => {
    const text = [
      ...["# comment", "", 'MAILTO="root"', "17 *\t* * *\troot\tcd / && run-parts /etc/cron.hourly"],
      ...["CRON_TZ=Europe/Berlin", "@daily root /usr/local/bin/backup.sh --all", "A = b c "],
      "0 3 * * 0 bob mail -s 100\\% x%Hi%it's me",
    ].join("\n");
    assert.deepEqual(parseCrontab(text, { system: true }), [
      {
        ...{ name: "run-parts", cron: "17 * * * *", zone: undefined, env: { MAILTO: "root" }, user: "root", line: 4 },
        command: "cd / && run-parts /etc/cron.hourly",
      },
      {
        ...{ name: "backup", cron: "@daily", zone: "Europe/Berlin", env: { MAILTO: "root" }, user: "root", line: 6 },
        command: "/usr/local/bin/backup.sh --all",
      },
      {
        ...{
          name: "mail",
          cron: "0 3 * * 0",
          zone: "Europe/Berlin",
          env: { MAILTO: "root", A: "b c" },
          user: "bob",
          line: 8,
        },
        command: "printf '%s\\n' 'Hi\nit'\\''s me' | { mail -s 100% x\n}",
      },
    ]);
  });

  test("equal commands get names of their own", () => {
    const names = parseCrontab("0 1 * * * /opt/x.sh a\n0 2 * * * /opt/x.sh b\n").map(({ name }) => name);
    assert.deepEqual(names, ["x", "x-2"]);
  });

  test("every line that cannot be is named", () => {
    const error = refusal(() =>
      parseCrontab("@reboot x\n61 * * * * y\n* * * * *\nCRON_TZ=Mars\n", { source: "my.tab" }),
    );
    assert.deepEqual(
      error.issues.map(({ path }) => path),
      ["line 1", "line 2", "line 3", "line 4"],
    );
    assert.match(error.message, /^my\.tab has lines that cannot be imported: line 1: @reboot/);
  });
});
