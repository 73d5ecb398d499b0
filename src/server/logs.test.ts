/** Output by its lines: any part of it, what is looked for in it, and news of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../client/mod.ts";
import { post, startHarness } from "./testing/harness.ts";

async function printing() {
  const h = await startHarness();
  await h.ask("/api/v1/tasks", post({ call: "f" }));
  const worker = h.worker("f");
  await worker.starts("t1");
  return { h, worker, get: async (path: string) => (await h.ask(`/api/v1/tasks/t1/logs${path}`)).body };
}

test("any part of output is read by its lines", async () => {
  const { h, worker, get } = await printing();
  await using _ = h;
  assert.deepEqual(await get(""), { attempt: 1, lastLine: 0, items: [] });
  for (let line = 1; line <= 500; line++) worker.print("t1", `line ${line}\n`);
  const texts = async (path: string): Promise<[number, string[]]> => {
    const { lastLine, items } = await get(path);
    return [lastLine, items.map(({ text }: { text: string }) => text.trim())];
  };
  assert.deepEqual(await texts("?tail=2"), [500, ["line 499", "line 500"]]);
  assert.deepEqual(await texts("?line=250&limit=2"), [500, ["line 250", "line 251"]]);
  assert.deepEqual(await texts("?line=250&bytes=20"), [500, ["line 250", "line 251"]]);
  assert.deepEqual(await texts("?before=4&limit=2"), [500, ["line 2", "line 3"]]);
  assert.deepEqual(await texts("?after=498"), [500, ["line 499", "line 500"]]);
  assert.equal((await h.ask("/api/v1/tasks/t1/logs?tail=1&line=2")).status, 422);
  assert.equal((await h.ask("/api/v1/tasks/t9/logs?tail=1")).status, 404);
});

test("what is looked for is found across pieces, colours and letters", async () => {
  const { h, worker, get } = await printing();
  await using _ = h;
  worker.print("t1", "all is well\nsome\u001b[1mTh");
  worker.print("t1", "ing\u001b[0m here, é".normalize());
  worker.print("t1", Buffer.from([0xff, 0xc3]));
  worker.print("t1", Buffer.from([0xa9, 0x0a]));
  worker.print("t1", "10%\r20%\rTypeError: done\nsomething again\n");
  const lines = async (path: string): Promise<number[]> =>
    (await get(`/find?${path}`)).items.map(({ line }: { line: number }) => line);
  assert.deepEqual(await lines("text=something"), [2, 4]);
  assert.deepEqual(await lines("text=something&exact=true"), [4]);
  assert.deepEqual(await lines(`text=${encodeURIComponent("é\udcff".slice(0, 1))}`), [2]);
  assert.deepEqual(await lines("text=10%25"), []);
  assert.deepEqual(await lines(""), [3]);
  const first = await get("/find?text=some&limit=1");
  assert.deepEqual([first.items.length, first.next !== undefined], [1, true]);
  const rest = await get(`/find?text=some&after=${first.next}`);
  assert.deepEqual([rest.items.at(-1).line, rest.next, rest.readTo], [4, undefined, 4]);
});

test("where nothing reads like an error, the first line on standard error is named", async () => {
  const { h, worker, get } = await printing();
  await using _ = h;
  worker.print("t1", "fine\n");
  worker.print("t1", "odd\n", "stderr");
  assert.deepEqual(await get("/find"), { items: [], readTo: 2, firstStderr: 2 });
});

test("a reader is told that there is more, and reads what it shows", async () => {
  const { h, worker } = await printing();
  await using _ = h;
  const client = connect(h.url);
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const { id, lastLine } of client.logNews(["t1"], stop.signal)) {
    assert.equal(id, "t1");
    seen.push(lastLine);
    if (lastLine === 0) for (let line = 0; line < 1000; line++) worker.print("t1", "x\n");
    if (lastLine === 1000) stop.abort();
  }
  assert.ok(seen.length < 20, `it was told ${seen.length} times of a thousand lines`);
  assert.equal((await client.logTail("t1", 3)).items.length, 3);
  assert.deepEqual((await client.findInLog("t1", { text: "x", limit: 1 })).items[0], {
    line: 1,
    stream: "stdout",
    text: "x",
  });
  client.close();
});

test("a search whose answers end within lines comes to an end, and tells each line once", async () => {
  const { h, worker, get } = await printing();
  await using _ = h;
  // As a pipe gives it: each piece but the last ends in the middle of a line.
  worker.print("t1", "hit one\nhit two\nhit th");
  worker.print("t1", "ree\nhit four\nhit fi");
  worker.print("t1", "ve, a hit");
  worker.print("t1", ", and no end");
  const told: number[] = [];
  let after = "";
  for (let answers = 0; answers < 10; answers++) {
    const { items, next } = await get(`/find?text=hit&limit=1${after}`);
    told.push(...items.map(({ line }: { line: number }) => line));
    if (next === undefined) break;
    assert.notEqual(`&after=${next}`, after, "it goes on");
    after = `&after=${next}`;
  }
  assert.deepEqual(told, [1, 2, 3, 4, 5]);
});
