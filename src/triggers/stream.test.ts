/** Lines that start tasks: files that grow and are replaced, sockets and pipes that wait, restarts in between. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { createInterface } from "node:readline";
import { freePort } from "../../test/server-process.ts";
import type { Json } from "../base/words.ts";
import { eventOf, startTriggers, type TriggerPlace, until } from "./testing.ts";

const task = { shell: "true" };
const bodies = ({ started, engine }: TriggerPlace): unknown[] => started().map((one) => eventOf(one, engine)["body"]);
const counts = ({ triggers }: TriggerPlace) => triggers.show("s").counts;
const fileStream =
  (more: Record<string, Json> = {}, name = "app.log") =>
  (dir: string) => ({
    s: { stream: { file: join(dir, name), from: "start", ...more }, task },
  });

test("a file is read as it grows; half a line waits for its end", async () => {
  await using place = await startTriggers(fileStream());
  const log = join(place.dir, "app.log");
  await until("words", () => /is not there/.test(place.triggers.show("s").waits ?? ""));
  writeFileSync(log, "one\n\ntwo\r\nthr");
  await until("two lines", () => place.started().length === 2);
  appendFileSync(log, "ee – 3\n");
  await until("the third", () => place.started().length === 3);
  assert.deepEqual(bodies(place), ["one", "two", "three – 3"]);
  assert.equal(place.started()[0]?.arm, "streams");
  assert.equal(eventOf(place.started()[2], place.engine)["offset"], 10);
});

test("a restart goes on where it was, and what was lost of its state starts nothing again", async () => {
  await using place = await startTriggers(fileStream());
  const log = join(place.dir, "app.log");
  writeFileSync(log, "1\n2\n");
  await until("two", () => place.started().length === 2);
  await place.stop();
  appendFileSync(log, "3\n");
  await place.restart();
  await until("three", () => place.started().length === 3);
  assert.deepEqual(bodies(place), ["1", "2", "3"]);
  // As a crash leaves it: the lines are started, and the place is that of a moment before.
  await place.stop();
  const path = join(place.dir, ".state/s.json");
  const { kept } = JSON.parse(execFileSync("cat", [path], { encoding: "utf8" })) as { kept: { offset: number } };
  writeFileSync(path, JSON.stringify({ kept: { ...kept, offset: 0 } }));
  appendFileSync(log, "4\n");
  await place.restart();
  await until("the fourth", () => place.started().length === 4);
  await until("the word of it", () => counts(place).repeated === 3 && counts(place).started === 1);
});

test("a file that is renamed is read to its end before the new one, also over a restart", async () => {
  await using place = await startTriggers(fileStream());
  const log = join(place.dir, "app.log");
  const writer = openSync(log, "a");
  writeSync(writer, "1\n");
  await until("one", () => place.started().length === 1);
  renameSync(log, `${log}.1`);
  writeSync(writer, "2\n");
  writeFileSync(log, "3\n");
  await until("three", () => place.started().length === 3);
  closeSync(writer);
  assert.deepEqual(bodies(place), ["1", "2", "3"]);
  appendFileSync(log, "4\n");
  await until("four", () => place.started().length === 4);
  await place.stop();
  appendFileSync(log, "5\nno newline");
  renameSync(log, `${log}.2`);
  writeFileSync(log, "6\n");
  await place.restart();
  await until("all of it", () => place.started().length === 7);
  assert.deepEqual(bodies(place).slice(4), ["5", "no newline", "6"]);
});

test("a file that is cut short is read from its beginning", async () => {
  await using place = await startTriggers(fileStream());
  const log = join(place.dir, "app.log");
  writeFileSync(log, "first line\nsecond line\n");
  await until("two", () => place.started().length === 2);
  truncateSync(log);
  appendFileSync(log, "third\n");
  await until("three", () => place.started().length === 3);
  assert.deepEqual(bodies(place)[2], "third");
  // Longer at once than what was read of it.
  truncateSync(log);
  appendFileSync(log, "fourth, which is longer\nfifth\n");
  await until("five", () => place.started().length === 5);
  assert.deepEqual(bodies(place).slice(3), ["fourth, which is longer", "fifth"]);
});

test("a file that is cut short again and again, and longer at once than before, loses no line", async () => {
  await using place = await startTriggers(fileStream());
  const log = join(place.dir, "app.log");
  const lines = [];
  for (let n = 0; n < 20; n++) {
    for (const line of [`${n}`, `line ${n} is longer`]) {
      writeFileSync(log, `${line}\n`);
      lines.push(line);
      await until(line, () => place.started().length >= lines.length);
    }
  }
  assert.deepEqual(bodies(place), lines);
});

test("from the end: what was there before is not wanted", async () => {
  await using place = await startTriggers((dir) => {
    writeFileSync(join(dir, "app.log"), "old\n");
    return fileStream({ from: "end" })(dir);
  });
  await until("a place", () => existsSync(join(place.dir, ".state/s.json")));
  appendFileSync(join(place.dir, "app.log"), "new\n");
  await until("one", () => place.started().length === 1);
  assert.deepEqual(bodies(place), ["new"]);
});

test("JSON lines: what is none, and what is too long, is told and left out; when decides", async () => {
  await using place = await startTriggers((dir) => ({
    s: { ...fileStream({ format: "json", lineMax: 1000 })(dir).s, when: "event.body.n > 1" },
  }));
  const long = JSON.stringify({ n: 9, text: "x".repeat(2000) });
  writeFileSync(join(place.dir, "app.log"), `{"n":1}\nnot json\n${long}\n{"m":1}\n{"n":2}\n`);
  await until("the last one", () => place.started().length === 1);
  assert.deepEqual(bodies(place), [{ n: 2 }]);
  const { skipped, failed, events } = counts(place);
  assert.deepEqual({ skipped, failed, events }, { skipped: 1, failed: 3, events: 5 });
  assert.match(place.logged.join("\n"), /not valid JSON/);
  assert.match(place.logged.join("\n"), /has 2017 bytes; at most 1000 may be/);
});

test("lines that go together are one event; after a crash the same ones go together", async () => {
  await using place = await startTriggers(fileStream({ batch: { max: 3, wait: "150ms" } }));
  const log = join(place.dir, "app.log");
  writeFileSync(log, "1\n2\n3\n4\n");
  await until("two batches", () => place.started().length === 2);
  assert.deepEqual(bodies(place), [["1", "2", "3"], ["4"]]);
  assert.equal(eventOf(place.started()[1], place.engine)["count"], 1);
  await place.stop();
  // As a crash leaves it between the start of a batch and the word of it.
  const path = join(place.dir, ".state/s.json");
  const { kept } = JSON.parse(execFileSync("cat", [path], { encoding: "utf8" })) as { kept: object };
  writeFileSync(path, JSON.stringify({ kept: { ...kept, offset: 6, batch: { from: 6, to: 8 } } }));
  appendFileSync(log, "5\n6\n");
  await place.restart();
  await until("the rest", () => place.started().length === 3);
  assert.deepEqual(bodies(place)[2], ["5", "6"]);
  await until("the word of it", () => counts(place).repeated === 1);
});

test("a full arm holds the stream up, and nothing is lost", async () => {
  await using place = await startTriggers(fileStream(), (engine) => engine.configureArm("streams", { maxQueued: 5 }));
  const lines = Array.from({ length: 12 }, (_, n) => `line ${n}`);
  writeFileSync(join(place.dir, "app.log"), `${lines.join("\n")}\n`);
  await until("words", () => /arm streams (is full|has no room)/.test(place.triggers.show("s").waits ?? ""));
  const before = place.started().length;
  assert.ok(before <= 5);
  await place.engine.configureArm("streams", { maxQueued: null });
  await until("all of them", () => place.started().length === 12);
  assert.deepEqual(bodies(place), lines);
});

test("a paused stream waits, also over a restart, and then goes on with all that came", async () => {
  await using place = await startTriggers(fileStream());
  await place.triggers.pause("s", true);
  writeFileSync(join(place.dir, "app.log"), "1\n2\n");
  await place.restart();
  assert.equal(place.triggers.show("s").paused, true);
  appendFileSync(join(place.dir, "app.log"), "3\n");
  await place.triggers.pause("s", false);
  await until("three", () => place.started().length === 3);
});

/** A connection, and the lines that come back by it. */
async function dial(where: { port: number } | { path: string }) {
  const socket = createConnection(where as { port: number });
  const lines: string[] = [];
  createInterface({ input: socket }).on("line", (line) => lines.push(line));
  socket.on("error", () => {});
  await once(socket, "connect");
  return { socket, lines };
}

