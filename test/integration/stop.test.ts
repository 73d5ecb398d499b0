/** SIGTERM and Ctrl-C of `octopus up` while tasks run: a grace for those that can end, the queue for those that cannot. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TaskDetail } from "../../src/protocol/views.ts";
import { onThisMachine } from "../machine.ts";
import { Place, until } from "./place.ts";

// A task that is to end within the grace does so where others want the cores as well.
const place = new Place({
  OCTOPUS_TASKS_GRACE: "1s",
  OCTOPUS_WORKER_GRACE: `${Math.ceil(Math.min(onThisMachine(2000), 8000))}ms`,
});
after(() => place.close());

const taskOf = async (id: string): Promise<TaskDetail> => (await place.call<TaskDetail>("GET", `/tasks/${id}`)).body;
const inPlace = (name: string): string => join(place.dir, name);
const isThere = (name: string) => until(`the file ${name}`, () => existsSync(inPlace(name)));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal}: a task that ends within the grace ends; another goes back to the queue and burns no try`, async () => {
    const up = await place.serve("up");
    const [quick, slow] = [`quick-${signal}`, `slow-${signal}`];
    const tasks = [
      // Goes on until the file is there, which is written after the signal.
      { id: quick, shell: `touch ${quick}; while ! test -e ${quick}.go; do sleep 0.02; done`, retries: 0 },
      // Ends only in its second attempt, and leaves a child in the first.
      { id: slow, shell: `touch ${slow}; test "$OCTOPUS_ATTEMPT" != 1 || { sleep 1000 & wait; }`, retries: 0 },
    ].map(({ shell, ...task }) => ({ ...task, shell: { command: shell, cwd: place.dir } }));
    assert.equal((await place.call("POST", "/tasks", tasks)).status, 201);
    await Promise.all([isThere(quick), isThere(slow)]);
    up.child.kill(signal);
    await until("it says that it stops", () => up.err().includes("stopping"));
    writeFileSync(inPlace(`${quick}.go`), "");
    assert.equal(await up.end, 0, up.err());
    await until("no process is left", () => place.processes().length === 0);

    const again = await place.serve("up");
    const second = await until("the end of the second attempt", async () => {
      const task = await taskOf(slow);
      return task.state === "succeeded" && task;
    });
    assert.deepEqual(
      second.attempts.map(({ outcome }) => outcome),
      ["interrupted", "succeeded"],
    );
    const first = await taskOf(quick);
    assert.deepEqual([first.state, first.attempts.length], ["succeeded", 1]);
    again.child.kill("SIGTERM");
    assert.equal(await again.end, 0);
  });
}

test("a second signal stops at once, and leaves no process", async () => {
  const up = await place.serve("up", ["--slots", "2"]);
  const command = `trap '' TERM; touch stubborn; while :; do sleep 1; done`;
  assert.equal(
    (await place.call("POST", "/tasks", { id: "stubborn", shell: { command, cwd: place.dir } })).status,
    201,
  );
  await isThere("stubborn");
  up.child.kill("SIGTERM");
  await until("it says that it stops", () => up.err().includes("stopping"));
  // One that comes at once is taken for the first one, heard again; so it is repeated.
  const again = setInterval(() => up.child.kill("SIGTERM"), 100);
  assert.equal(await up.end.finally(() => clearInterval(again)), 130);
  await until("no process is left", () => place.processes().length === 0);
});

test("a cancelled command ends with all its children, also those that ignore TERM", async () => {
  const up = await place.serve("up");
  // What the test before left behind: it was interrupted, and goes on.
  assert.equal((await place.run(["cancel", "stubborn"])).code, 0);
  assert.equal((await place.run(["wait", "stubborn"])).code, 1);
  const command = "sleep 1000 & (trap '' TERM; while :; do sleep 1; done) & touch family; sleep 1000";
  assert.equal(
    (await place.call("POST", "/tasks", { id: "family", shell: { command, cwd: place.dir, grace: "200ms" } })).status,
    201,
  );
  await isThere("family");
  const isCommand = ({ command: line }: { command: string }): boolean => /^sleep 10*$|\/bin\/sh -c/.test(line);
  assert.ok(place.processes().filter(isCommand).length >= 3);
  assert.equal((await place.run(["cancel", "family", "--reason", "enough"])).code, 0);
  assert.equal((await place.run(["wait", "family"])).code, 1);
  assert.deepEqual(place.processes().filter(isCommand), []);
  const task = await taskOf("family");
  assert.deepEqual([task.state, task.reason, task.attempts.length], ["cancelled", "enough", 1]);
  up.child.kill("SIGTERM");
  assert.equal(await up.end, 0);
});
