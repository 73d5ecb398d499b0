// Files of tasks: handed over, listed, downloaded, and what goes wrong on either way.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createConnection } from "node:net";
import { test } from "node:test";
import { OctopusError } from "../base/errors.ts";
import { connect } from "../client/mod.ts";
import { type Harness, startHarness } from "./testing/harness.ts";

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function put(h: Harness, body: string | Uint8Array<ArrayBuffer>): Promise<{ sha256: string; bytes: number }> {
  const answer = await h.ask("/api/v1/artifacts", { method: "PUT", body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

/** A task whose first attempt left these files. */
async function taskWith(h: Harness, files: Record<string, string | Uint8Array<ArrayBuffer>>): Promise<string> {
  const { id } = (await h.engine.submit([{ type: "f", kind: "call", work: { kind: "call", call: "f" } }]))[0]!;
  const worker = h.worker("f");
  await worker.starts(id);
  const artifacts = [];
  for (const [path, content] of Object.entries(files)) {
    const { sha256: hash, bytes } = await put(h, content);
    assert.equal(hash, sha256(content));
    artifacts.push({ path, hash, bytes });
  }
  await worker.end(id, { outcome: "succeeded", artifacts });
  return id;
}

test("a file is handed over, listed and downloaded as it was, whatever its name", async () => {
  await using h = await startHarness();
  const random = crypto.getRandomValues(new Uint8Array(60_000));
  const files = {
    "report.html": "<script>alert(1)</script>",
    "deep/er/data.bin": random,
    empty: "",
    'odd "name" ä %41 ;\n.txt': "odd",
    "a?b#c": "marks",
  };
  const id = await taskWith(h, files);
  const { items } = (await h.ask(`/api/v1/tasks/${id}/artifacts`)).body;
  const sizes = items.map(({ path, bytes }: { path: string; bytes: number }) => `${path} ${bytes}`);
  const expected = Object.entries(files).map(([path, content]) => `${path} ${Buffer.byteLength(content)}`);
  assert.deepEqual(sizes.toSorted(), expected.toSorted());
  const client = connect(h.url);
  for (const [path, content] of Object.entries(files)) {
    const parts: Uint8Array[] = [];
    for await (const part of client.readArtifact(id, path, 1)) parts.push(part);
    assert.deepEqual(Buffer.concat(parts), Buffer.from(content), path);
  }
  client.close();

  const page = await fetch(`${h.url}/api/v1/tasks/${id}/artifacts/report.html`);
  assert.equal(page.headers.get("content-type"), "application/octet-stream");
  assert.equal(page.headers.get("x-content-type-options"), "nosniff");
  assert.equal(
    page.headers.get("content-disposition"),
    `attachment; filename="report.html"; filename*=UTF-8''report.html`,
  );
  assert.equal(page.headers.get("content-length"), "25");
  await page.text();
  const odd = await fetch(`${h.url}/api/v1/tasks/${id}/artifacts/${encodeURIComponent('odd "name" ä %41 ;\n.txt')}`);
  const disposition = odd.headers.get("content-disposition")!;
  assert.match(
    disposition,
    /^attachment; filename="odd _name_ _ _41 ;_.txt"; filename\*=UTF-8''odd%20%22name%22%20%C3%A4/,
  );
  assert.equal(await odd.text(), "odd");
  const head = await h.ask(`/api/v1/tasks/${id}/artifacts/deep/er/data.bin`, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length"), head.body], [200, "60000", ""]);
  assert.deepEqual(h.errors, []);
});

test("what is not there is told from what is", async () => {
  await using h = await startHarness();
  const id = await taskWith(h, { "a.txt": "a" });
  const cases: [string, number, RegExp][] = [
    [`/api/v1/tasks/${id}/artifacts/b.txt`, 404, /the task t1 has no file "b.txt": it left a.txt/],
    [`/api/v1/tasks/${id}/artifacts/../a.txt`, 404, /./],
    [`/api/v1/tasks/${id}/artifacts/..%2Fa.txt`, 404, /has no file "\.\.\/a.txt"/],
    [`/api/v1/tasks/${id}/artifacts/%2Fetc%2Fpasswd`, 404, /has no file "\/etc\/passwd"/],
    [`/api/v1/tasks/${id}/artifacts/%00`, 404, /has no file/],
    [`/api/v1/tasks/${id}/artifacts/%zz`, 404, /has no file/],
    [`/api/v1/tasks/${id}/artifacts/a.txt?attempt=2`, 404, /has no file "a.txt": it left none/],
    [`/api/v1/tasks/${id}/artifacts/a.txt?attempt=0`, 422, /attempt must be a whole number/],
    ["/api/v1/tasks/nope/artifacts", 404, /there is no task/],
    ["/api/v1/tasks/nope/artifacts/a.txt", 404, /there is no task/],
  ];
  for (const [path, status, detail] of cases) {
    const answer = await h.ask(path);
    assert.deepEqual([path, answer.status], [path, status], JSON.stringify(answer.body));
    assert.match(answer.body.detail, detail);
  }
  assert.equal((await h.ask(`/api/v1/tasks/${id}/artifacts/a.txt`, { method: "POST" })).status, 405);
  assert.deepEqual(h.errors, []);
});

test("a file over the limit, one that is cut off, and a disk that is full leave nothing behind", async () => {
  await using h = await startHarness({ limits: { artifactBytes: 100_000 } });
  let open = 0;
  let kept = 0;
  const { putArtifact } = h.engine;
  const disk: { failure?: Error } = {};
  h.engine.putArtifact = () => {
    const sink = putArtifact.call(h.engine);
    open++;
    return {
      write(chunk) {
        if (disk.failure !== undefined) throw disk.failure;
        sink.write(chunk);
      },
      commit() {
        open--;
        kept++;
        return sink.commit();
      },
      abort() {
        open--;
        sink.abort();
      },
    };
  };
  const large = await h.ask("/api/v1/artifacts", { method: "PUT", body: new Uint8Array(100_001) });
  assert.deepEqual([large.status, large.body.code], [413, "too_large"]);
  assert.match(large.body.detail, /the file is larger than 98 KiB \(100000 bytes\)/);
  assert.equal((await put(h, new Uint8Array(100_000))).bytes, 100_000);

  const socket = createConnection(h.port, "127.0.0.1");
  socket.write("PUT /api/v1/artifacts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf");
  while (open === 0) await new Promise(setImmediate);
  socket.destroy();
  await once(socket, "close");
  while (open > 0) await new Promise(setImmediate);

  disk.failure = new OctopusError("storage_full", "the disk is full");
  const full = await h.ask("/api/v1/artifacts", { method: "PUT", body: "x" });
  assert.deepEqual([full.status, full.headers.get("retry-after")], [507, "10"]);
  assert.deepEqual([open, kept], [0, 1]);
  assert.match((await h.ask("/api/v1/artifacts?x=1", { method: "PUT", body: "x" })).body.detail, /takes none/);
  assert.equal((await h.ask("/api/v1/artifacts", { method: "POST", body: "x" })).status, 405);
  assert.deepEqual(h.errors, []);
});

test("a large file passes in pieces, at the pace of its reader, and a reader that leaves stops it", async () => {
  await using h = await startHarness({ limits: { artifactBytes: 64 * 1024 * 1024 } });
  const content = new Uint8Array(24 * 1024 * 1024).fill(7);
  const id = await taskWith(h, { big: content });
  let pieces = 0;
  let ended = 0;
  const { readArtifact } = h.engine;
  h.engine.readArtifact = (...args) => {
    const { bytes } = readArtifact.apply(h.engine, args)!;
    async function* chunks() {
      try {
        for (let at = 0; at < bytes; at += 65_536) {
          pieces++;
          yield content.subarray(at, at + 65_536);
        }
      } finally {
        ended++;
      }
    }
    return { bytes, chunks: chunks() };
  };
  const whole = await fetch(`${h.url}/api/v1/tasks/${id}/artifacts/big`);
  assert.equal((await whole.arrayBuffer()).byteLength, content.length);
  assert.deepEqual([pieces, ended], [384, 1]);

  // A reader that reads nothing holds the rest back, and lets go of it when it leaves.
  pieces = 0;
  const socket = createConnection(h.port, "127.0.0.1");
  socket.write(`GET /api/v1/tasks/${id}/artifacts/big HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await once(socket, "readable");
  socket.destroy();
  while (ended < 2) await new Promise(setImmediate);
  assert.ok(pieces < 384, `${pieces} pieces were read for nobody`);
  assert.deepEqual(h.errors, []);
});

test("a file that cannot be read to its end breaks the connection, and the client says so", async () => {
  await using h = await startHarness();
  const id = await taskWith(h, { "a.txt": "abcdef" });
  h.engine.readArtifact = () => ({
    bytes: 6,
    chunks: (async function* () {
      yield new TextEncoder().encode("abc");
      throw new Error("the disk is gone");
    })(),
  });
  const client = connect(h.url);
  let seen = "";
  await assert.rejects(async () => {
    for await (const part of client.readArtifact(id, "a.txt")) seen += new TextDecoder().decode(part);
  }, /no answer from/);
  client.close();
  assert.equal(h.errors.length, 1);
});
