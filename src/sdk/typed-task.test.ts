/** Typed tasks: what the type checker allows, and what happens to them embedded and against a server. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import {
  FatalError,
  Octopus,
  type OctopusError,
  type OpenOptions,
  type RemoteOctopus,
  type StandardSchema,
  task,
  type TaskContext,
  type TypedTask,
} from "../mod.ts";
import { FunctionRegistry } from "../worker/functions.ts";
import { startTestServer } from "./testing.ts";

const Deploy = z.object({ appId: z.string().min(1), replicas: z.number().int().default(2) });

/** Two ways to have an Octopus; what is said of one holds for the other. */
async function everywhere(check: (open: typeof openIn) => Promise<void>): Promise<void> {
  await check(openIn);
  await using server = await startTestServer();
  await check((options) => Promise.resolve(Octopus.connect(server.url, options)));
}
type Opened = Octopus | RemoteOctopus;
function openIn(options: Pick<OpenOptions, "tasks" | "slots">): Promise<Opened> {
  return Octopus.open({ dataDir: ":memory:", ...options });
}

test("a typed task gets what its schema made of the input, and its result is typed, embedded and on a server", async () => {
  await everywhere(async (open) => {
    const deploy = task(
      "deploy-app",
      { input: Deploy, priority: 8, tags: ["typed"] },
      ({ input, task, log, progress }) => {
        log(`deploying ${input.appId}`);
        progress(1);
        return { app: input.appId, replicas: input.replicas, attempt: task.attempt, type: task.type, at: new Date(0) };
      },
    );
    await using octopus = await open({ tasks: [deploy] });
    const handle = await deploy.enqueue({ appId: "shop" }, { priority: 9 });
    const result = await handle.result(10_000);
    const at: string = result.at;
    assert.deepEqual(result, { app: "shop", replicas: 2, attempt: 1, type: "deploy-app", at });
    const view = await octopus.task(handle.id);
    assert.deepEqual([view!.priority, view!.type, view!.tags], [9, "deploy-app", ["typed"]]);
    // What was submitted is what the caller gave, so that the schema may fill in other defaults next week.
    assert.deepEqual((view!.work as { input: unknown }).input, { appId: "shop" });
  });
});

test("an input that the schema refuses is refused at once, with the field; nothing is submitted", async () => {
  await everywhere(async (open) => {
    const deploy = task("deploy-app", { input: Deploy }, () => "done");
    await using octopus = await open({ tasks: [deploy] });
    // @ts-expect-error -- appId is text
    const refused = deploy.enqueue({ appId: 3, replicas: 1.5 });
    await assert.rejects(refused, (error: OctopusError) => {
      assert.equal(error.code, "invalid");
      assert.deepEqual(
        error.issues.map(({ path }) => path),
        ["input.appId", "input.replicas"],
      );
      assert.match(error.message, /^the input of task deploy-app is refused: input\.appId .*\(it is 3\)/);
      return true;
    });
    assert.equal((await octopus.tasks()).items.length, 0);
  });
});

test("an input that is no longer what the schema takes fails the task once, whatever its retries", async () => {
  const deploy = task("deploy-app", { input: Deploy, retries: { limit: 5, delay: "1h" } }, () => "done");
  await using octopus = await Octopus.open({ dataDir: ":memory:", tasks: [deploy] });
  const old = await octopus.submit({ call: "deploy-app", input: { app: "from last week" }, retries: 5 });
  const ended = await old.wait(10_000);
  assert.deepEqual([ended.state, ended.attempts.length, ended.error!.kind], ["failed", 1, "FatalError"]);
  assert.match(ended.error!.message, /input\.appId/);
});

test("a FatalError ends a task, whatever its retries", async () => {
  const hopeless = task("hopeless", { retries: { limit: 5, delay: "1h" } }, () => {
    throw new FatalError("the account is closed");
  });
  await using _octopus = await Octopus.open({ dataDir: ":memory:", tasks: [hopeless] });
  const ended = await (await hopeless.enqueue()).wait(10_000);
  assert.deepEqual([ended.state, ended.attempts.length], ["failed", 1]);
});

test("the signal reaches the handler when its task is cancelled; result() tells the reason", async () => {
  await everywhere(async (open) => {
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const endless = task("endless", async ({ signal }: TaskContext<undefined>) => {
      start();
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
    });
    await using _octopus = await open({ tasks: [endless] });
    const handle = await endless.enqueue();
    await started;
    await handle.cancel("not needed");
    await assert.rejects(handle.result(10_000), { code: "failed", message: /is cancelled: / });
  });
});

test("a task without a handler is enqueued here and runs elsewhere", async () => {
  await using server = await startTestServer();
  const here = task("resize", { input: z.object({ width: z.number() }) });
  const there = task("resize", { input: z.object({ width: z.number() }) }, ({ input }) => input.width * 2);
  await using producer = Octopus.connect(server.url, { tasks: [here] });
  const handle = await here.enqueue({ width: 4 });
  assert.equal((await producer.task(handle.id))!.state, "queued");
  await using _worker = Octopus.connect(server.url, { tasks: [there] });
  assert.equal(await handle.result(10_000), 8);
  assert.equal((await producer.client.workers()).length, 1, "a program that only submits is no worker");
});

test("handlers that are added later, or to a program that was connected before, run too", async () => {
  await using server = await startTestServer();
  await using octopus = Octopus.connect(server.url);
  const one = task("one", () => 1);
  octopus.add(one);
  assert.equal(await (await one.enqueue()).result(10_000), 1);
  const two = task("two", () => 2);
  octopus.add(two);
  assert.equal(await (await two.enqueue()).result(10_000), 2);
});