test("a socket answers each line when it is durable; a stranger is turned away", async () => {
  const port = await freePort();
  await using place = await startTriggers((dir) => ({
    s: { stream: { tcp: port, answer: true, format: "json" }, task, secret: "open sesame" },
    u: { stream: { unix: join(dir, "in.sock") }, task },
  }));
  const good = await dial({ port });
  good.socket.write('open sesame\n{"n":1}\nnot json\n{"n":2}\n');
  await until("three answers", () => good.lines.length === 3);
  assert.match(good.lines.join("\n"), /ok trigger:s:\S+/);
  assert.equal(good.lines.filter((line) => line.startsWith("error")).length, 1);
  const bad = await dial({ port });
  bad.socket.write('wrong\n{"n":3}\n');
  await once(bad.socket, "close");
  assert.equal(counts(place).refused, 1);
  assert.equal(place.started().length, 2);
  // What comes without a newline at the end of a connection is a line, too.
  const unix = await dial({ path: join(place.dir, "in.sock") });
  unix.socket.end("last words");
  await until("the third", () => place.started().length === 3);
  good.socket.destroy();
});

test("a socket is read no faster than its lines are started", async () => {
  const port = await freePort();
  await using place = await startTriggers(() => ({ s: { stream: { tcp: port }, task } }));
  await place.triggers.pause("s", true);
  const { socket } = await dial({ port });
  const line = `${"x".repeat(1000)}\n`;
  let isHeldUp = false;
  for (let sent = 0; sent < 100_000 && !isHeldUp; sent++)
    if (!socket.write(line)) isHeldUp = !(await Promise.race([once(socket, "drain").then(() => true), soon()]));
  assert.ok(isHeldUp, "the sender could go on for ever");
  socket.destroy();
});

