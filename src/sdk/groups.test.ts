/** The calls by subject, embedded and against a server: what they reach is the engine's business, that they reach it is shown here. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Octopus, type RemoteOctopus, task, type TaskContext } from "../mod.ts";
import { startTestServer } from "./testing.ts";

const WAIT_MS = 20_000;

async function everywhere(check: (octopus: Octopus | RemoteOctopus) => Promise<void>): Promise<void> {
  {
    await using octopus = await Octopus.open({ dataDir: ":memory:" });
    await check(octopus);
  }
  await using server = await startTestServer();
  await using octopus = Octopus.connect(server.url);
  await check(octopus);
}

test("A3 arms: a handler for a whole arm, settings, pause, who holds a slot, removal", async () => {
  await everywhere(async (octopus) => {
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const { promise: free, resolve: release } = Promise.withResolvers<void>();
    await octopus.arm("mail", {
      ...{ maxParallel: 1, types: ["welcome-mail"] },
      handler: async ({ input, task }) => {
        start();
        await free;
        return [task.type, task.arm, input];
      },
    });
    const first = await octopus.submit({ type: "welcome-mail", input: { to: "ada" } });
    await started;
    const held = await octopus.arms.get("mail");
    assert.deepEqual([held.active, held.maxParallel, held.holders.map(({ id }) => id)], [1, 1, [first.id]]);
    assert.equal((await octopus.arms.pause("mail")).enabled, false);
    assert.equal((await octopus.arms.resume("mail")).enabled, true);
    assert.equal((await octopus.arms.drain("mail")).draining, true);
    await assert.rejects(async () => octopus.submit({ type: "welcome-mail", input: 1 }), { code: "conflict" });
    await octopus.arms.resume("mail");
    release();
    assert.deepEqual(await first.result(WAIT_MS), ["welcome-mail", "mail", { to: "ada" }]);
    // Another handler takes the place of the first.
    await octopus.arm("mail", { handler: () => "second" });
    assert.equal(await (await octopus.submit({ type: "welcome-mail", input: 2 })).result(WAIT_MS), "second");
    await octopus.arms.set("spare", { weight: 3 });
    assert.ok((await octopus.arms.list()).some(({ name, weight }) => name === "spare" && weight === 3));
    await octopus.arms.remove("spare");
    await assert.rejects(async () => octopus.arms.get("spare"), { code: "not_found" });
  });
});

test("D6 quotas are set, shown and removed", async () => {
  await everywhere(async (octopus) => {
    const { quotas } = octopus;
    assert.equal((await quotas.set("team-a", { concurrent: 2, tasks: { limit: 10, per: "1h" } })).concurrent, 2);
    assert.deepEqual(
      (await quotas.list()).map(({ owner }) => owner),
      ["team-a"],
    );
    await quotas.remove("team-a");
    assert.deepEqual(await quotas.list(), []);
    await assert.rejects(async () => quotas.set("team-a", { concurrent: -1 }), {
      code: "invalid",
      message: /concurrent/,
    });
  });
});

test("B4 schedules: typed tasks on a schedule, preview, next, trigger, pause, calendars", async () => {
  await everywhere(async (octopus) => {
    const report = task(
      "report",
      { priority: 2 },
      ({ input }: { input: { team: string } }) => `report of ${input.team}`,
    );
    octopus.add(report);
    const made = await report.schedule({ cron: "30 8 * * 1-5", zone: "Europe/Paris" }, { team: "sales" });
    assert.deepEqual([made.name, made.zone, made.next.length > 0], ["report", "Europe/Paris", true]);
    const [first, second] = await octopus.schedules.next("report", 2);
    assert.ok(first!.getTime() > Date.now() && second!.getTime() > first!.getTime());
    const tick = await octopus.schedules.trigger("report");
    const view = await octopus.task(tick.made!);
    assert.deepEqual([view!.type, view!.priority, view!.schedule], ["report", 2, "report"]);
    const ended = await octopus.backend.waitTask(tick.made!, WAIT_MS);
    assert.equal(ended.result, "report of sales");
    assert.equal((await octopus.schedules.pause("report")).paused, true);
    assert.equal((await octopus.schedules.resume("report")).paused, false);
    assert.equal((await octopus.schedules.ticks("report")).items.length, 1);
    const range = { from: "2026-01-05T00:00:00Z", to: new Date("2026-01-12T00:00:00Z"), preview: true };
    assert.equal((await octopus.schedules.backfill("report", range)).count, 5);
    await octopus.schedules.setCalendar("holidays", ["12-25"]);
    assert.deepEqual(
      (await octopus.schedules.calendars()).map(({ name }) => name),
      ["holidays"],
    );
    await octopus.schedules.removeCalendar("holidays");
    await octopus.schedules.remove("report");
    assert.deepEqual(await octopus.schedules.list(), []);
    await assert.rejects(async () => report.schedule("61 * * * *", { team: "x" }), { code: "invalid" });
  });
});

test("dead letters are listed, retried with another input, and dismissed", async () => {
  await everywhere(async (octopus) => {
    octopus.register("half", (input: number) => {
      if (input % 2 === 1) throw new Error(`${input} is odd`);
      return input / 2;
    });
    const [one, three] = [
      await octopus.submit({ call: "half", input: 1 }),
      await octopus.submit({ call: "half", input: 3 }),
    ];
    await one.wait(WAIT_MS);
    await three.wait(WAIT_MS);
    const { items } = await octopus.deadLetters.list();
    assert.deepEqual(items.map(({ id }) => id).toSorted(), [one.id, three.id].toSorted());
    await octopus.deadLetters.retry(one.id, { input: 8 });
    assert.equal(await one.result(WAIT_MS), 4);
    await octopus.deadLetters.dismiss(three.id);
    assert.equal((await octopus.deadLetters.list()).items.length, 0);
  });
});

test("bulk actions: counted, begun, over", async () => {
  await everywhere(async (octopus) => {
    await octopus.arms.pause("batch");
    const ids = await octopus.submitMany(
      [1, 2, 3].map((input) => ({ call: "later", input, arm: "batch", tags: ["x"] })),
    );
    assert.equal(await octopus.bulks.count({ tag: "x" }), 3);
    const { id } = await octopus.bulks.start({ action: "cancel", filter: { tag: "x" }, reason: "not needed" });
    await octopus.backend.waitTask(ids[2]!, WAIT_MS);
    while ((await octopus.bulks.get(id)).state === "running") await new Promise(setImmediate);
    const { total, done, state } = (await octopus.bulks.list())[0]!;
    assert.deepEqual([total, done, state], [3, 3, "done"]);
    await assert.rejects(async () => octopus.bulks.start({ action: "cancel", filter: {} }), { code: "invalid" });
  });
});

test("a callback may be a function of this program", async () => {
  await everywhere(async (octopus) => {
    const { promise: told, resolve: tell } = Promise.withResolvers<unknown>();
    octopus.register("work", () => 42);
    octopus.register("celebrate", (news: unknown) => tell(news));
    await octopus.submit({ call: "work", on: { success: { call: "celebrate" } } });
    const { task: about } = (await told) as { task: { state: string; result: unknown } };
    assert.deepEqual([about.state, about.result], ["succeeded", 42]);
  });
});
test("artifacts of a command and of a function are listed and read", async () => {
  const readAll = async (octopus: Octopus | RemoteOctopus, id: string, path: string): Promise<string> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of await octopus.artifacts.read(id, path)) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  };
  await everywhere(async (octopus) => {
    const write = task("write", async ({ input, artifact }: TaskContext<string>) => {
      await artifact("notes/one.txt", input);
    });
    octopus.add(write);
    const { id } = await (await write.enqueue("hello")).wait(WAIT_MS);
    const [file] = await octopus.artifacts.list(id);
    assert.deepEqual([file!.path, file!.bytes], ["notes/one.txt", 5]);
    assert.equal(await readAll(octopus, id, "notes/one.txt"), "hello");
    await assert.rejects(() => readAll(octopus, id, "other.txt"), { code: "not_found" });
  });
  await using octopus = await Octopus.open({ dataDir: ":memory:" });
  const command = await octopus.submit({ shell: 'printf hello > "$OCTOPUS_ARTIFACTS/note.txt"' });
  assert.equal((await command.wait(WAIT_MS)).state, "succeeded");
  assert.equal(await readAll(octopus, command.id, "note.txt"), "hello");
});
