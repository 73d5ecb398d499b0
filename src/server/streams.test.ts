// Server-sent events and long polls: resume, end, slow readers, and a close that waits for nobody.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { test } from "node:test";
import { post, startHarness } from "./testing/harness.ts";

interface Event {
  event?: string;
  id?: string;
  data: string;
}

/** Reads events off a response as they come. */
async function* eventsOf(response: Response): AsyncGenerator<Event> {
  let rest = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      if ("data" in fields) yield fields as unknown as Event;
    }
  }
}

async function take(events: AsyncGenerator<Event>, count: number): Promise<Event[]> {
  const taken: Event[] = [];
  while (taken.length < count) {
    const next = await events.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

test("the feed goes on after the last event seen, and is filtered by run and type", async () => {
  await using h = await startHarness();
  const task = (id: string, run?: string) =>
    ({
      type: "task",
      id,
      taskType: "x",
      arm: "default",
      state: "queued",
      attempt: 0,
      at: 1,
      ...(run === undefined ? {} : { run }),
    }) as const;
  h.engine.emit(task("t1"));
  h.engine.emit(task("t2", "r1"));
  const after = async (path: string, headers = {}): Promise<AsyncGenerator<Event>> =>
    eventsOf(await fetch(h.url + path, { headers }));

  const all = await after("/api/v1/feed?after=b1-0");
  assert.deepEqual(
    (await take(all, 2)).map(({ id }) => id),
    ["b1-1", "b1-2"],
  );
  h.engine.emit({ type: "arm", name: "slow", at: 2 });
  assert.deepEqual(await take(all, 1), [{ id: "b1-3", data: '{"type":"arm","name":"slow","at":2}' }]);
  await all.return(undefined);

  // The header wins over the query: a browser that reconnects repeats its URL.
  const resumed = await after("/api/v1/feed?after=b1-0", { "last-event-id": "b1-2" });
  assert.deepEqual(
    (await take(resumed, 1)).map(({ id }) => id),
    ["b1-3"],
  );
  await resumed.return(undefined);

  h.engine.emit({ type: "progress", id: "t2", attempt: 1, value: 0.5, at: 3 });
  const ofRun = await after("/api/v1/feed?after=b1-0&run=r1");
  assert.deepEqual(
    (await take(ofRun, 2)).map(({ id }) => id),
    ["b1-2", "b1-4"],
  );
  await ofRun.return(undefined);
  const ofType = await after("/api/v1/feed?after=b1-0&type=arm,worker");
  assert.deepEqual(
    (await take(ofType, 1)).map(({ id }) => id),
    ["b1-3"],
  );
  await ofType.return(undefined);
});

test("a reader that does not read is told to resync and cut off", async () => {
  await using h = await startHarness();
  const socket = createConnection(h.port, "127.0.0.1");
  socket.write("GET /api/v1/feed HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(socket, "readable");
  // Nothing is read from here on: the kernel's buffers fill first, then the server's, up to its bound.
  let sent = 0;
  while (h.engine.listeners() > 0) {
    assert.ok(sent++ < 10_000, "the reader was never cut off");
    h.engine.emit({ type: "progress", id: "t1", attempt: 1, value: 0, message: "x".repeat(16_384), at: 1 });
    await new Promise(setImmediate);
  }
  let text = "";
  socket
    .setEncoding("utf8")
    .on("data", (chunk: string) => (text += chunk))
    .resume();
  await until(() => text.endsWith("\r\n0\r\n\r\n"));
  assert.match(text.slice(-200), /"type":"resync"/);
  socket.destroy();
});

test("output is followed through attempts to the end, and resumes where it was", async () => {
  await using h = await startHarness();
  await h.ask("/api/v1/tasks", post({ call: "f" }));
  h.engine.print("t1", 1, "one\n");
  const events = eventsOf(await fetch(`${h.url}/api/v1/tasks/t1/logs/stream`));
  assert.deepEqual(
    (await take(events, 1)).map(({ id }) => id),
    ["1-1"],
  );
  h.engine.print("t1", 1, "two\n");
  assert.deepEqual(
    (await take(events, 1)).map(({ id }) => id),
    ["1-2"],
  );
  h.engine.print("t1", 2, "again\n");
  assert.deepEqual(
    (await take(events, 1)).map(({ id }) => id),
    ["2-1"],
  );
  h.engine.print("t1", 2, "last\n");
  h.engine.end("t1", "succeeded");
  const rest = await take(events, 3);
  assert.deepEqual(
    rest.map(({ id, event }) => event ?? id),
    ["2-2", "end"],
  );
  assert.equal(JSON.parse(rest[1]!.data).state, "succeeded");
  assert.equal(h.engine.listeners(), 0);

  const resumed = eventsOf(
    await fetch(`${h.url}/api/v1/tasks/t1/logs/stream`, { headers: { "last-event-id": "1-1" } }),
  );
  assert.deepEqual(
    (await take(resumed, 9)).map(({ id, event }) => event ?? id),
    ["1-2", "2-1", "2-2", "end"],
  );
  const first = eventsOf(await fetch(`${h.url}/api/v1/tasks/t1/logs/stream?attempt=1&after=1`));
  assert.deepEqual(
    (await take(first, 9)).map(({ id, event }) => event ?? id),
    ["1-2", "end"],
  );
  assert.equal((await h.ask("/api/v1/tasks/t1/logs/stream", { headers: { "last-event-id": "x" } })).status, 422);
});

test("output comes by the page, and raw as it was printed", async () => {
  await using h = await startHarness();
  await h.ask("/api/v1/tasks", post({ call: "f" }));
  for (let line = 1; line <= 1200; line++) h.engine.print("t1", 1, `line ${line} ä\n`);
  const page = await h.ask("/api/v1/tasks/t1/logs?after=1198&limit=5&attempt=1");
  assert.deepEqual(
    page.body.items.map((line: { text: string }) => line.text),
    ["line 1199 ä\n", "line 1200 ä\n"],
  );
  const raw = await h.ask("/api/v1/tasks/t1/logs/raw");
  assert.equal(raw.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(raw.body, Array.from({ length: 1200 }, (_, i) => `line ${i + 1} ä\n`).join(""));

  h.engine.print("t1", 2, Buffer.from([0, 255, 10]));
  const binary = await fetch(`${h.url}/api/v1/tasks/t1/logs/raw?attempt=2`);
  assert.equal(binary.headers.get("content-type"), "application/octet-stream");
  assert.deepEqual([...new Uint8Array(await binary.arrayBuffer())], [0, 255, 10]);
});

test("a long poll answers at the end, after its time, and not for a client that left", async () => {
  await using h = await startHarness();
  await h.ask("/api/v1/tasks", post({ call: "f" }));
  assert.equal((await h.ask("/api/v1/tasks/t1?wait=1ms")).body.state, "queued");
  const leaving = new AbortController();
  const left = fetch(`${h.url}/api/v1/tasks/t1?wait=60s`, { signal: leaving.signal });
  const waiting = h.ask("/api/v1/tasks/t1?wait=60s");
  await until(() => h.engine.listeners() === 2);
  leaving.abort();
  await assert.rejects(left);
  await until(() => h.engine.listeners() === 1);
  h.engine.end("t1", "succeeded");
  assert.equal((await waiting).body.state, "succeeded");
});

test("closing answers long polls, ends streams, and cuts what does not end", async () => {
  const h = await startHarness();
  await h.ask("/api/v1/tasks", post({ call: "f" }));
  const poll = h.ask("/api/v1/tasks/t1?wait=60s");
  const feed = eventsOf(await fetch(`${h.url}/api/v1/feed`));
  const logs = eventsOf(await fetch(`${h.url}/api/v1/tasks/t1/logs/stream`));
  // A body that never ends.
  const stuck = createConnection(h.port, "127.0.0.1");
  stuck.on("error", () => {});
  stuck.write(
    'POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"',
  );
  await until(() => h.engine.listeners() >= 4);
  const closed = h.server.close(100);
  assert.equal((await poll).body.state, "queued");
  assert.deepEqual(await take(feed, 1), []);
  assert.deepEqual(await take(logs, 1), []);
  await closed;
  await h.server.close(100);
  await assert.rejects(fetch(`${h.url}/livez`));
  assert.equal(h.engine.listeners(), 0);
});

test("a port in use is named", async () => {
  await using h = await startHarness();
  const { createServer } = await import("./server.ts");
  const quiet = (): void => {};
  const second = createServer({
    engine: h.engine,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: "0",
    limits: { bodyBytes: 1, taskBytes: 1, artifactBytes: 1 },
    compile: () => assert.fail("nothing is compiled"),
    compilePipeline: () => assert.fail("nothing is compiled"),
  });
  await assert.rejects(second.listen("127.0.0.1", h.port), new RegExp(`port ${h.port} on 127\\.0\\.0\\.1 is in use`));
  await second.close(0);
});

/** Resolves when the condition holds; the test's own time limit bounds it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
