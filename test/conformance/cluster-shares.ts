/** What every backend of a cluster owes it for values, objects and output; a part of `cluster-backend.ts`. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import type { LogChunk } from "../../src/protocol/link.ts";
import { type Backends, bytes, newShard, until } from "./cluster-parts.ts";

export function testValues(two: Backends): void {
  test("values: are kept, replaced, listed and removed, at every server", async () => {
    const [a, b] = [two.a.values, two.b.values];
    assert.equal(await a.get("v/none"), undefined);
    await a.set("v/one", "1");
    await b.set("v/two", "ü\n2");
    await a.set("v/one", "1 again");
    assert.equal(await b.get("v/one"), "1 again");
    const names = await b.list("v/");
    assert.deepEqual(
      names.toSorted((x, y) => (x.name < y.name ? -1 : 1)),
      [
        { name: "v/one", value: "1 again" },
        { name: "v/two", value: "ü\n2" },
      ],
    );
    assert.deepEqual(
      (await a.list("v/t")).map(({ name }) => name),
      ["v/two"],
    );
    await b.remove("v/one");
    await b.remove("v/one");
    assert.equal(await a.get("v/one"), undefined);
    assert.deepEqual(
      (await a.list("v/")).map(({ name }) => name),
      ["v/two"],
    );
  });

  test("values: names with dots and other signs are not mixed up", async () => {
    const { values } = two.a;
    const names = ["n/a.b", "n/a/b", "n/a_b", "n/a-b", "n/A.b"];
    for (const name of names) await values.set(name, name);
    for (const name of names) assert.equal(await two.b.values.get(name), name);
    assert.deepEqual((await values.list("n/")).map(({ name }) => name).toSorted(), names.toSorted());
  });

  test("values: of many that create one, all get the same", async () => {
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? two.a : two.b).values.createOnce("once", `v${index}`),
      ),
    );
    assert.equal(new Set(all).size, 1);
    assert.equal(await two.b.values.get("once"), all[0]);
    await two.a.values.remove("once");
    assert.equal(await two.b.values.createOnce("once", "new"), "new");
    assert.equal(await two.a.values.createOnce("once", "newer"), "new");
  });
}

export function testObjects(two: Backends): void {
  test("objects: are put whole and read back at another server", async () => {
    const large = randomBytes(3_000_001);
    await two.a.objects.put("files/large", pieces(large, 70_000));
    await two.a.objects.put("files/empty", pieces(large.subarray(0, 0), 1));
    await two.a.objects.put("files/exact", pieces(large.subarray(0, 2 * 128 * 1024), 128 * 1024));
    assert.equal(hashOf(await whole(two.b.objects.get("files/large"))), hashOf(large));
    assert.equal((await whole(two.b.objects.get("files/empty"))).length, 0);
    assert.ok((await whole(two.b.objects.get("files/exact"))).equals(large.subarray(0, 2 * 128 * 1024)));
    const listed = await two.b.objects.list("files/");
    assert.deepEqual(listed.map(({ name, bytes: size }) => `${name} ${size}`).toSorted(), [
      "files/empty 0",
      "files/exact 262144",
      "files/large 3000001",
    ]);
    assert.ok(listed.every(({ at }) => Math.abs(at - Date.now()) < 600_000));
    assert.deepEqual(await two.b.objects.list("files/x"), []);
  });

  test("objects: one that is put again is replaced, one that is removed is gone", async () => {
    await two.a.objects.put("again/1", pieces(bytes("first"), 2));
    await two.b.objects.put("again/1", pieces(bytes("second"), 3));
    assert.equal((await whole(two.a.objects.get("again/1"))).toString(), "second");
    assert.equal(await two.a.objects.has("again/1"), true);
    await two.a.objects.remove("again/1");
    await two.a.objects.remove("again/1");
    assert.equal(await two.b.objects.has("again/1"), false);
    assert.equal(await two.b.objects.get("again/1"), undefined);
    assert.deepEqual(await two.b.objects.list("again/"), []);
    await two.a.objects.put("again/1", pieces(bytes("third"), 2));
    assert.equal((await whole(two.b.objects.get("again/1"))).toString(), "third");
  });

  test("objects: a put whose source fails leaves nothing, and what was there stays", async () => {
    await two.a.objects.put("torn/kept", pieces(bytes("kept"), 2));
    const failing = async function* () {
      yield randomBytes(300_000);
      throw new Error("the disk is gone");
    };
    await assert.rejects(two.a.objects.put("torn/kept", failing()), /disk is gone/);
    await assert.rejects(two.a.objects.put("torn/new", failing()), /disk is gone/);
    assert.equal((await whole(two.b.objects.get("torn/kept"))).toString(), "kept");
    assert.equal(await two.b.objects.has("torn/new"), false);
  });

  test("objects: a reader that stops early, and one that is slow", async () => {
    const large = randomBytes(6_000_000);
    await two.a.objects.put("slow/1", pieces(large, 1_000_000));
    for await (const chunk of (await two.b.objects.get("slow/1"))!) if (chunk.length > 0) break;
    const hash = createHash("sha256");
    let count = 0;
    for await (const chunk of (await two.b.objects.get("slow/1"))!) {
      if (count++ % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      hash.update(chunk);
    }
    assert.equal(hash.digest("hex"), hashOf(large));
  });
}

export function testOutput(two: Backends): void {
  test("output: comes to every server, in order, from any position", async () => {
    const shard = newShard();
    const [{ output }, { output: other }] = [await two.a.shard(shard), await two.b.shard(shard)];
    const seen: string[] = [];
    const positions: string[] = [];
    const stop = other.follow(undefined, (chunks, position) => {
      seen.push(...chunks.map(({ text }) => text!));
      positions.push(position);
    });
    for (let n = 0; n < 50; n++) output.publish([chunk(n), chunk(n, "x".repeat(n * 100))]);
    await output.flush();
    await until("all output", () => seen.length >= 100);
    const expected = Array.from({ length: 50 }, (_, n) => [`line ${n}`, "x".repeat(n * 100)]).flat();
    assert.deepEqual(seen, expected);
    stop();
    output.publish([chunk(50), chunk(51)]);
    await output.flush();
    const later: string[] = [];
    const stopLater = other.follow(positions.at(-1), (chunks) => later.push(...chunks.map(({ text }) => text!)));
    await until("what came later", () => later.length >= 2);
    assert.deepEqual(later, ["line 50", "line 51"]);
    stopLater();
    const again: string[] = [];
    const stopAgain = other.follow(undefined, (chunks) => again.push(...chunks.map(({ text }) => text!)));
    await until("all from the first", () => again.length >= 102);
    assert.equal(again.length, 102);
    stopAgain();
  });
}

function chunk(n: number, text = `line ${n}`): LogChunk {
  return { task: 7, attempt: 1, stream: "stdout", at: n, text, seq: n + 1 };
}

async function* pieces(content: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

async function whole(found: Promise<AsyncIterable<Uint8Array> | undefined>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const one of (await found)!) chunks.push(one);
  return Buffer.concat(chunks);
}

function hashOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
