import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { TaskSubmission } from "../protocol/task.ts";
import type { TaskView } from "../protocol/views.ts";
import { curlOf, shellQuote, submissionOf, taskCommands } from "./commands.ts";
import { helpFor } from "./explain-links.ts";
import { phaseTimes, timelineOf } from "./timeline.ts";

const task = {
  id: "t12",
  type: "shell",
  kind: "shell",
  arm: "builds",
  priority: 5,
  state: "queued",
  attempt: 0,
  tags: ["a b"],
  needs: [],
  createdAt: "2026-11-21T12:00:00.000Z",
  work: { kind: "shell", shell: { command: "echo 'it''s'; rm -rf \"$X\"", env: { X: "$(id)" } } },
} satisfies TaskView;
const where = { url: "http://127.0.0.1:8000/", needsToken: false };

describe("commands to copy", () => {
  it("quotes every word so that a shell reads it as it is", () => {
    for (const word of ["a", "it's", '$(id) `id` "x"', "a\nb\tc", "tail\\", "-n", "ä😀", "x\u0007\u001b[31m'\\n", ""]) {
      const line = `printf %s ${shellQuote(word)}`;
      assert.equal(execFileSync("/bin/bash", ["-c", line], { encoding: "utf8", env: { LC_ALL: "C.UTF-8" } }), word);
    }
    assert.match(shellQuote("a\u202eb"), /^\$'a\\u202eb'$/);
  });

  it("leaves the token out", () => {
    assert.equal(
      curlOf({ url: "https://box:8000", needsToken: true }, { path: "/tasks/t1" }),
      'curl -sS https://box:8000/api/v1/tasks/t1 -H "Authorization: Bearer $OCTOPUS_TOKEN"',
    );
    assert.equal(
      curlOf(where, { method: "POST", path: "/tasks/t1/cancel", body: {} }),
      "curl -sS http://127.0.0.1:8000/api/v1/tasks/t1/cancel -H 'content-type: application/json' -d '{}'",
    );
  });

  it("offers what goes with the state", () => {
    const titles = (isEnded: boolean) => taskCommands(task, where, isEnded).map(({ title }) => title);
    assert.deepEqual(titles(false).slice(2), ["Wait for its end", "Cancel it", "Submit another like it"]);
    assert.deepEqual(titles(true).slice(2), ["Retry it", "Submit another like it"]);
    const again = taskCommands(task, where, true).at(-1)!;
    assert.equal(
      again.cli,
      `octopus submit --arm builds --tag 'a b' --env 'X=$(id)' -- ${shellQuote(task.work.shell.command)}`,
    );
  });

  it("makes no submission of what only a workflow can make", () => {
    const { work: _, ...rest } = task;
    assert.equal(submissionOf({ ...rest, kind: "approval", work: { kind: "approval", approval: {} } }), undefined);
    assert.deepEqual(submissionOf({ ...rest, tags: [], kind: "call", work: { kind: "call", call: "f", input: 1 } }), {
      call: "f",
      input: 1,
      arm: "builds",
    });
  });
});

describe("a submission made of a task", () => {
  it("is one that the server takes, and says the same", () => {
    const full: TaskView = {
      ...task,
      priority: 9,
      tags: ["x"],
      timeoutMs: 60_000,
      retries: {
        limit: 2,
        backoff: "exponential",
        delayMs: 1000,
        maxDelayMs: 600_000,
        jitter: 0.2,
        rules: [{ statuses: [429, 5], limit: 9 }],
      },
      target: { labels: "gpu, zone in (attic, cellar)", prefer: [{ labels: "ssd", weight: 2 }], apart: "db" },
      resources: { cpu: 0.5, gpu: 1 },
      units: { gpu: [0] },
      owner: "ann",
      mutex: ["db"],
      rate: { key: "api", limit: 3, perMs: 1000, burst: 5 },
      concurrencyKey: { key: "k", limit: 2 },
      uniqueKey: { key: "u", scope: "period", periodMs: 5000, policy: "reject" },
      needs: ["t1"],
      dueAt: "2026-11-21T13:00:00.000Z",
    };
    const { needs, uniqueKey, runAt, ...spec } = TaskSubmission.parse(submissionOf(full, true));
    assert.deepEqual([needs, uniqueKey, runAt], [["t1"], full.uniqueKey, Date.parse(full.dueAt!)]);
    assert.deepEqual(spec, TaskSubmission.parse(submissionOf(full)));
    assert.deepEqual(
      [spec.timeout, spec.rate, spec.resources, spec.units],
      [60_000, full.rate, { cpu: 500, gpu: 1000 }, { gpu: [0] }],
    );
    assert.deepEqual((spec.retries as { rules: { statuses: number[] }[] }).rules[0]!.statuses, [429, 5]);
  });
});

