/** What every backend of a cluster owes it for the log and the seat; a part of `cluster-backend.ts`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LogRecord, LogBehindError, LogGapError, type ReplicatedLog } from "../../src/cluster/ports.ts";
import { type Backends, bytes, newShard, until } from "./cluster-parts.ts";

export function testLog(two: Backends): void {
  const newLog = async (): Promise<{ log: ReplicatedLog; other: ReplicatedLog }> => {
    const shard = newShard();
    return { log: (await two.a.shard(shard)).log, other: (await two.b.shard(shard)).log };
  };

  test("log: is empty at first, and numbers grow by one from 1", async () => {
    const { log, other } = await newLog();
    assert.deepEqual(await log.range(), { first: 1, last: 0 });
    assert.deepEqual(await collect(log.read(1)), []);
    assert.equal(await log.get(1), undefined);
    assert.equal(await log.append(bytes("one"), 0), "appended");
    assert.equal(await log.append(bytes("two"), 1), "appended");
    assert.deepEqual(await other.range(), { first: 1, last: 2 });
    assert.deepEqual(texts(await collect(other.read(1))), ["1 one", "2 two"]);
    assert.deepEqual(texts(await collect(other.read(2))), ["2 two"]);
    assert.deepEqual(await collect(other.read(3)), []);
    assert.deepEqual(texts([(await other.get(2))!]), ["2 two"]);
    assert.equal(await other.get(3), undefined);
  });

  test("log: whoever comes second with a number is refused (LG1)", async () => {
    const { log, other } = await newLog();
    assert.equal(await log.append(bytes("mine"), 0), "appended");
    assert.equal(await other.append(bytes("theirs"), 0), "refused");
    assert.equal(await other.append(bytes("theirs"), 5), "refused", "a number that is not there yet");
    assert.equal(await other.append(bytes("theirs"), 1), "appended");
    assert.equal(await log.append(bytes("late"), 1), "refused");
    assert.deepEqual(texts(await collect(log.read(1))), ["1 mine", "2 theirs"]);
  });

  test("log: of two that append at once one is taken, each time", async () => {
    const { log, other } = await newLog();
    for (let after = 0; after < 50; after++) {
      const answers = await Promise.all([
        log.append(bytes(`a${after}`), after),
        other.append(bytes(`b${after}`), after),
      ]);
      assert.deepEqual(answers.toSorted(), ["appended", "refused"]);
      const winner = answers[0] === "appended" ? "a" : "b";
      assert.deepEqual(texts([(await log.get(after + 1))!]), [`${after + 1} ${winner}${after}`]);
    }
    assert.deepEqual(await log.range(), { first: 1, last: 50 });
  });

  test("log: follow gives what is there and what comes, in order, without gaps", async () => {
    const { log, other } = await newLog();
    for (let after = 0; after < 20; after++) await log.append(bytes(`r${after}`), after);
    const stopping = new AbortController();
    const seen: LogRecord[] = [];
    const following = (async () => {
      for await (const some of other.follow(3, stopping.signal)) seen.push(...some);
    })();
    await until("what is there", () => seen.length >= 18);
    for (let after = 20; after < 60; after++) await log.append(bytes(`r${after}`), after);
    await until("what comes", () => seen.length >= 58);
    stopping.abort();
    await following;
    assert.deepEqual(
      texts(seen),
      Array.from({ length: 58 }, (_, index) => `${index + 3} r${index + 2}`),
    );
  });

  test("log: many records are read back whole, also the largest", async () => {
    const { log, other } = await newLog();
    const large = new Uint8Array(log.recordBytesMax).map((_, index) => index * 7);
    assert.equal(await log.append(large, 0), "appended");
    for (let after = 1; after < 300; after++) await log.append(bytes(`r${after}`), after);
    const records = await collect(other.read(1));
    assert.equal(records.length, 300);
    assert.ok(Buffer.from(records[0]!.bytes).equals(large));
    assert.ok(Buffer.from((await other.get(1))!.bytes).equals(large));
    assert.deepEqual(
      records.map(({ seq }) => seq),
      Array.from({ length: 300 }, (_, index) => index + 1),
    );
    await assert.rejects(() => log.append(new Uint8Array(log.recordBytesMax + 1), 300), /bytes/);
    assert.deepEqual(await log.range(), { first: 1, last: 300 });
  });

  test("log: what was trimmed is a gap, and stays counted; the newest stays", async () => {
    const { log, other } = await newLog();
    for (let after = 0; after < 40; after++) await log.append(bytes(`r${after}`), after);
    await log.trim(31);
    assert.deepEqual(await other.range(), { first: 31, last: 40 });
    await assert.rejects(collect(other.read(30)), (error) => error instanceof LogGapError && error.first === 31);
    await assert.rejects(
      collect(other.follow(1, new AbortController().signal)),
      (error) => error instanceof LogGapError && error.first === 31,
    );
    assert.equal(await other.get(30), undefined);
    assert.equal((await collect(other.read(31))).length, 10);
    await log.trim(1000);
    assert.deepEqual(await other.range(), { first: 40, last: 40 });
    assert.equal(await log.append(bytes("next"), 40), "appended");
    assert.deepEqual(texts(await collect(other.read(40))), ["40 r39", "41 next"]);
  });

  test("log: one that ends before what is asked for says so (LG4)", async () => {
    const { log, other } = await newLog();
    await log.append(bytes("one"), 0);
    const isBehind = (error: unknown): boolean => error instanceof LogBehindError && error.last === 1;
    await Promise.all([
      assert.rejects(collect(other.read(7)), isBehind),
      assert.rejects(collect(other.follow(7, new AbortController().signal)), isBehind),
    ]);
  });

  test("log: a reader that stops early leaves nothing behind", async () => {
    const { log, other } = await newLog();
    for (let after = 0; after < 100; after++) await log.append(bytes(`r${after}`), after);
    for await (const some of other.follow(1, new AbortController().signal)) if (some.length > 0) break;
    const stopped = new AbortController();
    stopped.abort();
    assert.deepEqual(await collect(other.follow(1, stopped.signal)), []);
    assert.equal(await log.append(bytes("more"), 100), "appended");
  });
}

export function testSeat(two: Backends): void {
  test("seat: is taken by its term, once, and terms grow (LS1)", async () => {
    const shard = newShard();
    const [{ seat }, { seat: other }] = [await two.a.shard(shard), await two.b.shard(shard)];
    assert.equal(await seat.read(), undefined);
    const first = await seat.take("a", 0);
    assert.ok(first !== undefined && first > 0);
    assert.deepEqual(await other.read(), { term: first, server: "a" });
    assert.equal(await other.take("b", 0), undefined);
    const second = await other.take("b", first);
    assert.ok(second !== undefined && second > first);
    assert.equal(await seat.take("a", first), undefined);
    // What is not ours any more cannot be given back.
    await seat.release(first);
    assert.deepEqual(await seat.read(), { term: second, server: "b" });
    await other.release(second);
    const free = (await seat.read())!;
    assert.equal(free.server, "");
    const third = await seat.take("a", free.term);
    assert.ok(third !== undefined && third > second);
  });

  test("seat: of many that take at once one gets it", async () => {
    const shard = newShard();
    const seats = [(await two.a.shard(shard)).seat, (await two.b.shard(shard)).seat];
    let seen = 0;
    for (let round = 0; round < 5; round++) {
      const takers = Array.from({ length: 20 }, (_, index) => seats[index % 2]!.take(`t${index}`, seen));
      const terms = (await Promise.all(takers)).filter((term) => term !== undefined);
      assert.equal(terms.length, 1);
      assert.ok(terms[0]! > seen);
      seen = terms[0]!;
    }
  });

  test("seats: the newest of each is heard, and then its changes, all by one who watches", async () => {
    const shards = [newShard(), newShard()];
    const seats = await Promise.all(shards.map(async (shard) => (await two.a.shard(shard)).seat));
    const [before, later] = [await seats[0]!.take("before", 0), shards[1]!];
    const heard: string[] = [];
    const stop = two.b.watchSeats((shard, { term, server }) => heard.push(`${shard} ${term} ${server}`));
    await until("what was there", () => heard.includes(`${shards[0]} ${before} before`));
    const first = (await seats[1]!.take("a", 0))!;
    await until("the taking", () => heard.includes(`${later} ${first} a`));
    await seats[1]!.release(first);
    await until("the giving back", () => heard.some((word) => word.startsWith(`${later} `) && word.endsWith(" ")));
    stop();
    const count = heard.length;
    await seats[1]!.take("a", (await seats[1]!.read())!.term);
    await two.b.values.get("nothing");
    assert.equal(heard.length, count);
  });
}

export function testRemoval(two: Backends): void {
  test("a shard that is removed is gone for all, and only that one", async () => {
    const [gone, other] = [newShard(), newShard()];
    const [{ log, seat, output }, kept] = [await two.a.shard(gone), await two.a.shard(other)];
    const late = await two.b.shard(gone);
    for (const each of [log, kept.log]) assert.equal(await each.append(bytes("one"), 0), "appended");
    const term = await seat.take("a", 0);
    assert.ok(term);
    output.publish([{ task: 1, attempt: 1, stream: "stdout", at: 1, text: "line", seq: 1 }]);
    await output.flush();
    await two.b.removeShard(gone);
    await two.a.removeShard(gone);
    await two.a.removeShard(newShard());
    // Who has not heard of it gets nothing in.
    assert.notEqual(await late.log.append(bytes("two"), 1).catch(() => "failed"), "appended");
    assert.equal((await late.seat.read().catch(() => undefined))?.server ?? "", "");
    assert.deepEqual(texts(await collect(kept.log.read(1))), ["1 one"]);
    assert.equal(await kept.log.append(bytes("two"), 1), "appended");
  });
}

function texts(records: readonly LogRecord[]): string[] {
  return records.map(({ seq, bytes: content }) => `${seq} ${new TextDecoder().decode(content)}`);
}

async function collect(batches: AsyncIterable<readonly LogRecord[]>): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const some of batches) all.push(...some);
  return all;
}
