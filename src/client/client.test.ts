import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import { Client } from "./client.ts";
import { connect } from "./mod.ts";
import { readEvents } from "./sse.ts";
import { type Answer, json, startPeer } from "./testing.ts";
import { createFetchTransport } from "./transport-fetch.ts";

async function peer(t: TestContext, answer: Answer) {
  const started = await startPeer(answer);
  const client = connect(started.url);
  t.after(async () => {
    client.close();
    await started.stop();
  });
  return { ...started, client };
}

/** Accepts tasks as the API does; tasks of type `bad` are refused, and with them their whole request. */
function acceptTasks(): Answer {
  let next = 0;
  return ({ body, headers }, response) => {
    const isLines = headers["content-type"] === "application/x-ndjson";
    const read: unknown = isLines
      ? body
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line))
      : JSON.parse(body);
    const tasks = (Array.isArray(read) ? read : [read]) as { type?: string }[];
    const at = tasks.findIndex((task) => task.type === "bad");
    if (at !== -1) {
      const issues = [{ path: "type", message: "is bad" }];
      return json(response, 422, {
        type: "x",
        title: "x",
        status: 422,
        detail: "type is bad",
        code: "invalid",
        issues,
      });
    }
    const ids = tasks.map(() => `t${++next}`);
    return json(response, 201, Array.isArray(read) ? { count: ids.length, ids } : { id: ids[0], state: "queued" });
  };
}

const code = (expected: string) => (error: unknown) => error instanceof OctopusError && error.code === expected;

test("submissions of one tick travel as one request, in order, each with its own answer", async (t) => {
  const { client, asked } = await peer(t, acceptTasks());
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => client.submit({ shell: `echo ${i}` })));
  assert.deepEqual(
    answers.map(({ id }) => id),
    Array.from({ length: 50 }, (_, i) => `t${i + 1}`),
  );
  assert.equal(asked.length, 1);
  const sent = JSON.parse(asked[0]!.body) as { shell: string }[];
  assert.deepEqual(
    sent.map(({ shell }) => shell),
    Array.from({ length: 50 }, (_, i) => `echo ${i}`),
  );
  assert.deepEqual(await client.submit({ call: "x" }), { id: "t51", state: "queued" });
  assert.equal(asked[1]!.body, '{"call":"x"}');
});

test("a refused task does not fail its neighbours, and nothing is submitted twice", async (t) => {
  const { client } = await peer(t, acceptTasks());
  const settled = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) =>
      client.submit({ call: "x", type: i === 17 || i === 18 || i === 99 ? "bad" : "good" }),
    ),
  );
  const refused = settled.flatMap((one, i) => (one.status === "rejected" ? [i] : []));
  assert.deepEqual(refused, [17, 18, 99]);
  const error = (settled[17] as PromiseRejectedResult).reason as OctopusError;
  assert.equal(error.code, "invalid");
  assert.deepEqual(error.issues, [{ path: "type", message: "is bad" }]);
  const ids = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
  assert.deepEqual(
    ids,
    Array.from({ length: 97 }, (_, i) => `t${i + 1}`),
  );
});

test("a task that cannot be written as JSON fails alone", async (t) => {
  const { client } = await peer(t, acceptTasks());
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  const good = client.submit({ call: "x" });
  await assert.rejects(client.submit({ call: "x", input: loop as never }), code("invalid"));
  assert.equal((await good).id, "t1");
});

test("submitMany streams lines in bounded requests", async (t) => {
  const { client, asked } = await peer(t, acceptTasks());
  function* tasks() {
    for (let i = 0; i < 45_000; i++) yield { call: "x", input: i };
  }
  const heard: number[] = [];
  const ids = await client.submitMany(tasks(), { onProgress: (n) => heard.push(n) });
  assert.equal(ids.length, 45_000);
  assert.equal(ids.at(-1), "t45000");
  assert.deepEqual(heard, [20_000, 40_000, 45_000]);
  assert.equal(asked.length, 3);
});

test("a refusal becomes an OctopusError with code and issues; other answers name what they are", async (t) => {
  const { client } = await peer(t, ({ path }, response) => {
    if (path.endsWith("/t1"))
      return json(response, 404, { detail: "no task t1", code: "not_found", status: 404, type: "x", title: "x" });
    if (path.endsWith("/t2")) return void response.writeHead(502).end("Bad gateway");
    return void response.writeHead(200, { "content-type": "text/html" }).end("<html>");
  });
  await assert.rejects(client.task("t1"), { code: "not_found", message: "no task t1", retryable: false });
  await assert.rejects(client.task("t2"), { code: "unreachable", retryable: true });
  await assert.rejects(client.task("t3"), {
    code: "unreachable",
    message: /is not an Octopus server: it answered with text\/html/,
  });
});

test("no server: unreachable, retryable, and the message says what to do", async (t) => {
  const { client, stop, url } = await peer(t, acceptTasks());
  await stop();
  const expected = { code: "unreachable", retryable: true, message: /ECONNREFUSED.*octopus up.*OCTOPUS_SERVER_URL/ };
  await assert.rejects(client.status(), expected);
  await assert.rejects(client.submit({ call: "x" }), expected);
  await assert.rejects(async () => client.feed().next(), expected);
  await assert.rejects(new Client(url, createFetchTransport(url)).status(), expected);
  assert.throws(() => connect("127.0.0.1:8000"), code("invalid"));
});

