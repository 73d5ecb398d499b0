/** Files that start tasks: real files, real folders, restarts in between. */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Json } from "../base/words.ts";
import { eventOf, startTriggers, type TriggerPlace, until } from "./testing.ts";

const task = { shell: 'echo "${{ event.path }}"' };
const watching = (watch: Record<string, Json> & { path: string }) => (dir: string) => ({
  w: { watch: { settle: "60ms", poll: "50ms", ...watch, path: join(dir, watch.path) }, task },
});
const changes = ({ started, engine }: TriggerPlace): string[] =>
  started().map((one) => {
    const { name, change } = eventOf(one, engine);
    return `${String(change)} ${String(name)}`;
  });
/** Waits until the trigger has looked around once: what comes then is new. */
const looked = (place: TriggerPlace) =>
  until("a first look", () => {
    const probe = place.triggers.show("w");
    return probe.waits === undefined;
  });

test("a file counts when it is still, once, whatever way it was written", async () => {
  await using place = await startTriggers((dir) => {
    mkdirSync(join(dir, "in"));
    writeFileSync(join(dir, "in/old.csv"), "old");
    return watching({ path: "in/*.csv", on: ["created", "changed", "removed"] })(dir);
  });
  const file = (name: string): string => join(place.dir, "in", name);
  await until("a baseline", () => Object.keys(keptFiles(place)).length === 1);
  for (let part = 0; part < 20; part++) appendFileSync(file("a.csv"), `${part}\n`);
  writeFileSync(file("ignored.txt"), "x");
  writeFileSync(file(".hidden.csv"), "x");
  await until("the created file", () => place.started().length === 1);
  assert.deepEqual(changes(place), ["created a.csv"]);
  const event = eventOf(place.started()[0], place.engine);
  assert.equal(event["bytes"], 50);
  assert.match(String(event["sha256"]), /^[0-9a-f]{64}$/);
  assert.equal(place.started()[0]?.arm, "watchers");
  // As editors do it: another file is renamed into the place of the first.
  writeFileSync(file("a.csv.tmp"), "new");
  renameSync(file("a.csv.tmp"), file("a.csv"));
  await until("the change", () => place.started().length === 2);
  // The same content, written anew, is no change; nor is a file that goes and comes at once.
  writeFileSync(file("a.csv"), "new");
  renameSync(file("old.csv"), file("x.csv"));
  renameSync(file("x.csv"), file("old.csv"));
  utimesSync(file("old.csv"), 1, 1);
  rmSync(file("a.csv"));
  await until("the removal", () => place.started().length === 3);
  assert.deepEqual(changes(place), ["created a.csv", "changed a.csv", "removed a.csv"]);
  // A file of that name that comes back is another one, and so is its end.
  writeFileSync(file("a.csv"), "new");
  await until("the second one", () => place.started().length === 4);
  rmSync(file("a.csv"));
  await until("its removal", () => place.started().length === 5);
});

/** What it says of the files that it has seen; written a moment after. */
function keptFiles({ dir }: TriggerPlace): object {
  try {
    return (JSON.parse(readFileSync(join(dir, ".state/w.json"), "utf8")) as { kept: { files: object } }).kept.files;
  } catch {
    return {};
  }
}

test("what changed while nobody looked is not missed, and nothing starts again", async () => {
  await using place = await startTriggers((dir) => {
    mkdirSync(join(dir, "in"));
    return watching({ path: "in", existing: "start", on: ["created", "changed", "removed"] })(dir);
  });
  const file = (name: string): string => join(place.dir, "in", name);
  writeFileSync(file("a"), "1");
  writeFileSync(file("b"), "1");
  await until("two files", () => place.started().length === 2);
  await place.restart();
  writeFileSync(file("c"), "1");
  await until("a third", () => place.started().length === 3);
  await place.stop();
  writeFileSync(file("a"), "2");
  rmSync(file("b"));
  writeFileSync(file("d"), "1");
  await place.restart();
  await until("what was missed", () => place.started().length === 6);
  assert.deepEqual(changes(place).slice(3).toSorted(), ["changed a", "created d", "removed b"]);
  // What it kept is lost: the files are new to it, and their tasks are there.
  await place.stop();
  rmSync(join(place.dir, ".state"), { recursive: true });
  await place.restart();
  await until("all of them again", () => place.triggers.show("w").counts.repeated === 3);
  assert.equal(place.started().length, 6);
});

