/** Pages of tasks over a store with thousands of rows: what each filter finds, in order, in steps, and to the end. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { TaskFilter } from "../../engine/filters.ts";
import type { Event } from "../../core/event.ts";
import type { TaskSubmitted } from "../../core/task-events.ts";
import { createState } from "../../core/state.ts";
import { openStore, type Store } from "../store.ts";

const COUNT = 9000;
const AT = Date.parse("2026-06-01T00:00:00Z");

const { counts, runCounts } = createState();
const SUMMARY = { lastTask: COUNT, lastRun: 0, counts, runCounts, arms: [], meters: [] };

function task(n: number): TaskSubmitted {
  const shell = { command: n % 3000 === 0 ? `say "100%_done" ${"x".repeat(100_000)}` : `echo ${n}` };
  return {
    ...{ type: "TaskSubmitted", task: n, state: n % 10 === 0 ? "blocked" : "queued", taskType: n % 2 ? "odd" : "even" },
    ...{ kind: n % 100 === 0 ? "http" : "shell", arm: n % 4500 === 0 ? "batch" : "default", priority: 5 },
    ...{
      name: n % 4000 === 1 ? "hourly-report Ärger" : undefined,
      work: JSON.stringify({ shell }),
      tags: n === 77 ? ["rare"] : undefined,
    },
  };
}

/** Every third ends: failed, cancelled or succeeded; of those left some run. */
function ends(n: number): Event[] {
  const worker = n % 5 === 0 ? "five" : "other";
  const started: Event = { type: "AttemptStarted", task: n, attempt: 1, worker };
  if (n % 10 === 0) return [];
  if (n % 1001 === 0) return [started];
  if (n % 3 !== 0) return [];
  const state = (["failed", "cancelled", "succeeded"] as const)[n % 7 < 3 ? n % 7 : 2]!;
  const outcome = state;
  const more = { worker, startedAt: AT, counted: true, error: n === 4509 ? { message: "Needle" } : undefined };
  return [started, { type: "AttemptEnded", task: n, attempt: 1, outcome, next: state, ...more }];
}

describe("pages of tasks", () => {
  let store: Store;

  before(() => {
    store = openStore(":memory:");
    for (let n = 1; n <= COUNT; n += 1000) {
      const tasks = Array.from({ length: 1000 }, (_, i) => task(n + i));
      void store.journal.append({ version: 1, at: AT + n * 1000, events: tasks }, SUMMARY);
      const events = tasks.flatMap((one) => ends(one.task));
      void store.journal.append({ version: 1, at: AT + n * 1000 + 1, events }, SUMMARY);
    }
  });
  after(() => store.close());

  /** All pages, in the steps that a reader takes. */
  function all(filter: TaskFilter): { ids: number[]; pages: number; most: number } {
    const ids: number[] = [];
    let cursor: string | undefined;
    let pages = 0;
    let most = 0;
    do {
      const scan = store.library.scan({ ...filter, ...(cursor !== undefined && { cursor }) });
      // A reader that never waits for more than three steps.
      for (let steps = 0; steps < 3 && !scan.done; steps++) {
        const looked = scan.looked;
        scan.step();
        most = Math.max(most, scan.looked - looked);
      }
      const { items, next, readTo } = scan.page();
      assert.equal(readTo !== undefined, next !== undefined && !scan.done);
      ids.push(...items.map(({ id }) => Number(id.slice(1))));
      cursor = next;
      pages++;
    } while (cursor !== undefined);
    return { ids, pages, most };
  }

  const numbers = (fits: (n: number) => boolean) =>
    Array.from({ length: COUNT }, (_, i) => COUNT - i).filter((n) => fits(n));
  const stateOf = (n: number): string => {
    const last = ends(n).at(-1);
    if (last === undefined) return n % 10 === 0 ? "blocked" : "queued";
    return last.type === "AttemptEnded" ? last.next : "running";
  };
  const workerOf = (n: number) => {
    const first = ends(n)[0];
    return first?.type === "AttemptStarted" ? first.worker : undefined;
  };

  const CASES: [string, TaskFilter, (n: number) => boolean][] = [
    ["nothing", {}, () => true],
    ["one state", { state: ["failed"] }, (n) => stateOf(n) === "failed"],
    [
      "several states",
      { state: ["failed", "cancelled", "blocked"] },
      (n) => /failed|cancelled|blocked/.test(stateOf(n)),
    ],
    ["with success", { state: ["succeeded", "failed"] }, (n) => /failed|succeeded/.test(stateOf(n))],
    ["running", { state: ["running"] }, (n) => stateOf(n) === "running"],
    ["running and queued", { state: ["running", "queued"] }, (n) => /running|queued/.test(stateOf(n))],
    ["a type", { type: "odd" }, (n) => n % 2 === 1],
    ["an arm", { arm: "batch" }, (n) => n % 4500 === 0],
    ["a tag", { tag: "rare" }, (n) => n === 77],
    ["kinds", { kind: ["http", "wasm"] }, (n) => n % 100 === 0],
    ["a worker", { worker: "five" }, (n) => workerOf(n) === "five"],
    ["a worker that there never was", { worker: "none" }, () => false],
    ["part of an id", { q: "T899" }, (n) => `t${n}`.includes("t899")],
    ["words in any order", { q: "odd T899" }, (n) => n % 2 === 1 && `t${n}`.includes("t899")],
    ["words that are no phrase", { q: "hourly REPORT" }, (n) => n % 4000 === 1],
    ["a phrase", { q: '"hourly report" odd' }, () => false],
    ["a phrase that is there", { q: '"hourly-report Ä"' }, (n) => n % 4000 === 1],
    ["no word at all", { q: '"" ' }, () => false],
    ["text with what SQL and JSON read otherwise", { text: '"100%_DONE"' }, (n) => n % 3000 === 0],
    ["text of a command", { text: "echo 123" }, (n) => n % 3000 !== 0 && `echo ${n}`.includes("echo 123")],
    ["text of an error", { text: "needle" }, (n) => n === 4509],
    ["text that is nowhere", { text: "100__done" }, () => false],
    ["a stretch of time", { from: AT + 2001 * 1000, to: AT + 4001 * 1000 }, (n) => n > 2000 && n <= 4000],
    [
      "all at once",
      { state: ["failed"], type: "odd", from: AT + 5001 * 1000 },
      (n) => n > 5000 && n % 2 === 1 && stateOf(n) === "failed",
    ],
  ];
  for (const [name, filter, fits] of CASES) {
    test(`a filter by ${name} finds what it should, once, newest first`, () => {
      const expected = numbers(fits);
      for (const limit of [1000, 7]) {
        if (limit === 7 && expected.length > 500) continue;
        assert.deepEqual(all({ ...filter, limit }).ids, expected);
      }
    });
  }

  test("a page that is full looks no further than it must", () => {
    const scan = store.library.scan({ limit: 50 });
    scan.step();
    assert.equal(scan.done, true);
    assert.equal(scan.looked, 51);
    assert.equal(scan.page().next, String(COUNT - 49));
    assert.equal(store.library.scan({ limit: 50, cursor: "51" }).page().next, "51");
    const last = store.library.scan({ limit: 50, cursor: "51" });
    last.step();
    assert.equal(last.page().items.length, 50);
    assert.equal(last.page().next, undefined);
  });
});