test("queries, ids and bodies are written as the API has them", async (t) => {
  const { client, asked } = await peer(t, ({ method }, response) =>
    method === "DELETE" ? void response.writeHead(204).end() : json(response, 200, { items: [] }),
  );
  await client.tasks({ state: ["failed", "expired"], q: "a b", limit: 5, arm: undefined });
  await client.task("a/b", { waitMs: 1500 });
  await client.cancelTask("t1", "too slow");
  await client.deleteTask("t1");
  await client.configureArm("builds", { maxParallel: null });
  await client.backup("/x.db");
  assert.deepEqual(await client.arms(), []);
  assert.deepEqual(
    asked.map(({ method, path, body }) => `${method} ${path} ${body}`.trim()),
    [
      "GET /api/v1/tasks?state=failed%2Cexpired&q=a+b&limit=5",
      "GET /api/v1/tasks/a%2Fb?wait=1500ms",
      'POST /api/v1/tasks/t1/cancel {"reason":"too slow"}',
      "DELETE /api/v1/tasks/t1",
      'PUT /api/v1/arms/builds {"maxParallel":null}',
      'POST /api/v1/backup {"path":"/x.db"}',
      "GET /api/v1/arms",
    ],
  );
});

/** Sends feed entries from `from` on, and then breaks the connection in the middle of an event. */
function sendFeed(response: ServerResponse, from: number, count: number): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let i = from; i < from + count; i++)
    response.write(`id: b-${i}\ndata: {"type":"arm","name":"é${i}","at":0}\n\n`);
  response.write("id: b-99\nda", () => response.socket!.destroy());
}

for (const kind of ["node", "fetch"] as const) {
  test(`the feed resumes after the last entry it saw (${kind})`, async (t) => {
    let connections = 0;
    const { url, asked } = await peer(t, (_asked, response) => sendFeed(response, 3 * connections++, 3));
    const client = kind === "node" ? connect(url) : new Client(url, createFetchTransport(url));
    t.after(() => client.close());
    const seen: string[] = [];
    let losses = 0;
    for await (const { id, event } of client.feed("b-0", {
      run: "r1",
      onConnection: (lost) => (losses += lost ? 1 : 0),
    })) {
      seen.push(`${id} ${event.type === "arm" ? event.name : ""}`);
      if (seen.length === 7) break;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 7 }, (_, i) => `b-${i} é${i}`),
    );
    assert.deepEqual(
      asked.map(({ headers }) => headers["last-event-id"]),
      ["b-0", "b-2", "b-5"],
    );
    assert.equal(asked[0]!.path, "/api/v1/feed?run=r1");
    assert.equal(losses, 2);
  });
}

test("followed logs go on over a lost connection and stop at the end event", async (t) => {
  const line = (n: number) => `id: ${n}\ndata: {"n":${n},"attempt":1,"stream":"stdout","at":"x","text":"l${n}\\n"}\n\n`;
  const { client, asked } = await peer(t, ({ headers }, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (headers["last-event-id"] === undefined) return void response.write(line(1), () => response.socket!.destroy());
    return void response.end(`: comment\n\n${line(2)}event: end\ndata: {}\n\n${line(3)}`);
  });
  const seen = [];
  for await (const { n } of client.logs("t1", { follow: true })) seen.push(n);
  assert.deepEqual(seen, [1, 2]);
  assert.equal(asked[1]!.headers["last-event-id"], "1");
});

test("a stream ends when its signal aborts, and a refused one throws", async (t) => {
  const { client } = await peer(t, ({ path }, response) => {
    if (path.includes("t9")) return json(response, 404, { detail: "no task t9", code: "not_found" });
    return void response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
  });
  await assert.rejects(async () => client.logs("t9", { follow: true }).next(), code("not_found"));
  const stop = new AbortController();
  const reading = client.feed(undefined, { signal: stop.signal }).next();
  stop.abort();
  assert.equal((await reading).done, true);
});

test("waiting asks again until the task has ended, also over a server that is away for a moment", async (t) => {
  let asks = 0;
  const { client } = await peer(t, (_asked, response) => {
    if (++asks === 2) return void response.socket!.destroy();
    return json(response, 200, { id: "t1", state: asks < 4 ? "running" : "succeeded" });
  });
  assert.equal((await client.waitTask("t1")).state, "succeeded");
  assert.ok(asks >= 4);
  asks = -1000;
  assert.equal((await client.waitTask("t1", { timeoutMs: 20 })).state, "running");
});

test("events are read whole however the bytes are cut", async () => {
  const text = "id: 1\r\ndata: ä\r\ndata: b\r\n\r\n: note\n\nevent: end\ndata\n\nid: 2\ndata: cut off";
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    async function* chunks() {
      for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
    }
    const events = [];
    for await (const event of readEvents(chunks())) events.push(event);
    assert.deepEqual(
      events,
      [
        { event: "message", data: "ä\nb", id: "1" },
        { event: "end", data: "", id: "1" },
      ],
      `cut at ${size}`,
    );
  }
});