test("a task that is at home nowhere, or in two places, says what to do", async () => {
  const lost = task("lost", () => 1);
  await assert.rejects(async () => lost.enqueue(), { code: "not_ready", message: /pass it as tasks: \[task\]/ });
  await using first = await Octopus.open({ dataDir: ":memory:", tasks: [lost] });
  await using second = await Octopus.open({ dataDir: ":memory:", tasks: [lost] });
  await assert.rejects(async () => lost.enqueue(), { code: "not_ready", message: /task\.on\(octopus\)/ });
  assert.equal(await (await lost.on(second).enqueue()).result(10_000), 1);
  await first.close();
  assert.equal(await (await lost.enqueue()).result(10_000), 1);
});

test("the same id counts once, and the handle says so", async () => {
  await everywhere(async (open) => {
    const once = task("once", () => "made");
    await using _octopus = await open({ tasks: [once] });
    const first = await once.enqueue(undefined, { id: "order-7" });
    const again = await once.enqueue(undefined, { id: "order-7" });
    assert.deepEqual([again.id, await again.result(10_000)], [first.id, "made"]);
  });
});

test("any Standard Schema will do, also one that takes its time", async () => {
  const slow: StandardSchema<{ n: number }, number> = {
    "~standard": {
      version: 1,
      vendor: "own",
      validate: async (value) => {
        const n = (value as { n?: unknown } | undefined)?.n;
        return typeof n === "number" ? { value: n } : { issues: [{ message: "must have n", path: [{ key: "n" }] }] };
      },
    },
  };
  const double = task("double", { input: slow }, ({ input }) => input * 2);
  await using _octopus = await Octopus.open({ dataDir: ":memory:", tasks: [double] });
  assert.equal(await (await double.enqueue({ n: 21 })).result(10_000), 42);
  await assert.rejects(async () => double.enqueue({} as never), {
    message: /input\.n must have n \(it is undefined\)/,
  });
});

test("what is no schema and no handler is refused where it is written", () => {
  assert.throws(() => task("x", { input: { type: "object" } as never }, () => 1), {
    message: /must be a Standard Schema/,
  });
  assert.throws(() => task("x", {}, "handler" as never), {
    message: /handler of task x must be a function, not a string/,
  });
});

test("the types: input, result and options are those of the schema and the handler", () => {
  // Compiled, never run.
  const check = async (): Promise<void> => {
    const typed = task("typed", { input: Deploy }, ({ input }) => {
      const replicas: number = input.replicas;
      return { replicas, at: new Date(), nothing: undefined, list: [1] as const };
    });
    const result = await (await typed.enqueue({ appId: "x" })).result();
    const at: string = result.at;
    const [one] = result.list;
    const exact: 1 = one;
    // @ts-expect-error -- a Date comes back as text
    const date: Date = result.at;
    // @ts-expect-error -- the schema requires appId
    await typed.enqueue({});
    // @ts-expect-error -- an input is needed
    await typed.enqueue();
    // @ts-expect-error -- priority is a number
    await typed.enqueue({ appId: "x" }, { priority: "high" });
    // @ts-expect-error -- the work is the handler's
    await typed.enqueue({ appId: "x" }, { shell: "true" });
    // @ts-expect-error -- an id of its own for all of them would make them one
    task("fixed", { id: "x" }, () => 1);
    const none = task("none", () => undefined);
    const nothing: undefined = await (await none.enqueue()).result();
    const own = task("own", ({ input }: TaskContext<{ a: number }>) => input.a);
    // @ts-expect-error -- a is a number
    await own.enqueue({ a: "1" });
    await typed.schedule("0 8 * * *", { appId: "x" }, { schedule: "daily", arm: "deploy" });
    await typed.schedule({ every: "5m", overlap: "skip" }, { appId: "x" });
    await typed.schedule(new Date(), { appId: "x" });
    assert.ok(at && exact && date && nothing);
  };
  assert.ok(check);
});

test("it works from plain JavaScript", async () => {
  const root = join(import.meta.dirname, "../..");
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache", "plain-"));
  try {
    const text = `
      import { Octopus, task } from "@octopus-tasks/octopus";
      const double = task("double", async ({ input }) => input * 2);
      const octopus = await Octopus.open({ dataDir: ":memory:", tasks: [double] });
      console.log(await (await double.enqueue(4)).result());
      await octopus.close();
    `;
    writeFileSync(join(folder, "plain.mjs"), text);
    const args = ["--conditions=octopus:source", join(folder, "plain.mjs")];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, timeout: 60_000 });
    assert.equal(stdout, "8\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("typed tasks that a functions module exports run in a plain worker", async () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-module-"));
  try {
    const text = `
      import { task } from ${JSON.stringify(join(import.meta.dirname, "../mod.ts"))};
      export const triple = task("triple-it", ({ input }) => input * 3);
      export const elsewhere = task("elsewhere", {});
    `;
    writeFileSync(join(folder, "tasks.mjs"), text);
    const registry = new FunctionRegistry();
    await registry.load(join(folder, "tasks.mjs"));
    assert.deepEqual(registry.names(), ["triple-it"]);
    const { triple } = (await import(join(folder, "tasks.mjs"))) as { triple: TypedTask<number, number> };
    const run = registry.get("triple-it")!;
    await using octopus = await Octopus.open({ dataDir: ":memory:", functions: { "triple-it": run } });
    assert.equal(await (await triple.on(octopus).enqueue(4)).result(10_000), 12);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