function soon(): Promise<false> {
  return new Promise((resolve) => void setTimeout(() => resolve(false), 500));
}

test("a server beyond this machine takes no lines of strangers", async () => {
  const open = startTriggers(() => ({ s: { stream: { tcp: "0.0.0.0:0" }, task } }));
  await assert.rejects(open, /triggers\.s\.stream\.tcp is reached from other machines.*set a secret/);
});

test("a command that the policy refuses is told at the start, and to whoever sends an event", async () => {
  const port = await freePort();
  const stream = { tcp: port, answer: true };
  await using place = await startTriggers(() => ({ s: { stream, task: { shell: "echo ok; rm -rf /" } } }));
  assert.match(place.logged.join("\n"), /trigger s: its command is refused by the rule remove-system/);
  const { socket, lines } = await dial({ port });
  socket.write("x\n");
  await until("an answer", () => lines.length === 1);
  assert.match(lines[0]!, /^error shell is refused by the rule remove-system/);
  socket.destroy();
});

test("a named pipe goes on when its writers have gone", async () => {
  await using place = await startTriggers((dir) => {
    execFileSync("mkfifo", [join(dir, "in")]);
    return { s: { stream: { fifo: join(dir, "in") }, task } };
  });
  const pipe = join(place.dir, "in");
  for (const words of ["one", "two"]) {
    execFileSync("sh", ["-c", `echo ${words} > ${pipe}`]);
    await until(words, () => bodies(place).includes(words));
  }
});