test("a folder that goes away removes nothing, and one that comes back is watched", async () => {
  await using place = await startTriggers(
    watching({ path: "in/**/*.json", existing: "start", on: ["created", "removed"] }),
  );
  await until("words", () => /is not there/.test(place.triggers.show("w").waits ?? ""));
  mkdirSync(join(place.dir, "in/deep/er"), { recursive: true });
  writeFileSync(join(place.dir, "in/deep/er/x.json"), "{}");
  await until("a file deep down", () => place.started().length === 1);
  renameSync(join(place.dir, "in"), join(place.dir, "away"));
  await until("words again", () => /is not there/.test(place.triggers.show("w").waits ?? ""));
  renameSync(join(place.dir, "away"), join(place.dir, "in"));
  await looked(place);
  writeFileSync(join(place.dir, "in/y.json"), "{}");
  await until("another file", () => place.started().length === 2);
  assert.deepEqual(changes(place), ["created x.json", "created y.json"]);
});

test("one file: its content starts a task with its hash, again after each change", async () => {
  await using place = await startTriggers((dir) => {
    writeFileSync(join(dir, "app.conf"), "a=1");
    return watching({ path: "app.conf", existing: "start" })(dir);
  });
  await until("the first content", () => place.started().length === 1);
  writeFileSync(join(place.dir, "app.conf"), "a=2");
  await until("the second", () => place.started().length === 2);
  const hashes = place.started().map((one) => eventOf(one, place.engine)["sha256"]);
  assert.equal(new Set(hashes).size, 2);
  writeFileSync(join(place.dir, "other.conf"), "a=2");
  writeFileSync(join(place.dir, "app.conf"), "a=1");
  await until("the first content again", () => place.started().length === 3);
});

test("no more than so many in a minute; the rest waits and is not lost", async () => {
  await using place = await startTriggers(watching({ path: "in", existing: "start", most: 3 }));
  mkdirSync(join(place.dir, "in"));
  for (let n = 0; n < 10; n++) writeFileSync(join(place.dir, "in", `f${n}`), "x");
  await until("three", () => place.started().length === 3);
  await until("words", () => /most/.test(place.triggers.show("w").waits ?? ""));
  assert.equal(place.started().length, 3);
});

test("what changes while the trigger is paused is seen when it goes on, however long that was", async () => {
  await using place = await startTriggers(watching({ path: "in", existing: "start" }));
  mkdirSync(join(place.dir, "in"));
  await looked(place);
  const pausedAt = performance.now();
  // Time in which it finds the first file and waits with it, and in which it hears of the second.
  const passes = (ms: number) => until(`${ms} ms`, () => performance.now() - pausedAt > ms);
  await place.triggers.pause("w", true);
  writeFileSync(join(place.dir, "in/a"), "x");
  await passes(500);
  writeFileSync(join(place.dir, "in/b"), "x");
  await passes(1000);
  const resumedAt = performance.now();
  await place.triggers.pause("w", false);
  await until("both files", () => place.started().length === 2);
  const [pausedMs, tookMs] = [resumedAt - pausedAt, performance.now() - resumedAt];
  assert.ok(tookMs < 10 * pausedMs, `${tookMs} ms after a pause of ${pausedMs} ms`);
});

test("a storm of files and renames becomes one event for each file that stays", async () => {
  await using place = await startTriggers(watching({ path: "in/*.out", existing: "start" }));
  mkdirSync(join(place.dir, "in"));
  for (let n = 0; n < 300; n++) {
    const [from, to] = [join(place.dir, `in/f${n}.out.tmp`), join(place.dir, `in/f${n}.out`)];
    writeFileSync(from, `${n}`);
    renameSync(from, to);
    if (n % 2 === 1) renameSync(to, join(place.dir, `in/f${n - 1}.out`));
  }
  await until("all of them", () => place.started().length === 150);
  await place.triggers.pause("w", true);
  assert.equal(new Set(changes(place)).size, 150);
});
