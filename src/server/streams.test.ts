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

test("the feed goes on after the last event seen, and is filtered by what it is about", async () => {
  await using h = await startHarness();
  await h.ask("/api/v1/tasks", post({ call: "f" }));
  await h.ask("/api/v1/runs", post({ definition: "tasks: {a: {call: f, type: special}}" }));
  await h.engine.configureArm("slow", {});
  await h.ask("/api/v1/tasks", post({ call: "g", arm: "slow", id: "mine" }));
  const after = async (path: string, headers = {}): Promise<AsyncGenerator<Event>> => {
    const response = await fetch(`${h.url}/api/v1/feed?${path}`, { headers });
    assert.equal(response.status, 200, path);
    return eventsOf(response);
  };
  const seen = async (path: string, count: number, headers = {}): Promise<string[]> => {
    const events = await after(path, headers);
    const taken = await take(events, count);
    await events.return(undefined);
    return taken.map(({ data }) => {
      const { type, id, name } = JSON.parse(data) as { type: string; id?: string; name?: string };
      return `${type} ${id ?? name}`;
    });
  };
  const boot = /^(\w+)-/.exec((await take(await after(`after=x-0`), 1))[0]!.id!)![1]!;
  const start = `after=${boot}-0`;
  const all = ["task t1", "run r1", "task t2", "arm slow", "task mine"];
  assert.deepEqual((await seen(start, 5)).toSorted(), all.toSorted());

  // The header wins over the query: a browser that reconnects repeats its URL.
  const events = await take(await after(start), 5);
  const rest = await take(await after(start, { "last-event-id": events[2]!.id }), 2);
  assert.deepEqual(
    rest.map(({ id }) => id),
    events.slice(3).map(({ id }) => id),
  );

  const worker = h.worker("f", "g");
  await worker.starts("t2");
  worker.progress("t2", 0.5);
  await worker.end("t2");
  const ofRun = ["progress t2", "run r1", "run r1", "run r1", "task t2", "task t2", "task t2"];
  assert.deepEqual((await seen(`${start}&run=r1`, ofRun.length)).toSorted(), ofRun);
  assert.deepEqual(await seen(`${start}&type=arm,worker`, 2), ["arm slow", "worker hand"]);
  assert.deepEqual(await seen(`${start}&arm=slow&type=task`, 1), ["task mine"]);
  assert.deepEqual(await seen(`${start}&task=t3`, 1), ["task mine"]);
  assert.deepEqual(await seen(`${start}&taskType=special&state=running`, 1), ["task t2"]);
  assert.deepEqual(await seen(`${start}&state=succeeded&type=run`, 1), ["run r1"]);
  assert.deepEqual(await seen(`${start}&type=progress&taskType=special`, 1), ["progress t2"]);
});

test("a reader that does not read is told to resync and cut off", async () => {
  await using h = await startHarness();
  const socket = createConnection(h.port, "127.0.0.1");
  socket.write("GET /api/v1/feed HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(socket, "readable");
  // Nothing is read from here on: the kernel's buffers fill first, then the server's, up to its bound.
  let sent = 0;
  while (h.listeners.count() > 0) {
    assert.ok(sent++ < 10_000, "the reader was never cut off");
    const event = { type: "progress", id: "t1", attempt: 1, value: 0, message: "x".repeat(16_384), at: 1 } as const;
    h.listeners.tell([{ id: `b-${sent}`, event }]);
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
  await h.ask("/api/v1/tasks", post({ call: "f", retries: { limit: 1, delay: 0 } }));
  const worker = h.worker("f");
  await worker.starts("t1");
  worker.print("t1", "one\n");
  const events = eventsOf(await fetch(`${h.url}/api/v1/tasks/t1/logs/stream`));
  const next = async (count: number): Promise<(string | undefined)[]> =>
    (await take(events, count)).map(({ id, event }) => event ?? id);
  assert.deepEqual(await next(1), ["1-1"]);
  worker.print("t1", "two\n");
  assert.deepEqual(await next(1), ["1-2"]);
  await worker.end("t1", { outcome: "failed", error: { message: "again" } });
  await worker.starts("t1", 2);
  worker.print("t1", "again\n");
  assert.deepEqual(await next(1), ["2-3"]);
  worker.print("t1", "last\n");
  await worker.end("t1");
  const rest = await take(events, 3);
  assert.deepEqual(
    rest.map(({ id, event }) => event ?? id),
    ["2-4", "end"],
  );
  assert.equal(JSON.parse(rest[1]!.data).state, "succeeded");
  await until(() => h.listeners.count() === 0);

  const resumed = eventsOf(
    await fetch(`${h.url}/api/v1/tasks/t1/logs/stream`, { headers: { "last-event-id": "1-1" } }),
  );
  assert.deepEqual(
    (await take(resumed, 9)).map(({ id, event }) => event ?? id),
    ["1-2", "2-3", "2-4", "end"],
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
  await h.ask("/api/v1/tasks", post({ call: "f", retries: { limit: 1, delay: 0 } }));
  const worker = h.worker("f");
  await worker.starts("t1");
  for (let line = 1; line <= 1200; line++) worker.print("t1", `line ${line} ä\n`);
  await worker.end("t1", { outcome: "failed" });
  await worker.starts("t1", 2);
  worker.print("t1", Buffer.from([0, 255, 10]));
  await worker.end("t1");
  const page = await h.ask("/api/v1/tasks/t1/logs?after=1198&limit=5&attempt=1");
  assert.deepEqual(
    page.body.items.map((line: { text: string }) => line.text),
    ["line 1199 ä\n", "line 1200 ä\n"],
  );
  const raw = await h.ask("/api/v1/tasks/t1/logs/raw?attempt=1");
  assert.equal(raw.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(raw.body, Array.from({ length: 1200 }, (_, i) => `line ${i + 1} ä\n`).join(""));

  const binary = await fetch(`${h.url}/api/v1/tasks/t1/logs/raw`);
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
  await until(() => h.listeners.count() === 2);
  leaving.abort();
  await assert.rejects(left);
  await until(() => h.listeners.count() === 1);
  const worker = h.worker("f");
  await worker.starts("t1");
  await worker.end("t1");
  assert.equal((await waiting).body.state, "succeeded");
});

test("closing answers long polls, ends streams, and cuts what does not end", async () => {
  await using h = await startHarness();
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
  await until(() => h.listeners.count() >= 4);
  const closed = h.server.close(100);
  assert.equal((await poll).body.state, "queued");
  assert.deepEqual(await take(feed, 1), []);
  assert.deepEqual(await take(logs, 1), []);
  await closed;
  await h.server.close(100);
  await assert.rejects(fetch(`${h.url}/livez`));
  assert.equal(h.listeners.count(), 0);
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
