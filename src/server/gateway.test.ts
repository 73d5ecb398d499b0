// The worker link over a real WebSocket, with workers that behave and workers that do not.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import fc from "fast-check";
import { WebSocket } from "ws";
import type { Assignment, FromWorker, Hello, ToWorker } from "../protocol/link.ts";
import { packFrames } from "./frames.ts";
import { readFrame } from "./link-check.ts";
import { type Harness, startHarness } from "./testing/harness.ts";
import { recordSessions } from "./testing/sessions.ts";

const hello: Hello = {
  type: "hello",
  version: 2,
  name: "w1",
  instance: "i1",
  slots: 4,
  abilities: { kinds: ["shell", "call"], functions: ["noop"] },
  holds: [{ task: 3, attempt: 1 }],
  host: "here",
  pid: 7,
  octopus: "0.1.0",
};

async function connect(h: Harness): Promise<WebSocket> {
  const socket = new WebSocket(`${h.url.replace("http", "ws")}/api/v1/worker`);
  await once(socket, "open");
  return socket;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

test("messages go both ways, a turn's messages in one frame, and the end is said once", async () => {
  await using h = await startHarness();
  const sessions = recordSessions(h.engine);
  const socket = await connect(h);
  const frames: ToWorker[][] = [];
  socket.on("message", (data: Buffer) => frames.push(JSON.parse(data.toString())));
  const result: FromWorker = {
    type: "result",
    task: 3,
    attempt: 1,
    n: 1,
    report: { outcome: "succeeded", result: { rows: 3 } },
  };
  socket.send(JSON.stringify([hello]));
  socket.send(JSON.stringify([result, { type: "heartbeat", load: 0.5, rssBytes: 1e8, active: 1 }]));
  await until(() => sessions[0]?.received.length === 3);
  const [session] = sessions;
  assert.deepEqual(session!.received.slice(0, 2), [hello, result]);

  session!.port.send([{ type: "welcome", session: "s1", heartbeatMs: 5000, leaseMs: 30_000 }]);
  session!.port.send([{ type: "ack", n: 1 }]);
  await until(() => frames.length === 1);
  assert.deepEqual(
    frames[0]!.map(({ type }) => type),
    ["welcome", "ack"],
  );

  session!.port.send([{ type: "refuse", reason: "too old", retryable: false }]);
  session!.port.close();
  await once(socket, "close");
  assert.deepEqual(
    frames[1]!.map(({ type }) => type),
    ["refuse"],
  );
  await until(() => session!.closed === 1);
});

test("garbage ends the connection with a reason, and reaches nobody", async () => {
  await using h = await startHarness();
  const sessions = recordSessions(h.engine);
  const cases: [frames: (string | Buffer)[], reason: RegExp][] = [
    [["nonsense"], /a frame must be JSON/],
    [['{"type":"goodbye"}'], /must be an array/],
    [["[1]"], /a message must be an object/],
    [['[{"type":"goodbye"}]'], /the first message must be hello/],
    [[JSON.stringify([hello, hello])], /hello was said before/],
    [[JSON.stringify([hello, { type: "proof", name: "w", key: "k", signature: "s" }])], /hello was said before/],
    [
      [JSON.stringify([hello]), JSON.stringify([{ type: "proof", name: "w", key: "k", signature: "s" }])],
      /proof stands before/,
    ],
    [[JSON.stringify([{ type: "proof", name: "w", key: "k", signature: "s" }])], /first message must be hello/],
    [[JSON.stringify([{ ...hello, labels: { "a b": "c" } }])], /labels of hello/],
    [[JSON.stringify([{ ...hello, resources: { gpu: 1000 }, units: { gpu: ["0", "1"] } }])], /each unit counts/],
    [
      [JSON.stringify([{ ...hello, holds: Array.from({ length: 200_001 }, () => ({ task: 1, attempt: 1 })) }])],
      /holds/,
    ],
    [[JSON.stringify([hello]), `[${"{},".repeat(200_000)}{}]`], /at most 200000 messages/],
    [[JSON.stringify([{ ...hello, slots: -1 }])], /slots must be a whole number/],
    [[JSON.stringify([hello]), '[{"type":"log","chunks":[{}]}]'], /log needs chunks/],
    [[JSON.stringify([hello]), '[{"type":"ruin"}]'], /unknown type/],
    [[JSON.stringify([hello]), '[{"type":"offer","abilities":{}}]'], /offer needs abilities with kinds/],
    [[Buffer.from([1, 2])], /a frame must be text/],
  ];
  for (const [frames, reason] of cases) {
    const socket = await connect(h);
    for (const frame of frames) socket.send(frame);
    const [code, text] = (await once(socket, "close")) as [number, Buffer];
    assert.equal(code, 1008);
    assert.match(text.toString(), reason);
  }
  await until(() => sessions.length === 5 && sessions.every(({ closed }) => closed === 1));
  assert.ok(sessions.every(({ received }) => received.every(({ type }) => type === "hello")));
  assert.deepEqual(h.errors, []);
});

test("a close of the server ends workers' connections", async () => {
  await using h = await startHarness();
  const sessions = recordSessions(h.engine);
  const socket = await connect(h);
  socket.send(JSON.stringify([hello]));
  await until(() => sessions.length === 1);
  const closed = once(socket, "close");
  await h.server.close(1000);
  assert.equal((await closed)[0], 1001);
  assert.equal(sessions[0]!.closed, 1);
});

test("a worker that stops reading is cut off when too much waits for it", async () => {
  await using h = await startHarness();
  const sessions = recordSessions(h.engine);
  const socket = await connect(h);
  socket.send(JSON.stringify([hello]));
  await until(() => sessions[0]?.received.length === 1);
  const [session] = sessions;
  socket.pause();
  const assign = (): ToWorker => ({ type: "assign", tasks: [{ ...assignment, name: "x".repeat(4_000_000) }] });
  for (let sent = 0; session!.closed === 0; sent++) {
    assert.ok(sent < 10_000, "the worker was never cut off");
    session!.port.send([assign()]);
    await new Promise(setImmediate);
  }
  socket.terminate();
});

const assignment: Assignment = {
  task: 1,
  attempt: 1,
  id: "t1",
  type: "x",
  arm: "default",
  timeoutMs: 0,
  work: { kind: "call", call: "x" },
};

test("whatever arrives, the check answers messages or a reason", () => {
  const near = fc.record(
    {
      type: fc.constantFrom("hello", "result", "log", "progress", "heartbeat", "draining", "goodbye", "x"),
      task: fc.jsonValue(),
      attempt: fc.constantFrom(1, 0, "1", null),
      n: fc.constantFrom(1, -1),
      value: fc.jsonValue(),
      report: fc.record(
        { outcome: fc.constantFrom("failed", "lost"), error: fc.jsonValue(), extra: fc.jsonValue() },
        { requiredKeys: [] },
      ),
      chunks: fc.array(fc.jsonValue()),
      abilities: fc.jsonValue(),
      name: fc.jsonValue(),
    },
    { requiredKeys: ["type"] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.array(near, { maxLength: 3 }).map((frame) => JSON.stringify(frame)),
      ),
      (text) => {
        const read = readFrame(text);
        assert.ok(typeof read === "string" || Array.isArray(read));
      },
    ),
    { numRuns: 2000 },
  );
});

