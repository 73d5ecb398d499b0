/** Files by content, on disk and in memory: whole or not there, once for each content. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Artifacts } from "../engine/ports.ts";
import { memoryArtifacts, openArtifacts } from "./artifacts.ts";

const dir = mkdtempSync(join(tmpdir(), "octopus-artifacts-"));
after(() => rmSync(dir, { recursive: true, force: true }));
const files = openArtifacts(dir);
const kinds: [string, Artifacts][] = [
  ["files", files],
  ["memory", memoryArtifacts()],
];

async function contentOf(artifacts: Artifacts, reference: string): Promise<Buffer | undefined> {
  const opened = artifacts.open(reference);
  if (opened === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.chunks) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  assert.equal(bytes.length, opened.bytes);
  return bytes;
}

for (const [name, artifacts] of kinds) {
  test(`${name}: what is put in comes out, piece by piece`, async () => {
    const content = Buffer.alloc(1_000_000, "abcdefg");
    const sink = artifacts.sink();
    // The buffer is used again, as a socket does.
    const piece = Buffer.alloc(70_000);
    for (let at = 0; at < content.length; at += piece.length) {
      const length = content.copy(piece, 0, at);
      sink.write(piece.subarray(0, length));
    }
    const hash = createHash("sha256").update(content).digest("hex");
    assert.equal(artifacts.has(hash), false, "nothing is there before the commit");
    assert.deepEqual(sink.commit(), { sha256: hash, bytes: content.length });
    assert.equal(artifacts.has(hash), true);
    assert.deepEqual(await contentOf(artifacts, hash), content);
    artifacts.remove([hash]);
    assert.equal(await contentOf(artifacts, hash), undefined);
  });

  test(`${name}: an empty file, one given up, and the same content twice`, async () => {
    const empty = artifacts.sink().commit();
    assert.deepEqual(await contentOf(artifacts, empty.sha256), Buffer.alloc(0));
    const given = artifacts.sink();
    given.write(Buffer.from("no"));
    given.abort();
    const [one, two] = [artifacts.sink(), artifacts.sink()];
    for (const sink of [one, two]) sink.write(Buffer.from("same"));
    assert.deepEqual(one.commit(), two.commit());
    const reference = artifacts.put("same");
    assert.equal(artifacts.get(reference), "same");
  });
}

test("a start removes what was on its way in, and leaves no draft behind", () => {
  const incoming = join(dir, "incoming");
  assert.deepEqual(readdirSync(incoming), []);
  mkdirSync(incoming, { recursive: true });
  writeFileSync(join(incoming, "dead.part"), "half");
  openArtifacts(dir);
  assert.equal(existsSync(incoming), false);
});

test("what is old is named sooner or later, what is new is not", () => {
  const old = files.put("old");
  files.put("new");
  utimesSync(join(dir, old.slice(0, 2), old), 1, 1);
  const named = Array.from({ length: 256 }, () => files.stale(Date.now() - 3_600_000)).flat();
  assert.deepEqual(named, [old]);
  files.put("old");
  const again = Array.from({ length: 256 }, () => files.stale(Date.now() - 3_600_000)).flat();
  assert.deepEqual(again, [], "somebody wants it again");
});

test("a folder that cannot be written is named in the refusal", () => {
  const blocked = join(dir, "blocked");
  writeFileSync(blocked, "a file");
  assert.throws(() => openArtifacts(join(blocked, "artifacts")), {
    name: "OctopusError",
    code: "storage_failed",
  });
});

test(
  "a file that is asked for and not read, or not to its end, stays open for nobody",
  { skip: !existsSync("/proc/self/fd") },
  async () => {
    const reference = files.put("x".repeat(1_000_000));
    const open = (): number => readdirSync("/proc/self/fd").length;
    const before = open();
    for (let i = 0; i < 20; i++) files.open(reference);
    for (let i = 0; i < 20; i++) for await (const _ of files.open(reference)!.chunks) break;
    const begun = performance.now();
    while (open() > before && performance.now() - begun < 10_000) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(open(), before);
  },
);