describe("help for reasons", () => {
  const help = (code: string, about?: string, more = {}) => helpFor({ code, message: "", about }, { ...task, ...more });

  it("leads to what is in the way, and offers what ends it", () => {
    assert.deepEqual(help("arm_full", "builds"), {
      link: { label: "Arm builds", to: { screen: "arm", name: "builds" } },
      remedy: { kind: "raise-limit", label: "Raise its limit", arm: "builds" },
    });
    assert.equal(help("arm_disabled").remedy?.kind, "resume-arm");
    assert.deepEqual(help("mutex_held", "t7").link, {
      label: "Open the holder, t7",
      to: { screen: "task", name: "t7" },
    });
    assert.deepEqual(help("needs", "t3").link, { label: "Open t3", to: { screen: "task", name: "t3" } });
    assert.deepEqual(help("needs"), {});
    assert.deepEqual(help("role", "r2").link?.to, { screen: "run", name: "r2" });
    assert.deepEqual(help("something_new", "x"), {});
  });

  it("says how to start a worker that fits", () => {
    const asked = {
      target: { labels: "gpu, zone in (attic, cellar), os != windows, rack == 'a 1', !spot" },
      resources: { cpu: 2 },
    };
    assert.deepEqual(help("labels", "vm", asked).remedy, {
      kind: "command",
      label: "Start a worker that fits",
      command: "octopus worker --labels 'gpu,zone=attic,rack=a 1' --resources cpu=2",
    });
    assert.equal((help("worker_gone", "box9").remedy as { command: string }).command, "octopus worker --name box9");
  });
});

describe("the timeline", () => {
  const at = (seconds: number) => new Date(Date.parse(task.createdAt) + seconds * 1000).toISOString();
  const attempt = (number: number, from: number, to?: number, more = {}) => ({
    attempt: number,
    worker: "w",
    startedAt: at(from),
    ...(to !== undefined && { endedAt: at(to), outcome: "failed" as const }),
    ...more,
  });
  const shape = (subject: Partial<Parameters<typeof timelineOf>[0]>) =>
    timelineOf({ ...task, attempts: [], ...subject }).map(({ phase, attempt: n, from, to }) => [
      phase,
      n,
      (from - Date.parse(task.createdAt)) / 1000,
      to === undefined ? undefined : (to - Date.parse(task.createdAt)) / 1000,
    ]);

  it("splits every attempt into what it waited for", () => {
    const attempts = [
      attempt(1, 6, 8, { readyAt: at(2), admittedAt: at(5) }),
      attempt(2, 12, undefined, { readyAt: at(11), admittedAt: at(11) }),
    ];
    assert.deepEqual(shape({ state: "running", needs: ["t1"], attempts }), [
      ["needs", 0, 0, 2],
      ["slot", 1, 2, 5],
      ["worker", 1, 5, 6],
      ["running", 1, 6, 8],
      ["retry", 2, 8, 11],
      ["worker", 2, 11, 12],
      ["running", 2, 12, undefined],
    ]);
  });

  it("says what is not known", () => {
    const rows = shape({ state: "failed", endedAt: at(9), attempts: [attempt(1, 3, 4), attempt(2, 6, 9)] });
    assert.deepEqual(rows, [
      ["queue", 1, 0, 3],
      ["running", 1, 3, 4],
      ["retry", 2, 4, 6],
      ["running", 2, 6, 9],
    ]);
  });

  it("has an open end while the task lives, and none after", () => {
    assert.deepEqual(shape({ state: "blocked", needs: ["t1"] }), [["needs", 0, 0, undefined]]);
    assert.deepEqual(shape({ state: "queued", readyAt: at(0) }), [["queue", 0, 0, undefined]]);
    assert.deepEqual(shape({ state: "queued", readyAt: at(3), needs: ["t1"] }), [
      ["needs", 0, 0, 3],
      ["queue", 0, 3, undefined],
    ]);
    assert.deepEqual(shape({ state: "cancelled", endedAt: at(4) }), [["held", 0, 0, 4]]);
    assert.deepEqual(shape({ state: "scheduled", attempts: [attempt(1, 0, 1)] }), [
      ["running", 1, 0, 1],
      ["retry", 2, 1, undefined],
    ]);
  });

  it("never runs backwards, whatever the clocks said", () => {
    const rows = timelineOf({
      ...task,
      state: "failed",
      endedAt: at(1),
      attempts: [attempt(1, -5, -3, { readyAt: at(2), admittedAt: at(1) })],
    });
    for (const [i, row] of rows.entries()) {
      assert.ok(row.to === undefined || row.to > row.from);
      assert.ok(i === 0 || rows[i - 1]!.to === row.from);
    }
  });

  it("adds up", () => {
    const segments = timelineOf({ ...task, state: "running", attempts: [attempt(1, 3, 4), attempt(2, 6)] });
    assert.deepEqual(phaseTimes(segments, Date.parse(at(10))), { queue: 3000, running: 5000, retry: 2000 });
  });
});
