import assert from "node:assert/strict";
import { test } from "node:test";
import { Keyset, type KeysetPage, PAGE_ROWS, PAGES_HELD } from "./keyset.ts";

interface Row {
  n: number;
  state: string;
}

/** Rows by falling numbers, as the server has them. */
class Rows {
  rows: Row[];
  reads = 0;
  constructor(count: number) {
    this.rows = Array.from({ length: count }, (_, i) => ({ n: count - i, state: "queued" }));
  }

  read = async (cursor: string | undefined, limit: number): Promise<KeysetPage<Row>> => {
    this.reads++;
    await Promise.resolve();
    const left = this.rows.filter(({ n }) => cursor === undefined || n < Number(cursor));
    const items = left.slice(0, limit).map((row) => ({ ...row }));
    return left.length > limit ? { items, next: String(items.at(-1)!.n) } : { items };
  };

  add(count: number): void {
    for (let i = 0; i < count; i++) this.rows.unshift({ n: this.rows[0]!.n + 1, state: "queued" });
  }

  remove(n: number): void {
    this.rows = this.rows.filter((row) => row.n !== n);
  }
}

async function listOf(count: number): Promise<{ rows: Rows; list: Keyset<Row> }> {
  const rows = new Rows(count);
  const list = new Keyset<Row>({ idOf: ({ n }) => `t${n}`, read: rows.read });
  await list.look(0, 0); // A screen looks before there is anything.
  await list.refresh();
  return { rows, list };
}

function shown(list: Keyset<Row>, from: number, to: number): (number | undefined)[] {
  return Array.from({ length: to - from }, (_, i) => list.rowAt(from + i)?.n);
}

test("a list that nobody holds shows what is newest", async () => {
  const { rows, list } = await listOf(3);
  assert.equal(list.isEnd, true);
  rows.add(2);
  rows.remove(2);
  await list.refresh();
  assert.deepEqual(shown(list, 0, list.count), [5, 4, 3, 1]);
});

test("a list that is held keeps every row in its place and counts what is new (KS1)", async () => {
  const { rows, list } = await listOf(5);
  list.hold(true);
  rows.add(2);
  rows.remove(4);
  rows.rows[2]!.state = "running";
  await list.refresh();
  assert.deepEqual(shown(list, 0, 5), [5, 4, 3, 2, 1]);
  assert.equal(list.rowAt(0)!.state, "running");
  assert.equal(list.isGone("t4"), true);
  assert.deepEqual(list.fresh, { count: 2, isMany: false });
  list.patch("t4", (row) => ({ ...row, state: "succeeded" }));
  assert.equal(list.rowAt(1)!.state, "succeeded");
  list.hold(false);
  assert.deepEqual(shown(list, 0, list.count), [7, 6, 5, 3, 2, 1]);
  assert.deepEqual(list.fresh, { count: 0, isMany: false });
});

test("rows that move up from below are not new", async () => {
  const { rows, list } = await listOf(PAGE_ROWS + 5);
  list.hold(true);
  for (const n of [100, 99, 98]) rows.remove(n);
  await list.refresh();
  assert.equal(list.fresh.count, 0);
  assert.equal(list.isGone("t99"), true);
});

test("more new rows than a page holds are many", async () => {
  const { rows, list } = await listOf(10);
  list.hold(true);
  rows.add(PAGE_ROWS + 1);
  await list.refresh();
  assert.deepEqual(list.fresh, { count: PAGE_ROWS, isMany: true });
});

test("far pages are dropped, and read again when they are looked at (KS2)", async () => {
  const count = PAGE_ROWS * 40;
  const { rows, list } = await listOf(count);
  list.hold(true);
  while (!list.isEnd) {
    await list.look(list.count - 20, list.count - 1);
    await list.more();
  }
  assert.equal(list.count, count);
  const held = Array.from({ length: count }, (_, i) => list.rowAt(i)).filter((row) => row !== undefined).length;
  assert.ok(held <= (PAGES_HELD + 2) * PAGE_ROWS, `${held} rows`);
  assert.equal(list.rowAt(0), undefined);
  await list.look(0, 30);
  assert.deepEqual(shown(list, 0, 3), [count, count - 1, count - 2]);
  assert.equal(list.placeOf(`t${count}`), 0);
  assert.equal(list.placeOf("t2000"), -1);
  const before = rows.reads;
  await list.look(10, 40);
  assert.equal(rows.reads, before);
});

test("an answer from before a reset changes nothing (KS3)", async () => {
  const { rows, list } = await listOf(PAGE_ROWS * 2);
  const more = list.more();
  rows.add(1);
  await list.restart();
  await more;
  assert.equal(list.count, PAGE_ROWS);
  assert.equal(list.rowAt(0)!.n, PAGE_ROWS * 2 + 1);
  await list.more();
  assert.equal(list.rowAt(PAGE_ROWS)!.n, PAGE_ROWS + 1);
});

test("a page that cannot be read is told, and tried again", async () => {
  const { rows, list } = await listOf(PAGE_ROWS * 2);
  const { read } = rows;
  let isBroken = true;
  const broken = new Keyset<Row>({
    idOf: ({ n }) => `t${n}`,
    read: (cursor, limit) =>
      isBroken && cursor !== undefined ? Promise.reject(new Error("away")) : read(cursor, limit),
  });
  await broken.refresh();
  await broken.more();
  assert.equal((broken.error as Error).message, "away");
  isBroken = false;
  await broken.more();
  assert.equal(broken.error, undefined);
  assert.equal(broken.count, PAGE_ROWS * 2);
  assert.equal(list.count, PAGE_ROWS);
});

test("rows that cannot be read again are asked for with the next look (KS4)", async () => {
  const rows = new Rows((PAGES_HELD + 3) * PAGE_ROWS);
  let isAway = false;
  const list = new Keyset<Row>({
    idOf: ({ n }) => `t${n}`,
    read: (cursor, limit) => (isAway ? Promise.reject(new Error("away")) : rows.read(cursor, limit)),
  });
  await list.refresh();
  while (!list.isEnd) {
    await list.look(list.count - 20, list.count - 1);
    await list.more();
  }
  assert.equal(list.rowAt(0), undefined);
  isAway = true;
  await list.look(0, 30);
  assert.equal(list.rowAt(0), undefined);
  isAway = false;
  await list.look(0, 30);
  assert.equal(list.rowAt(0)!.n, rows.rows[0]!.n);
});

test("a search that finds little goes on until its end", async () => {
  const pages: KeysetPage<Row>[] = [
    { items: [], next: "9", readTo: "2026-11-21T12:00:00Z" },
    { items: [], next: "5", readTo: "2026-11-20T12:00:00Z" },
    { items: [{ n: 3, state: "failed" }] },
  ];
  const list = new Keyset<Row>({ idOf: ({ n }) => `t${n}`, read: async () => pages.shift()! });
  await list.refresh();
  assert.equal(list.readTo, "2026-11-21T12:00:00Z");
  assert.equal(list.isEnd, false);
  await list.more();
  await list.more();
  assert.deepEqual(shown(list, 0, list.count), [3]);
  assert.equal(list.isEnd, true);
});
