import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { searchText, searchWords } from "../base/search-words.ts";
import { TASK_KINDS, TASK_STATES } from "../base/words.ts";
import { completeQuery } from "./complete-query.ts";
import { askedTasks, parseQuery, printQuery, type TaskFilter, toggleState, withTerm } from "./query.ts";
import { momentOf } from "./query-time.ts";

test("a query names states, an arm, a time and free text", () => {
  const { filter, problems } = parseQuery('state:failed,running arm:batch after:2h "free  text" text:"a \\"b\\"" more');
  assert.deepEqual(problems, []);
  assert.deepEqual(filter, {
    state: ["running", "failed"],
    arm: "batch",
    after: "2h",
    text: 'a "b"',
    q: '"free  text" more',
  });
});

test("words of other systems and words for several states are understood", () => {
  assert.deepEqual(parseQuery("status:waiting since:today is:dead").filter, {
    state: ["blocked", "scheduled", "queued"],
    after: "today",
    dead: true,
  });
});

const problems: [string, string, string | undefined, string | undefined][] = [
  ["stat:failed", "stat", "state", 'there is no filter "stat" (did you mean state?)'],
  ["arm:a state:faild", "faild", "failed", 'there is no state "faild"; did you mean failed?'],
  ["state:queued,runing,failed", "runing", "running", 'there is no state "runing"; did you mean running?'],
  ["arm:", "arm:", undefined, "needs a value, such as arm:batch"],
  ["arm:a arm:b", "arm:b", undefined, "arm stands here twice"],
  ["kind:shel", "shel", "shell", 'there is no kind "shel"; did you mean shell?'],
  ["after:soon", "soon", undefined, "must be 2h (ago), today"],
  ["after:2026-02-30", "2026-02-30", undefined, "must be 2h (ago), today"],
  ['tag:"a b', 'tag:"a b', undefined, 'misses the " at its end'],
  ["is:dad", "dad", "dead", 'there is no flag "dad"; did you mean dead?'],
  ["state:,failed", "state:,failed", undefined, "has an empty state"],
];

for (const [text, place, instead, message] of problems)
  test(`in ${text} the problem is ${place}`, () => {
    const found = parseQuery(text).problems;
    assert.equal(found.length, 1);
    assert.equal(text.slice(found[0]!.from, found[0]!.to), place);
    assert.equal(found[0]!.instead, instead);
    assert.ok(found[0]!.message.startsWith(message!), found[0]!.message);
  });

test("an address is free text, and so is a quoted word with a colon", () => {
  assert.deepEqual(parseQuery("http://a.b/c").filter, { q: "http://a.b/c" });
  assert.deepEqual(parseQuery('"billing:charge"').filter, { q: "billing:charge" });
  assert.equal(printQuery({ q: "billing:charge" }), '"billing:charge"');
  assert.deepEqual(searchWords(parseQuery('nightly "a b"  report').filter.q!), ["nightly", "a b", "report"]);
  assert.equal(printQuery({ tag: "//a" }), 'tag:"//a"');
});

const word = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
const time = fc.constantFrom("2h", "today", "yesterday", "10:00", "2026-11-20", "2026-11-20T10:00", "1h30m");
const filters: fc.Arbitrary<TaskFilter> = fc
  .record(
    {
      state: fc.uniqueArray(fc.constantFrom(...TASK_STATES), { minLength: 1 }),
      ...Object.fromEntries(
        ["arm", "type", "tag", "owner", "key", "worker", "run", "schedule", "inside", "callback", "text"].map((key) => [
          key,
          word,
        ]),
      ),
      kind: fc.constantFrom(...TASK_KINDS),
      q: fc.array(word, { minLength: 1 }).map((words) => searchText(words)),
      after: time,
      before: time,
      dead: fc.constant(true as const),
      approval: fc.constant(true as const),
    },
    { requiredKeys: [] },
  )
  .map(({ state, ...rest }) =>
    state === undefined ? rest : { ...rest, state: TASK_STATES.filter((one) => state.includes(one)) },
  ) as fc.Arbitrary<TaskFilter>;

