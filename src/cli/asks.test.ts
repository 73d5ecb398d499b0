import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskSubmission } from "../protocol/task.ts";
import { asksOf, readRate } from "./asks.ts";
import { whenOf } from "./schedule-options.ts";

test("options become what a task asks for, in a form that the schema takes", () => {
  const asks = asksOf({
    owner: "alice",
    key: "user:42",
    keyLimit: "3",
    mutex: ["db,cache"],
    rate: "api:eu:10/m:20",
    resource: ["cpu=0.5,gpu=1", "memory=1GiB"],
    unique: "import",
    uniqueScope: "period",
    uniquePeriod: "1h",
    onDuplicate: "reject",
    cache: "1h",
    cacheKey: "v1",
    cacheFile: ["a.csv"],
    noCache: true,
    on: ["success=https://example.com/a", "success=call:notify", "exhausted=sh:mail -s x=y ops"],
  });
  assert.deepEqual(asks, {
    owner: "alice",
    concurrencyKey: { key: "user:42", limit: 3 },
    mutex: ["db", "cache"],
    rate: { key: "api:eu", limit: 10, per: "1m", burst: 20 },
    resources: { cpu: "0.5", gpu: "1", memory: "1GiB" },
    uniqueKey: { key: "import", scope: "period", period: 3_600_000, policy: "reject" },
    cache: { key: "v1", files: ["a.csv"], ttl: "1h", refresh: true },
    on: {
      success: [{ webhook: "https://example.com/a" }, { call: "notify" }],
      exhausted: [{ task: { shell: "mail -s x=y ops" } }],
    },
  });
  assert.equal(TaskSubmission.safeParse({ call: "f", ...asks }).success, true);
  // A key may hold anything: nothing of it is taken for a limit.
  assert.deepEqual(asksOf({ key: "user:42" }), { concurrencyKey: "user:42" });
  assert.deepEqual(asksOf({ cache: true }), { cache: true });
  assert.deepEqual(asksOf({ noCache: true }), { cache: { refresh: true } });
  assert.deepEqual(asksOf({}), {});
  assert.deepEqual(readRate("10/1m", "--rate"), { limit: 10, per: "1m" });
});

test("each refusal names the option, the value seen and what is allowed", () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ keyLimit: "2" }, /--key-limit needs --key/],
    [{ key: "a", keyLimit: "0" }, /--key-limit must be a whole number from 1 to 1000000, not "0"/],
    [{ rate: "10/1m" }, /--rate must be a key, a colon and .*api:10\/1m, not "10\/1m"/],
    [{ rate: "api:10/x" }, /--rate must be a number and a time, .*not "10\/x"/],
    [{ resource: ["cpu"] }, /--resource must read name=amount, such as cpu=2, .*, not "cpu"/],
    [{ uniqueScope: "active" }, /--unique-scope needs --unique/],
    [{ onDuplicate: "reject" }, /--on-duplicate needs --unique/],
    [{ unique: "a", uniqueScope: "period" }, /--unique-scope period needs --unique-period/],
    [{ cache: "echo" }, /--cache must be alone or .*not "echo"; put -- before the command/],
    [{ on: ["sucess=https://x"] }, /--on takes one of success, .*not "sucess" \(did you mean success\?\)/],
    [{ on: ["https://x"] }, /--on must read moment=target.*not "https:\/\/x"/],
    [{ on: ["end=example.com"] }, /--on must lead to https:\/\/…, call:FUNCTION or sh:COMMAND, not "example.com"/],
  ];
  for (const [options, message] of wrong) assert.throws(() => asksOf(options), { code: "invalid", message });
});

test("options become when a schedule is due", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  assert.deepEqual(
    whenOf(
      {
        zone: "Europe/Berlin",
        start: "2026-12-01",
        exclude: ["12-25,sat"],
        calendar: ["holidays"],
        blackout: ["22:00-06:00", "sat,sun@10:00-12:00", "2026-07-01/2026-07-14"],
      },
      ["0 3 * * *"],
      now,
    ),
    {
      cron: ["0 3 * * *"],
      zone: "Europe/Berlin",
      start: "2026-11-30T23:00:00.000Z",
      exclude: ["12-25", "sat"],
      calendars: ["holidays"],
      blackouts: [
        { from: "22:00", to: "06:00" },
        { from: "10:00", to: "12:00", days: ["sat", "sun"] },
        { from: "2026-06-30T22:00:00.000Z", to: "2026-07-13T22:00:00.000Z" },
      ],
    },
  );
  assert.deepEqual(whenOf({ at: ["10m"] }, undefined, now), { at: ["2026-11-21T12:10:00.000Z"] });
  assert.throws(() => whenOf({}, undefined, now), /exactly one of --cron, --every and --at/);
  assert.throws(() => whenOf({ every: "1m" }, ["* * * * *"], now), /exactly one of/);
  assert.throws(() => whenOf({ blackout: ["night"] }, ["* * * * *"], now), /--blackout must read .*not "night"/);
});

test("options say where a task runs, in a form that the schema takes", () => {
  const asks = asksOf({
    worker: "ALL",
    target: "gpu, zone in (attic, cellar)",
    prefer: ["disk == ssd", "zone == attic * 10", "spot*-5"],
    apart: "db",
    spread: "zone",
    pack: true,
    near: true,
    resource: ["gpu=[0,2],cpu=2", "card=[1]*0.5"],
  });
  assert.deepEqual(asks, {
    worker: "ALL",
    target: {
      labels: "gpu, zone in (attic, cellar)",
      prefer: ["disk == ssd", { labels: "zone == attic", weight: 10 }, { labels: "spot", weight: -5 }],
      apart: "db",
      spread: "zone",
      policy: "pack",
      near: true,
    },
    resources: { gpu: { index: [0, 2] }, cpu: "2", card: { index: [1], share: 0.5 } },
  });
  assert.equal(TaskSubmission.safeParse({ call: "f", ...asks }).success, true);
  assert.throws(() => asksOf({ prefer: ["a * b"] }), /--prefer must be a selector/);
  for (const resource of ["gpu", "gpu=[a]", "gpu=[0,]", "gpu=[0"])
    assert.throws(() => asksOf({ resource: [resource] }), /--resource must read name=amount/);
});
