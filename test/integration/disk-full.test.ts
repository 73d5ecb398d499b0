/**
 * A disk that is really full. Goal: nothing acknowledged is lost, refusals say so, reads go on, a result that came in the
 * meantime arrives, and all goes on by itself when there is space. Method: a small file system in memory, filled by
 * another file; mounting one needs root.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync, writeSync, openSync, closeSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Page, Problem, StatusView, TaskDetail, TaskView } from "../../src/protocol/views.ts";
import { Place, until } from "./place.ts";

const place = new Place();
const ballast = join(place.data, "ballast");
let isMounted = false;

after(async () => {
  // Lazily: a process that was killed may hold the file system for another moment.
  if (isMounted) execFileSync("umount", ["--lazy", place.data]);
  await place.close();
});

function mount(): boolean {
  mkdirSync(place.data);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "octopus-test", place.data], { stdio: "pipe" });
    isMounted = true;
  } catch {
    // Not root, no such program, or a container that may not: the test is skipped with that reason.
  }
  return isMounted;
}

/** Takes all the space that is left, down to the last page. */
function fill(): void {
  const file = openSync(ballast, "a");
  try {
    for (const size of [1 << 20, 4096]) writeUntilFull(file, Buffer.alloc(size, 1));
  } finally {
    closeSync(file);
  }
}

function writeUntilFull(file: number, block: Buffer): void {
  try {
    for (;;) if (writeSync(file, block) < block.length) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

const counts = async (): Promise<StatusView["counts"]> => (await place.call<StatusView>("GET", "/status")).body.counts;

test(
  "disk full: refused and told, nothing lost, and on again by itself",
  { skip: !mount() && "no file system can be mounted here (needs root)" },
  async () => {
    const up = await place.serve("up", ["--slots", "2"]);
    const acknowledged: string[] = [];
    const submit = (id: string): Promise<{ status: number; type: string; body: Problem }> =>
      place.call("POST", "/tasks", {
        id,
        shell: { command: "true", stdin: "x".repeat(50_000), cwd: place.dir },
        delay: "1h",
      });
    for (let n = 0; n < 20; n++) {
      assert.equal((await submit(`before${n}`)).status, 201);
      acknowledged.push(`before${n}`);
    }
    /** The log of the database may have room for a while: submits until one is refused. */
    const submitUntilRefused = async (prefix: string): ReturnType<typeof submit> => {
      for (let n = 0; n < 2000; n++) {
        const id = `${prefix}${n}`;
        const answer = await submit(id);
        if (answer.status !== 201) return answer;
        acknowledged.push(id);
      }
      throw new Error("2000 tasks of 50 kB fit on a full disk");
    };
    const command = "touch ../runs; while ! test -e ../go; do sleep 0.02; done; echo said; touch ../over";
    assert.equal(
      (await place.call("POST", "/tasks", { id: "runner", shell: { command, cwd: place.data } })).status,
      201,
    );
    await until("the task runs", () => existsSync(join(place.dir, "runs")));

    fill();
    const refused = await submitUntilRefused("full");
    assert.equal(refused.status, 507, JSON.stringify(refused.body));
    assert.match(refused.type, /^application\/problem\+json/);
    assert.deepEqual([refused.body.code, refused.body.status], ["storage_full", 507]);
    assert.match(refused.body.detail, /the disk is full/);
    assert.equal((await fetch(`${place.url}/readyz`)).status, 503);
    assert.equal((await fetch(`${place.url}/livez`)).status, 200);
    const list = await place.call<Page<TaskView>>("GET", "/tasks?limit=5");
    assert.deepEqual([list.status, list.body.items.length], [200, Math.min(5, acknowledged.length + 1)]);
    assert.equal((await place.call("GET", "/tasks/runner")).status, 200);
    const copy = join(place.data, "copy.db");
    const backup = await place.run(["backup", copy]);
    assert.deepEqual(
      [backup.code === 0, existsSync(copy)],
      [false, false],
      `nothing is left of a backup: ${backup.err}`,
    );
    const stillRefused = await place.call<Problem>("POST", "/tasks", { shell: "true" });
    assert.deepEqual([stillRefused.status, stillRefused.body.code], [507, "storage_full"]);

    // The task ends while nothing can be written; its worker keeps the result.
    writeFileSync(join(place.dir, "go"), "");
    await until("the command has ended", () => existsSync(join(place.dir, "over")));
    rmSync(ballast);
    const { body: runner } = await place.call<TaskDetail>("GET", "/tasks/runner?wait=60s");
    assert.deepEqual([runner.state, runner.attempts.map(({ outcome }) => outcome)], ["succeeded", ["succeeded"]]);
    await until(
      "it takes tasks again",
      async () => (await place.call("POST", "/tasks", { id: "later", shell: "true" })).status === 201,
    );
    const { body: later } = await place.call<TaskDetail>("GET", "/tasks/later?wait=60s");
    assert.equal(later.state, "succeeded");
    assert.equal((await counts()).scheduled ?? 0, acknowledged.length);

    // And once more, with the crash on top: what was acknowledged is there after it.
    fill();
    await submitUntilRefused("again");
    process.kill(up.pid, "SIGKILL");
    await up.end;
    rmSync(ballast);
    await place.serve("up");
    assert.equal((await counts()).scheduled ?? 0, acknowledged.length);
    for (const id of acknowledged) assert.equal((await place.call("GET", `/tasks/${id}`)).status, 200, id);
  },
);