test("what is printed is read as the same filter", () => {
  fc.assert(
    fc.property(filters, (filter) => {
      const text = printQuery(filter);
      const read = parseQuery(text);
      assert.deepEqual(read.problems, [], text);
      assert.deepEqual(read.filter, filter, text);
      assert.equal(printQuery(read.filter), text);
    }),
  );
});

test("any text is read without a throw, and problems lie in it", () => {
  const pieces = fc.constantFrom(
    "state:",
    "arm:",
    "x",
    ",",
    '"',
    "\\",
    " ",
    "failed",
    "after:",
    "2h",
    "is:dead",
    ":",
    "http://",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((all) => all.join("")),
      ),
      (text) => {
        const { filter, problems: found } = parseQuery(text);
        for (const { from, to } of found) assert.ok(0 <= from && from <= to && to <= text.length, text);
        if (found.length === 0) assert.deepEqual(parseQuery(printQuery(filter)).filter, filter, text);
        for (let caret = 0; caret <= text.length; caret++) {
          const offered = completeQuery(text, caret, { arm: ["a b"] });
          assert.ok(offered.from <= caret && caret <= offered.to, `${text} at ${caret}`);
        }
      },
    ),
  );
});

test("chips turn states on and off, and terms come and go", () => {
  assert.deepEqual(toggleState({ arm: "a" }, "failed"), { arm: "a", state: ["failed"] });
  assert.deepEqual(toggleState({ state: ["failed"] }, "queued"), { state: ["queued", "failed"] });
  assert.deepEqual(toggleState({ state: ["failed"], arm: "a" }, "failed"), { arm: "a" });
  assert.deepEqual(withTerm({ arm: "a", q: "x" }, "arm", undefined), { q: "x" });
});

test("the server is asked for moments and names", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  assert.deepEqual(askedTasks({ after: "2h", owner: "me", callback: "t1", approval: true }, now, "utc", "ada"), {
    owner: "ada",
    callbackOf: "t1",
    awaiting: "approval",
    from: now - 7_200_000,
  });
});

const now = Date.parse("2026-11-21T12:34:56Z");
const times: [string, string | undefined][] = [
  ["today", "2026-11-21T00:00:00Z"],
  ["yesterday", "2026-11-20T00:00:00Z"],
  ["10:05", "2026-11-21T10:05:00Z"],
  ["2026-11-20", "2026-11-20T00:00:00Z"],
  ["2026-11-20T10:00", "2026-11-20T10:00:00Z"],
  ["2026-11-20T10:00+02:00", "2026-11-20T08:00:00Z"],
  ["90m", "2026-11-21T11:04:56Z"],
  ["2026-13-01", undefined],
  ["25:00", undefined],
  ["later", undefined],
];
for (const [text, iso] of times)
  test(`${text} is ${iso ?? "no time"}`, () => {
    assert.equal(momentOf(text, now, "utc"), iso === undefined ? undefined : Date.parse(iso));
  });

test("days begin at midnight of the reader's clocks", () => {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  assert.equal(momentOf("today", now, "local"), midnight);
  assert.equal(new Date(momentOf("yesterday", now, "local")!).getHours(), 0);
});

test("completion offers filters, then their values, and leaves the rest of a list", () => {
  const labels = (text: string, caret = text.length, known = {}): string[] =>
    completeQuery(text, caret, known).items.map(({ label }) => label);
  assert.equal(labels("")[0], "state:");
  assert.deepEqual(labels("ar"), ["arm:"]);
  assert.deepEqual(labels("arm:b", 5, { arm: ["web", "batch", "builds"] }), ["batch", "builds", "web"]);
  assert.deepEqual(labels("state:queued,fa"), ["failed", "upstream_failed"]);
  const middle = completeQuery("state:q,failed arm:x", 7, {});
  assert.deepEqual([middle.from, middle.to, middle.items[0]?.label], [6, 7, "queued"]);
  assert.deepEqual(labels('"free'), []);
  assert.equal(completeQuery("arm:", 4, { arm: ["a b"] }).items[0]?.insert, '"a b" ');
});
