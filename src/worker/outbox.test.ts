/** The outbox with a link that the test holds in its hands: what is sent when, and what is sent again. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { FromWorker, LogChunk } from "../protocol/link.ts";
import { type Link, Outbox } from "./outbox.ts";
import { Spool } from "./spool/spool.ts";
import type { Timers } from "./timers.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-outbox-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Time that passes when the test says so. */
class HandTimers implements Timers {
  #now = 0;
  #due: { at: number; callback: () => void }[] = [];
  #soon: (() => void)[] = [];

  now = (): number => this.#now;
  setTimeout(callback: () => void, ms: number): object {
    const timer = { at: this.#now + ms, callback };
    this.#due.push(timer);
    return timer;
  }
  clearTimeout(timer: unknown): void {
    this.#due = this.#due.filter((one) => one !== timer);
  }
  setInterval = (): object => ({});
  clearInterval = (): void => undefined;
  setImmediate(callback: () => void): void {
    this.#soon.push(callback);
  }

  pass(ms: number): void {
    for (const until = this.#now + ms; ;) {
      for (let next = this.#soon.shift(); next !== undefined; next = this.#soon.shift()) next();
      const first = this.#due.toSorted((a, b) => a.at - b.at)[0];
      if (first === undefined || first.at > until) return void (this.#now = until);
      this.clearTimeout(first);
      this.#now = Math.max(this.#now, first.at);
      first.callback();
    }
  }
}

/** A connection whose other end takes and confirms when the test says so. */
class HandLink implements Link {
  readonly sent: FromWorker[] = [];
  bytes = 0;
  #asked: (() => void)[] = [];

  send(messages: FromWorker[]): void {
    this.sent.push(...structuredClone(messages));
  }
  close(): void {}
  waiting = (): number => this.bytes;
  confirm(done: () => void): void {
    this.#asked.push(done);
  }
  confirmAll(): void {
    for (const done of this.#asked.splice(0)) done();
  }
  /** `out:1 out:2 result:7#1`: pieces of output by number, results by task and number. */
  get story(): string {
    const words = this.sent.flatMap((message) => {
      if (message.type === "log")
        return message.chunks.map(({ seq, stream }) => (stream === "log" ? "gap" : `out:${seq}`));
      return message.type === "result" ? [`result:${message.task}#${message.n}`] : [message.type];
    });
    return words.join(" ");
  }
}

function piece(seq: number, text = "x", task = 7): LogChunk {
  return { task, attempt: 1, stream: "stdout", at: 0, text, seq };
}
const done = { outcome: "succeeded" } as const;

function start(spool?: Spool) {
  const timers = new HandTimers();
  const outbox = new Outbox(timers, spool);
  const link = (): HandLink => {
    const made = new HandLink();
    outbox.connected(made);
    outbox.welcome();
    return made;
  };
  return { timers, outbox, link };
}

test("output and result of one moment travel in one frame, output first", () => {
  const { timers, outbox, link } = start();
  const connection = link();
  outbox.output(piece(1));
  outbox.result(7, 1, done);
  outbox.output(piece(1, "y", 8));
  timers.pass(0);
  assert.equal(connection.story, "out:1 out:1 result:7#1");
  assert.equal(outbox.isQuiet, false);
  outbox.acknowledged(1);
  assert.equal(outbox.isQuiet, true);
});

test("what a broken connection may have swallowed is sent again, before what came later", () => {
  const { timers, outbox, link } = start();
  const first = link();
  outbox.output(piece(1));
  timers.pass(0);
  timers.pass(100);
  first.confirmAll();
  outbox.output(piece(2));
  timers.pass(0);
  outbox.disconnected();
  outbox.output(piece(3));
  outbox.result(7, 1, done);
  timers.pass(0);
  const second = link();
  for (let n = 0; n < 3; n++) second.confirmAll();
  timers.pass(0);
  assert.equal(second.story, "out:2 out:3 result:7#1");
  assert.deepEqual([...outbox.holds()], [{ task: 7, attempt: 1 }]);
});

test("a result is sent once per connection, in order, until it is acknowledged", () => {
  const { timers, outbox, link } = start();
  const first = link();
  for (const task of [1, 2, 3]) outbox.result(task, 1, done);
  timers.pass(0);
  assert.equal(first.story, "result:1#1 result:2#2 result:3#3");
  outbox.acknowledged(1);
  outbox.disconnected();
  const second = link();
  outbox.result(4, 1, done);
  timers.pass(0);
  assert.equal(second.story, "result:2#1 result:3#2 result:4#3");
  outbox.drop(3, 1);
  outbox.acknowledged(3);
  assert.deepEqual([...outbox.holds()], []);
});

test("a result waits for its own output only, also while more output comes than the server takes", () => {
  const { timers, outbox, link } = start();
  outbox.output(piece(1, "a".repeat(300_000)));
  outbox.result(7, 1, done);
  outbox.output(piece(1, "b".repeat(300_000), 8));
  timers.pass(0);
  const connection = link();
  assert.equal(connection.story, "out:1 result:7#1");
  connection.confirmAll();
  assert.equal(connection.story, "out:1 result:7#1 out:1");
});

test("a server that does not read is not buried: output waits in the queue, and goes on when it reads", () => {
  const { timers, outbox, link } = start();
  const connection = link();
  connection.bytes = 2_000_000;
  outbox.output(piece(1));
  timers.pass(0);
  for (let seq = 2; seq <= 50; seq++) {
    outbox.output(piece(seq));
    timers.pass(0);
  }
  assert.equal(connection.story, "out:1");
  connection.bytes = 0;
  for (let n = 0; n < 5; n++) {
    timers.pass(200);
    connection.confirmAll();
  }
  outbox.output(piece(51));
  timers.pass(0);
  assert.deepEqual(
    connection.story.split(" "),
    Array.from({ length: 51 }, (_, n) => `out:${n + 1}`),
  );
});

test("without a folder what waits is bounded, and a line says what is missing", () => {
  const { timers, outbox, link } = start();
  for (let seq = 1; seq <= 40; seq++) {
    outbox.output(piece(seq, "x".repeat(1024 * 1024)));
    timers.pass(0);
  }
  outbox.result(7, 1, done);
  const connection = link();
  for (let n = 0; n < 60; n++) connection.confirmAll();
  const words = connection.story.split(" ");
  assert.deepEqual(words.slice(-2), ["gap", "result:7#1"]);
  assert.ok(words.length > 10 && words.length < 20, connection.story);
});

test("output that was on its way goes before a result that was settled meanwhile, and what of it found no room is told", () => {
  for (const [bytesMax, words] of [
    [4 << 20, /^(out:\d ){8}result:7#1$/],
    [500_000, /^(out:\d ){4}gap result:7#1$/],
  ] as const) {
    const spool = new Spool({ dir: join(folder, `way-${bytesMax}`), bytesMax });
    const { timers, outbox, link } = start(spool);
    link();
    for (let seq = 1; seq <= 8; seq++) {
      outbox.output(piece(seq, "x".repeat(100_000)));
      timers.pass(0);
    }
    outbox.result(7, 1, done);
    outbox.disconnected();
    const second = link();
    for (let n = 0; n < 20; n++) second.confirmAll();
    timers.pass(0);
    assert.match(second.story, words);
    outbox.close();
  }
});

test("a result that nobody acknowledges is in the spool, one that is acknowledged quickly never was", () => {
  const spool = new Spool({ dir: join(folder, "a"), bytesMax: 1e6 });
  const { timers, outbox, link } = start(spool);
  link();
  outbox.result(1, 1, done);
  timers.pass(10);
  outbox.acknowledged(1);
  timers.pass(200);
  assert.deepEqual(spool.results(), []);
  outbox.result(2, 1, done);
  timers.pass(51);
  assert.deepEqual(spool.results(), [{ task: 2, attempt: 1, report: done }]);
  outbox.acknowledged(2);
  assert.deepEqual(spool.results(), []);
  outbox.disconnected();
  outbox.result(3, 1, done);
  assert.equal(spool.results().length, 1);
  spool.close();
  // The process that comes after it holds the attempt, and brings its result.
  const next = start(new Spool({ dir: join(folder, "a"), bytesMax: 1e6 }));
  assert.deepEqual([...next.outbox.holds()], [{ task: 3, attempt: 1 }]);
  assert.equal(next.link().story, "result:3#1");
});