test("a report loses what the server does not know, and a result without bottom becomes a failure", () => {
  const report = (more: object): string =>
    JSON.stringify([{ type: "result", task: 1, attempt: 1, n: 1, report: { outcome: "succeeded", ...more } }]);
  const [known] = readFrame(report({ exitCode: 0, weather: "fine" })) as unknown as [{ report: object }];
  assert.deepEqual(known.report, { outcome: "succeeded", exitCode: 0 });
  const deep = report({ result: 0 }).replace('"result":0', `"result":${"[".repeat(5000)}${"]".repeat(5000)}`);
  const [failed] = readFrame(deep) as unknown as [{ report: { outcome: string } }];
  assert.equal(failed.report.outcome, "failed");
  for (const bad of [{ outcome: "lost" }, { exitCode: "0" }, { durationMs: -1 }, { error: "text" }, { retryable: 1 }]) {
    assert.equal(typeof readFrame(report(bad)), "string", JSON.stringify(bad));
  }
});

test("frames stay under their limit, in order", () => {
  const tasks = Array.from({ length: 9 }, (_, i) => ({ ...assignment, task: i + 1, name: "y".repeat(500) }));
  const messages: ToWorker[] = [{ type: "ack", n: 1 }, { type: "assign", tasks }, { type: "drain" }];
  assert.equal(packFrames(messages).length, 1);
  const frames = packFrames(messages, 2000);
  assert.ok(frames.every((frame) => frame.length <= 2000));
  const seen = frames.flatMap((frame) => JSON.parse(frame) as ToWorker[]);
  assert.deepEqual(
    seen.flatMap((message): unknown[] =>
      message.type === "assign" ? message.tasks.map(({ task }) => task) : [message.type],
    ),
    ["ack", 1, 2, 3, 4, 5, 6, 7, 8, 9, "drain"],
  );
});
