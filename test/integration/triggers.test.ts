/**
 * Triggers of a server that is killed again and again while lines and files come: each starts one task, and none is missing.
 * And what a person sees of triggers on the command line.
 */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TaskDetail, TaskView } from "../../src/protocol/views.ts";
import type { TriggerView } from "../../src/protocol/trigger.ts";
import { endProcess, Place, until } from "./place.ts";

const place = new Place();
after(() => place.close());

const LINES = 1200;
const FILES = 40;

test("kill -9 of the server: every line and every file starts one task", async () => {
  mkdirSync(join(place.dir, "in"));
  writeFileSync(
    join(place.dir, "octopus.yaml"),
    `triggers:
  lines:
    stream: { file: app.log, from: start, format: json }
    task: { call: nobody, name: "\${{ event.body.n }}" }
  together:
    stream: { file: app.log, from: start, batch: { max: 7, wait: 10ms } }
    task: { call: nobody, name: "batch \${{ event.offset }}", input: "\${{ event.body }}" }
  files:
    watch: { path: "in/*.txt", existing: start, settle: 50ms, poll: 100ms }
    task: { call: nobody, name: "\${{ event.name }}" }
`,
  );
  const log = join(place.dir, "app.log");
  let written = 0;
  let made = 0;
  const write = (lines: number, files: number): void => {
    for (const end = Math.min(written + lines, LINES); written < end; written++)
      appendFileSync(log, `${JSON.stringify({ n: `line ${written}` })}\n`);
    for (const end = Math.min(made + files, FILES); made < end; made++) {
      writeFileSync(join(place.dir, "in", `f${made}.txt.tmp`), String(made));
      renameSync(join(place.dir, "in", `f${made}.txt.tmp`), join(place.dir, "in", `f${made}.txt`));
    }
  };
  for (let round = 0; round < 6; round++) {
    write(80, 3);
    const server = await place.serve("server");
    write(80, 3);
    if (round === 3) {
      // Replaced while it is being read, and while nobody reads it.
      renameSync(log, `${log}.1`);
      write(40, 1);
    }
    const seen = await count();
    if (round % 2 === 0) await until("something is started", async () => (await count()) > seen || seen > 0);
    endProcess(server.pid, "SIGKILL");
    await server.end;
  }
  write(LINES, FILES);
  const server = await place.serve("server");
  await until("everything", async () => {
    const { body } = await place.call<{ items: TriggerView[] }>("GET", "/triggers");
    const names = await namesOf();
    return (
      body.items.length === 3 &&
      names.lines.size >= LINES &&
      names.files.size >= FILES &&
      names.inBatches.length >= LINES
    );
  });
  const names = await namesOf();
  assert.equal(names.allLines.length, LINES, "no line was started twice");
  assert.equal(names.allFiles.length, FILES, "no file was started twice");
  assert.equal(new Set(names.inBatches).size, LINES);
  assert.equal(names.inBatches.length, LINES, "no line was in two batches");
  server.child.kill("SIGTERM");
  assert.equal(await server.end, 0);
});

async function count(): Promise<number> {
  const { body } = await place.call<{ items: TaskView[] }>("GET", "/tasks?limit=1");
  return body.items.length;
}

async function namesOf() {
  const allLines: string[] = [];
  const allFiles: string[] = [];
  const inBatches: string[] = [];
  for (let cursor = ""; ;) {
    const { body } = await place.call<{ items: TaskView[]; next?: string }>("GET", `/tasks?limit=1000${cursor}`);
    for (const { id, name } of body.items) {
      if (id.startsWith("trigger:lines:")) allLines.push(name!);
      else if (id.startsWith("trigger:files:")) allFiles.push(name!);
      else inBatches.push(...(await linesOf(id)));
    }
    if (body.next === undefined) break;
    cursor = `&cursor=${encodeURIComponent(body.next)}`;
  }
  return { allLines, allFiles, inBatches, lines: new Set(allLines), files: new Set(allFiles) };
}

const read = new Map<string, string[]>();
async function linesOf(id: string): Promise<string[]> {
  const known = read.get(id);
  if (known !== undefined) return known;
  const { body } = await place.call<TaskDetail>("GET", `/tasks/${id}`);
  const lines = (body.work as { input: string[] }).input;
  read.set(id, lines);
  return lines;
}

test("a person sees triggers, tries one, pauses it; a wrong one keeps the server from starting", async () => {
  const own = new Place();
  try {
    const config = join(own.dir, "octopus.yaml");
    writeFileSync(
      config,
      "triggers:\n  hook:\n    webhook: { verify: none }\n    when: event.body.n > 1\n    task: { shell: 'echo got $OCTOPUS_EVENT' }\n",
    );
    const up = await own.serve("up");
    const post = await fetch(`${own.url}/hooks/hook`, {
      method: "POST",
      body: '{"n":2}',
      headers: { "content-type": "application/json" },
    });
    const { task } = (await post.json()) as { task: string };
    const list = await own.run(["triggers"]);
    assert.match(list.out, /hook +on +POST \/hooks\/hook \(none\) +shell: echo got/);
    writeFileSync(join(own.dir, "event.json"), '{"body": {"n": 1}}');
    const nothing = await own.run(["triggers", "test", "hook", "--event", "event.json"]);
    assert.match(nothing.out, /nothing: `when` is false/);
    assert.match((await own.run(["triggers", "show", "hook"])).out, new RegExp(`last event .*${task}`));
    assert.equal((await own.run(["triggers", "pause", "hook"])).code, 0);
    assert.match((await own.run(["triggers", "show", "hok"])).err, /did you mean hook/);
    const wait = await own.run(["wait", task]);
    assert.equal(wait.code, 0, wait.err);
    assert.match((await own.run(["logs", task])).out, /got \{"id":.*"body":\{"n":2\}/);
    up.child.kill("SIGTERM");
    assert.equal(await up.end, 0);
    const again = await own.serve("server");
    assert.match((await own.run(["triggers", "ls"])).out, /hook +paused/);
    again.child.kill("SIGTERM");
    await again.end;
    writeFileSync(config, "triggers:\n  hook:\n    webhook: { verify: none }\n    task: { shel: x }\n");
    const wrong = own.start(["server", "--port", String(own.port), "--data", own.data]);
    if (wrong.child.exitCode === null) await once(wrong.child, "exit");
    assert.notEqual(await wrong.end, 0);
    assert.match(wrong.err(), /triggers\.hook\.task .*unknown key "shel" \(did you mean shell\?\)/);
  } finally {
    await own.close();
  }
});
