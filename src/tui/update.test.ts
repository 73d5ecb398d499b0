/** Keys and data in, the next state and what is to be done out; what the screen shows is read from its lines. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StatusView, TaskView } from "../protocol/views.ts";
import { width } from "../view/text.ts";
import { frameOf } from "./frame.ts";
import { helpLines } from "./help.ts";
import type { Slot, Slots } from "./slots.ts";
import { textOf } from "./spans.ts";
import { initialState, type State } from "./state.ts";
import { type Effect, type Message, update } from "./update.ts";
import { wantsOf } from "./wants.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const CREATED = "2026-11-21T11:58:00.000Z";

function task(id: string, more: Partial<TaskView> = {}): TaskView {
  return {
    ...{ id, type: "shell", kind: "shell", arm: "default", priority: 5, state: "succeeded", attempt: 1 },
    ...{ tags: [], needs: [], createdAt: CREATED, work: { shell: { command: `echo ${id}` } }, worker: "w1" },
    ...more,
  };
}

const STATUS = {
  ...{ version: "1", state: "ready", startedAt: CREATED, dataDir: "/d", rssBytes: 1, databaseBytes: 1 },
  counts: { running: 1, failed: 2 },
  runs: {},
  workers: [],
  arms: ["default", "builds"].map((name) => ({
    ...{ name, enabled: true, draining: false, weight: 1, agingMs: 0, types: [] },
    ...{ active: 1, queued: 0, waiting: 0, processed: 3, failed: 0, maxParallel: 2 },
  })),
} as unknown as StatusView;

/** A dashboard that is only a state. */
class Board {
  state: State;
  effects: Effect[] = [];

  constructor(size = { columns: 80, rows: 24 }, url = "http://127.0.0.1:8000") {
    this.state = initialState({ url, size, now: NOW });
    this.take({ type: "link", is: "up" });
    this.read("status", STATUS);
  }

  take(message: Message): this {
    const { state, effects } = update(this.state, message);
    this.state = state;
    this.effects = [...effects];
    return this;
  }

  read<K extends Slot>(slot: K, value: Slots[K], key?: string): this {
    const wanted = wantsOf(this.state).find((want) => want.slot === slot)?.key ?? "";
    return this.take({ type: "read", slot, key: key ?? wanted, value });
  }

  tasks(...items: TaskView[]): this {
    return this.read("tasks", { items, hasMore: false });
  }

  press(...keys: string[]): this {
    for (const key of keys) {
      const text = Array.from(key).length === 1 ? key : key === "space" ? " " : undefined;
      this.take({ type: "input", input: { type: "key", key, ...(text !== undefined && { text }) } });
    }
    return this;
  }

  type(text: string): this {
    return this.press(...Array.from(text));
  }

  get lines(): string[] {
    return frameOf(this.state).lines.map((line) => textOf(line));
  }

  /** Rows in the look of the cursor. */
  get cursor(): string[] {
    const lines = frameOf(this.state).lines.slice(2);
    return lines
      .filter((line) => line.length > 0 && line.every(({ look }) => look.inverse))
      .map((line) => textOf(line));
  }

  shows(pattern: RegExp): void {
    assert.match(this.lines.join("\n"), pattern);
  }
}

