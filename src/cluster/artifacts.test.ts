/** Large results, files and output are on every server, and go from everywhere when nothing names them any more. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { countOf, leaderOf, startServer, stopAll, submit, type TestServer, until } from "../../test/cluster/servers.ts";
import type { LogChunk } from "../protocol/link.ts";
import { connectWorker } from "../../test/sim/engine-harness.ts";
import { MemoryShared } from "./testing.ts";

const LARGE = "x".repeat(5000);

/** Lets a task leave a large result and a line of output. */
async function leaveLarge(leader: TestServer): Promise<void> {
  const worker = connectWorker(leader.engine, 1);
  const { task, attempt } = await worker.assigned();
  const at = Date.now();
  worker.send({ type: "log", chunks: [{ task, attempt, stream: "stdout", at, text: "hello\n", seq: 1 }] });
  worker.send({ type: "result", n: 1, task, attempt, report: { outcome: "succeeded", result: LARGE } });
  await worker.acknowledged(1);
}

const resultOn = ({ engine }: TestServer): unknown => engine.resultText("t1");
const outputOn = ({ store }: TestServer): string[] =>
  store.logs.read(1, 1, { limit: 10 }).map((line) => ("text" in line ? String(line.text) : ""));

test("what a task left is on every server, also on one that comes later", async () => {
  const shared = new MemoryShared();
  const servers = await Promise.all(["a", "b"].map((name) => startServer(shared.server(name))));
  const dir = mkdtempSync(join(tmpdir(), "octopus-files-"));
  try {
    const leader = await submit(servers);
    await leaveLarge(leader);
    for (const server of servers) {
      await until("the result is there", () => resultOn(server) === JSON.stringify(LARGE));
      await until("the output is there", () => outputOn(server).join("") === "hello\n");
    }
    await leader.shard.snapshot();
    await submit(servers);
    // Nothing is trimmed that a server may need which was heard of a moment ago.
    while (shared.log.first === 1) await leader.shard.snapshot();
    servers.push(await startServer(shared.server("c"), { dir }));
    const late = servers[2]!;
    await until("it has caught up", () => countOf(late) === 2);
    await until("it began from a snapshot", () => late.troubles.some(({ type }) => type === "bootstrap"));
    assert.equal(resultOn(late), JSON.stringify(LARGE));
    await until("the output is there", () => outputOn(late).join("") === "hello\n");
    const now = await leaderOf(servers);
    await now.engine.deleteTask("t1");
    await until("no server names it", () => servers.every((server) => countOf(server) === 1));
    await until("the object is gone", () => ![...shared.objects.keys()].some((name) => name.startsWith("files/")));
    for (const server of servers) await until("the output is gone", () => outputOn(server).length === 0);
  } finally {
    await stopAll(servers);
    rmSync(dir, { recursive: true, force: true });
  }
});

test("a file and output that a leader took before it was killed are there once", async () => {
  const shared = new MemoryShared();
  const servers = await Promise.all(["a", "b"].map((name) => startServer(shared.server(name))));
  try {
    const leader = await submit(servers);
    const first = connectWorker(leader.engine, 1);
    const { task, attempt } = await first.assigned();
    const sink = leader.engine.putArtifact();
    sink.write(Buffer.from("a report"));
    const { sha256: hash, bytes, shared: outlives } = sink.commit();
    await outlives!();
    const piece = (seq: number): LogChunk => ({ task, attempt, stream: "stdout", at: seq, text: `${seq}\n`, seq });
    first.send({ type: "log", chunks: [piece(1), piece(2)] });
    const other = servers.find((server) => server !== leader)!;
    await until("the other has followed", () => outputOn(other).length === 2);
    leader.kill();
    servers.splice(servers.indexOf(leader), 1);
    const next = await leaderOf(servers);
    const again = connectWorker(next.engine, 1, { holds: [{ task, attempt }] });
    await until("it is known", () => again.received.some(({ type }) => type === "welcome"));
    const nowhere = { path: "gone", bytes: 1, hash: "0".repeat(64) };
    const artifacts = [{ path: "report", bytes, hash }, nowhere];
    // What it does not know to have arrived the worker sends again.
    again.send({ type: "log", chunks: [piece(1), piece(2), piece(3)] });
    again.send({ type: "result", n: 1, task, attempt, report: { outcome: "succeeded", artifacts } });
    await again.acknowledged(1);
    assert.deepEqual(
      next.engine.artifacts("t1")?.map(({ path }) => path),
      ["report"],
    );
    assert.deepEqual(outputOn(next), ["1\n", "2\n", "3\n"]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of next.engine.openArtifact(hash)!.chunks) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), "a report");
  } finally {
    await stopAll(servers);
  }
});

test("an object that is missing is put again by a server that has the file", async () => {
  const shared = new MemoryShared();
  const servers = [await startServer(shared.server("a"))];
  try {
    const leader = await submit(servers);
    await leaveLarge(leader);
    shared.objects.clear();
    servers.push(await startServer(shared.server("b")));
    await until("the result is there", () => resultOn(servers[1]!) === JSON.stringify(LARGE));
  } finally {
    await stopAll(servers);
  }
});

test("a turn whose files cannot be shared fails, and leaves nothing in the log", async () => {
  const shared = new MemoryShared();
  const server = await startServer(shared.server("a"), { shareMs: 500 });
  try {
    await submit([server]);
    const before = shared.log.last;
    shared.noObjects = true;
    const worker = connectWorker(server.engine, 1);
    const { task, attempt } = await worker.assigned();
    worker.send({ type: "result", n: 1, task, attempt, report: { outcome: "succeeded", result: LARGE } });
    await until("the worker is cut off", () => worker.closed);
    assert.equal(server.store.library.resultText(1), undefined);
    shared.noObjects = false;
    await until("the engine goes on", () => server.engine.ready());
    assert.equal(server.shard.role, "leader");
    const again = connectWorker(server.engine, 1, { holds: [{ task, attempt }] });
    await until("it is known", () => again.received.some(({ type }) => type === "welcome"));
    again.send({ type: "result", n: 1, task, attempt, report: { outcome: "succeeded", result: LARGE } });
    await until("the result is there", () => resultOn(server) === JSON.stringify(LARGE));
    assert.ok(shared.log.last > before);
  } finally {
    await stopAll([server]);
  }
});