describe("the terminal dashboard as a state", () => {
  it("has exactly as many lines and columns as the terminal, whatever it shows", () => {
    for (const size of [
      { columns: 80, rows: 24 },
      { columns: 200, rows: 60 },
      { columns: 38, rows: 10 },
      { columns: 1, rows: 1 },
    ])
      for (const tab of ["1", "2", "3", "4", "5", "6", "7", "?"]) {
        const board = new Board(size)
          .press("2")
          .tasks(task("t1"), task("日本語👨‍👩‍👧\u001b[2J".repeat(9)))
          .press(tab);
        assert.equal(board.lines.length, size.rows, `${tab} at ${size.columns}×${size.rows}`);
        for (const line of board.lines) assert.equal(width(line), size.columns, `${tab}: ${JSON.stringify(line)}`);
      }
  });

  it("has a help whose lines fit into 80 columns", () => {
    const lines = helpLines(new Board().state).map(textOf);
    assert.deepEqual(
      lines.filter((line) => line.includes("…") && !line.includes("1 … 7")),
      [],
    );
  });

  it("keeps the cursor on its task and on its row while others come above it", () => {
    const board = new Board().press("2").tasks(...["t3", "t2", "t1"].map((id) => task(id)));
    board.press("j");
    assert.match(board.cursor[0]!, /t2/);
    board.tasks(...["t5", "t4", "t3", "t2", "t1"].map((id) => task(id)));
    assert.match(board.cursor[0]!, /t2/);
    board.press("g");
    board.tasks(...["t6", "t5", "t4"].map((id) => task(id)));
    assert.match(board.cursor[0]!, /t6/, "at the top it follows what is new");
  });

  it("keeps the row where it is on the screen in a long list", () => {
    const ids = (from: number): TaskView[] => Array.from({ length: 100 }, (_, i) => task(`t${from - i}`));
    const board = new Board().press("2").tasks(...ids(100));
    board.press(...Array.from({ length: 40 }, () => "j"));
    const row = board.lines.findIndex((line) => line.includes(" t60 "));
    board.tasks(...ids(103));
    assert.equal(
      board.lines.findIndex((line) => line.includes(" t60 ")),
      row,
    );
  });

  it("asks before it cancels, and does it with y alone", () => {
    const board = new Board().press("2").tasks(task("t1", { state: "running" }));
    board.press("c");
    board.shows(/Cancel t1 echo t1\?/);
    assert.deepEqual(board.press("j", "c").effects, []);
    assert.deepEqual(board.press("n").effects, []);
    assert.deepEqual(board.press("c", "y").effects, [{ does: "act", act: { does: "cancel task", id: "t1" } }]);
  });

  it("cancels what was asked about, also when the list has changed meanwhile", () => {
    const board = new Board().press("2").tasks(task("t1", { state: "running" }));
    board.press("c").tasks(task("t2", { state: "running" }), task("t1", { state: "running" }));
    assert.deepEqual(board.press("y").effects, [{ does: "act", act: { does: "cancel task", id: "t1" } }]);
  });

  it("retries what has ended, and says where there is nothing to do", () => {
    const board = new Board().press("2").tasks(task("t1", { state: "failed" }));
    assert.deepEqual(board.press("r").effects, [{ does: "act", act: { does: "retry task", id: "t1" } }]);
    assert.deepEqual(board.press("c").effects, []);
    board.shows(/there is nothing to cancel/);
  });

  it("changes limits of arms, and asks for a number where there is none", () => {
    const board = new Board().press("5");
    assert.deepEqual(board.press("+").effects, [{ does: "act", act: { does: "limit", id: "default", limit: 3 } }]);
    assert.deepEqual(board.press("j", "-").effects, [{ does: "act", act: { does: "limit", id: "builds", limit: 1 } }]);
    board.press("=", "ctrl+u").type("x");
    board.press("enter").shows(/must be a whole number/);
    board.press("backspace", "backspace");
    assert.equal(board.state.bar, undefined);
    board.press("=", "ctrl+u");
    assert.deepEqual(board.press("enter").effects, [
      { does: "act", act: { does: "limit", id: "builds", limit: null } },
    ]);
  });

  it("does not do what the role of the token may not", () => {
    const board = new Board().press("5");
    const session = { who: "eve", role: "submitter", isOpen: false, version: "1" } as const;
    board.take({ type: "session", session });
    assert.deepEqual(board.press("p").effects, []);
    board.shows(/role submitter may not pause arm/);
    assert.doesNotMatch(board.lines.at(-1)!, /pause|limit/);
  });

  it("narrows while it is typed, completes, and asks nothing with a mistake", () => {
    const board = new Board().press("2").tasks(task("t1"));
    board.press("/").type("state:fa").press("tab");
    assert.equal(board.state.filters.tasks, "state:failed");
    board.press("enter");
    assert.deepEqual(wantsOf(board.state)[1]!.key, JSON.stringify([{ state: ["failed"] }, 200]));
    board.press("/", "ctrl+u").type("stat:x").press("enter");
    board.shows(/did you mean state/);
    assert.equal(board.state.filters.tasks.includes("stat:x"), false);
    board.press("escape");
    assert.equal(board.state.filters.tasks, "state:failed", "Escape brings back what was there");
    board.press("escape");
    assert.equal(board.state.filters.tasks, "");
  });

  it("opens and goes back, and keeps where it was", () => {
    const board = new Board().press("2").tasks(...["t3", "t2", "t1"].map((id) => task(id)));
    board.press("j", "enter");
    board.shows(/› t2/);
    assert.deepEqual(
      wantsOf(board.state).map(({ slot }) => slot),
      ["status", "task"],
    );
    board.press("l");
    board.shows(/› t2 › log of t2/);
    board.press("escape", "escape");
    assert.match(board.cursor[0]!, /t2/);
  });

  it("chooses tabs and rows by clicks, and opens by a second one; switched off it leaves the mouse alone", () => {
    const click = (column: number, row: number): Message => ({
      type: "input",
      input: { type: "mouse", action: "press", column, row },
    });
    const board = new Board().take(click(14, 1));
    assert.equal(board.state.tab, "tasks");
    board.tasks(task("t2"), task("t1")).take(click(5, 5));
    assert.match(board.cursor[0]!, /t1/);
    board.take(click(5, 5));
    board.shows(/› t1/);
    board.press("escape", "m");
    assert.deepEqual(board.effects, [{ does: "mouse", isOn: false }]);
    assert.equal(board.take(click(1, 1)).state.tab, "tasks");
  });

  it("says that the server is away, and keeps what it knew", () => {
    const board = new Board().press("2").tasks(task("t1"));
    board.take({ type: "link", is: "lost" }).take({ type: "tick", now: NOW + 12_000 });
    board.shows(/no answer for 12s/);
    board.shows(/t1/);
    board.take({ type: "link", is: "up" });
    assert.doesNotMatch(board.lines.join("\n"), /no answer/);
  });

  it("shows why something could not be read, and an answer to another question never", () => {
    const board = new Board().press("2");
    board.take({ type: "unread", slot: "tasks", key: "x", error: "the token may not look at this" });
    board.shows(/the token may not look at this/);
    board.tasks(task("t1")).press("enter");
    board.read("task", { ...task("t9"), attempts: [], artifacts: [], callbacks: [], deliveries: [] }, "t9");
    assert.doesNotMatch(board.lines.join("\n"), /echo t9/);
  });

  it("follows a log, pauses where the reader scrolls, finds, and holds still while earlier lines come", () => {
    const board = new Board()
      .press("2")
      .tasks(task("t1", { state: "running" }))
      .press("l");
    const rows = (from: number, to: number): NonNullable<State["log"]>["rows"] =>
      Array.from({ length: to - from }, (_, i) => ({
        ...{ line: from + i, stream: "stdout", at: CREATED, text: `line ${from + i}`, look: {} },
        ...{ isWhole: true, isTail: false },
      }));
    const log = (from: number, to: number, more: object = {}): Message => ({
      type: "log",
      log: { id: "t1", rows: rows(from, to), isCut: from > 1, hasEnded: false, ...more },
    });
    board.take(log(100, 200));
    board.shows(/line 199/);
    board.press("pageup").take(log(100, 250));
    assert.doesNotMatch(board.lines.join("\n"), /line 249/);
    board.press("/").type("line 110").press("enter");
    board.shows(/line 110/);
    assert.deepEqual(board.press("g").effects, [{ does: "read back" }]);
    board.take(log(50, 250, { added: 50 }));
    board.shows(/^ {2}line 100 /m);
    board.press("G");
    board.shows(/line 249[\s\S]*pause/);
  });

  it("shows colours of programs and nothing else that they send", () => {
    const board = new Board().press("2").tasks(task("t1")).press("l");
    const text = "\u001b]0;title\u0007\u001b[31mred\u001b[0m \u001b[2Jcleared\u0000 10%\r100%";
    const row = { line: 1, stream: "stdout", at: CREATED, text, look: {}, isWhole: true, isTail: false } as const;
    board.take({ type: "log", log: { id: "t1", rows: [row], isCut: false, hasEnded: true } });
    const line = frameOf(board.state).lines[3]!;
    assert.equal(textOf(line).trim(), "100%");
    const plain = { ...row, text: "\u001b]0;title\u0007\u001b[31mred\u001b[0m \u001b[2Jcleared\u0000" };
    board.take({ type: "log", log: { id: "t1", rows: [plain], isCut: false, hasEnded: true } });
    const spans = frameOf(board.state).lines[3]!;
    assert.match(textOf(spans).trim(), /^red cleared(␀|\\x00)$/);
    assert.equal(spans.find(({ text: part }) => part === "red")?.look.fg, 1);
  });

  it("names the namespace above everything, and again before something is cancelled in it", () => {
    const board = new Board(undefined, "http://127.0.0.1:8000/ns/team-a");
    assert.match(board.lines[0]!, /^ octopus {2}team-a {2}127\.0\.0\.1:8000 /);
    board
      .press("2")
      .tasks(task("t1", { state: "running" }))
      .press("c");
    board.shows(/In the namespace team-a\./);
    assert.match(new Board().lines[0]!, /^ octopus 127\.0\.0\.1:8000 /);
  });
});
