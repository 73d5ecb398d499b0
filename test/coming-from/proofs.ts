/** One proof for each word in the last column of docs/coming-from.md. Each has an Octopus of its own, in memory unless it says otherwise. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Octopus, type OpenOptions, task } from "../../src/mod.ts";

const WAIT_MS = 20_000;
const execute = promisify(execFile);
const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

type Check = (octopus: Octopus) => Promise<void>;

function withOctopus(options: OpenOptions, check: Check): () => Promise<void> {
  return async () => {
    await using octopus = await Octopus.open({ dataDir: ":memory:", ...options });
    await check(octopus);
  };
}

const double = (n: number): number => n * 2;
const plain = (check: Check): (() => Promise<void>) => withOctopus({ slots: 3, functions: { double } }, check);

/** A function that waits until it is let go. */
function gate(): { wait: () => Promise<void>; open: () => void; started: Promise<void> } {
  const free = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const wait = (): Promise<void> => {
    begun.resolve();
    return free.promise;
  };
  return { wait, open: free.resolve, started: begun.promise };
}

async function help(word: string): Promise<string> {
  const { stdout } = await execute(process.execPath, [MAIN, word, "--help"], {
    env: { ...process.env, NO_COLOR: "1" },
  });
  return stdout;
}

async function ordered(octopus: Octopus, priorities: readonly number[]): Promise<number[]> {
  const order: number[] = [];
  octopus.register("note", (n: number) => void order.push(n));
  await octopus.arms.pause("batch");
  const ids = await octopus.submitMany(
    priorities.map((priority, input) => ({ call: "note", input, arm: "batch", ...(priority !== 5 && { priority }) })),
  );
  await octopus.arms.set("batch", { enabled: true, maxParallel: 1 });
  for (const id of ids) await octopus.backend.waitTask(id, WAIT_MS);
  return order;
}

export const PROOFS: Readonly<Record<string, () => Promise<void>>> = {
  "default-arms": plain(async (octopus) => {
    const arms = new Map((await octopus.arms.list()).map((arm) => [arm.name, arm]));
    const limits = ["deploy", "batch", "streams", "secrets", "builds", "watchers", "cleanup", "analytics"].map(
      (name) => arms.get(name)!.maxParallel,
    );
    assert.deepEqual(limits, [2, 4, 2, 1, 2, 2, 2, undefined]);
    const { id } = await octopus.submit({ type: "rotate-secret", shell: "true" });
    assert.equal(octopus.task(id)!.arm, "secrets");
    assert.equal(octopus.task((await octopus.submit({ type: "generic", shell: "true" })).id)!.arm, "default");
  }),
  workers: plain(async (octopus) => {
    await (await octopus.submit({ call: "double", input: 1 })).result(WAIT_MS);
    const [worker] = octopus.status().workers;
    assert.deepEqual([worker!.state, worker!.slots], ["online", 3]);
  }),
  submit: plain(async (octopus) => {
    assert.equal(await (await octopus.submit({ call: "double", input: 21 })).result(WAIT_MS), 42);
  }),
  "submit-task": plain(async (octopus) => {
    const custom = task("custom", ({ input }: { input: { key: string } }) => `got ${input.key}`);
    octopus.add(custom);
    const handle = await custom.enqueue({ key: "value" }, { name: "My Task", priority: 5 });
    assert.equal(await handle.result(WAIT_MS), "got value");
    const { name, type, state, result, startedAt, endedAt } = octopus.task(handle.id)!;
    assert.deepEqual([name, type, state, result], ["My Task", "custom", "succeeded", "got value"]);
    assert.ok(startedAt! <= endedAt!);
  }),
  "schedule-cron": plain(async (octopus) => {
    const view = await octopus.schedules.set({ name: "report", cron: "0 8 * * 1", task: { shell: "true" } });
    assert.ok(view.next.length > 0);
  }),
  "schedule-every": plain(async (octopus) => {
    const view = await octopus.schedules.set({ name: "check", every: "30s", task: { shell: "true" } });
    assert.equal(view.everyMs, 30_000);
  }),
  "worker-named": plain(async (octopus) => {
    const there = await octopus.submit({ call: "double", input: 1, worker: "local" });
    const elsewhere = await octopus.submit({ call: "double", input: 1, worker: "workstation-01" });
    assert.equal(await there.result(WAIT_MS), 2);
    assert.equal(elsewhere.get().state, "queued");
    assert.match(octopus.explain(elsewhere.id)!.summary, /workstation-01/);
  }),
  "worker-all": plain(async (octopus) => {
    const task = await (await octopus.submit({ call: "double", input: 4, worker: "ALL" })).wait(WAIT_MS);
    assert.deepEqual([task.state, task.result], ["succeeded", { local: 8 }]);
    assert.equal(task.workers!["local"]!.state, "succeeded");
  }),
  "call-arguments": plain(async (octopus) => {
    octopus.register("create_incident", ([level, text]: [string, string]) => `${level}: ${text}`);
    const made = await octopus.submit({ call: "create_incident", input: ["P1", "Database connection failed"] });
    assert.equal(await made.result(WAIT_MS), "P1: Database connection failed");
  }),
  failure: plain(async (octopus) => {
    octopus.register("broken", () => {
      throw new TypeError("no such thing");
    });
    const thrown = await (await octopus.submit({ call: "broken" })).wait(WAIT_MS);
    assert.deepEqual(
      [thrown.state, thrown.error!.kind, thrown.error!.message],
      ["failed", "TypeError", "no such thing"],
    );
    assert.match(thrown.error!.stack!, /proofs\.ts/);
    const exited = await (await octopus.submit({ shell: "exit 3" })).wait(WAIT_MS);
    assert.deepEqual([exited.state, exited.exitCode], ["failed", 3]);
  }),
  attempts: plain(async (octopus) => {
    const { attempts } = await (await octopus.submit({ shell: "exit 4" })).wait(WAIT_MS);
    const [{ outcome, worker, exitCode, durationMs, startedAt, endedAt } = assert.fail()] = attempts;
    assert.deepEqual([outcome, worker, exitCode], ["failed", "local", 4]);
    assert.ok(durationMs! >= 0 && startedAt <= endedAt!);
  }),
  retries: plain(async (octopus) => {
    const { attempts } = await (
      await octopus.submit({ shell: "exit 1", retries: { limit: 3, delay: 1 } })
    ).wait(WAIT_MS);
    assert.equal(attempts.length, 4);
  }),
  cache: plain(async (octopus) => {
    let runs = 0;
    octopus.register("slow", (n: number) => n + ++runs);
    const first = await octopus.submit({ call: "slow", input: 1, cache: true });
    assert.equal(await first.result(WAIT_MS), 2);
    const again = await octopus.submit({ call: "slow", input: 1, cache: true });
    assert.equal(await again.result(WAIT_MS), 2);
    assert.deepEqual([runs, again.get().cached, again.get().cachedFrom], [1, true, first.id]);
  }),
  sqlite: async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "octopus-coming-"));
    try {
      await withOctopus({ dataDir }, async (octopus) => {
        await (await octopus.submit({ id: "one", shell: "true" })).wait(WAIT_MS);
      })();
      using db = new DatabaseSync(join(dataDir, "octopus.db"), { readOnly: true });
      assert.equal(db.prepare("SELECT * FROM tasks").all()[0]!["state"], "succeeded");
      assert.equal(db.prepare("SELECT * FROM attempts").all()[0]!["outcome"], "succeeded");
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
  explain: plain(async (octopus) => {
    const waiting = await octopus.submit({ call: "nobody-has-this" });
    assert.match(octopus.explain(waiting.id)!.summary, /nobody-has-this/);
  }),
  "move-and-remove": plain(async (octopus) => {
    const moved = await octopus.submit({ shell: "true", delay: "1h" });
    const view = await octopus.engine.moveTask(moved.id, { arm: "batch", priority: 9 });
    assert.deepEqual([view.arm, view.priority], ["batch", 9]);
    await octopus.cancel(moved.id);
    await octopus.engine.deleteTask(moved.id);
    assert.equal(octopus.task(moved.id), undefined);
  }),
  workflow: plain(async (octopus) => {
    const run = await octopus.run("tasks: { task1: echo one, task2: { shell: echo two, needs: task1 } }");
    const { state, tasks } = await run.wait(WAIT_MS);
    assert.equal(state, "succeeded");
    assert.ok(tasks[1]!.startedAt! >= tasks[0]!.endedAt!);
  }),
  shell: plain(async (octopus) => {
    const command = 'echo "$GREETING from $(pwd)"; echo oops >&2';
    const done = await octopus.submit({ shell: { command, cwd: "/", env: { GREETING: "hello" } } });
    await done.wait(WAIT_MS);
    const lines = octopus.engine.logs(done.id, {})!.map(({ stream, text }) => `${stream}: ${text!.trim()}`);
    assert.deepEqual(lines.toSorted(), ["stderr: oops", "stdout: hello from /"]);
  }),
  http: plain(async (octopus) => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        seen.push(`${request.method} ${request.headers["content-type"] ?? "-"} ${body}`);
        response.writeHead(request.url === "/missing" ? 404 : 200).end("{}");
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      assert.equal((await (await octopus.submit({ http: `GET ${url}/users` })).wait(WAIT_MS)).state, "succeeded");
      const posted = await octopus.submit({ http: `POST ${url}/users {"name":"test"}` });
      assert.equal((await posted.wait(WAIT_MS)).state, "succeeded");
      assert.equal((await (await octopus.submit({ http: `GET ${url}/missing` })).wait(WAIT_MS)).state, "failed");
      assert.deepEqual(seen.slice(0, 2), ["GET - ", 'POST application/json {"name":"test"}']);
    } finally {
      server.close();
    }
  }),
  timeout: plain(async (octopus) => {
    const late = await (await octopus.submit({ shell: "sleep 30", timeout: "100ms" })).wait(WAIT_MS);
    assert.deepEqual([late.state, late.attempts[0]!.outcome], ["failed", "timed_out"]);
  }),
  "default-timeout": withOctopus({ timeoutMs: 100 }, async (octopus) => {
    const late = await (await octopus.submit({ shell: "sleep 30" })).wait(WAIT_MS);
    assert.equal(late.attempts[0]!.outcome, "timed_out");
    await octopus.arms.set("slow", { timeout: "1h" });
    assert.equal(octopus.task((await octopus.submit({ shell: "true", arm: "slow" })).id)!.timeoutMs, 3_600_000);
  }),
  "queue-full": plain(async (octopus) => {
    await octopus.arms.set("small", { enabled: false, maxQueued: 1 });
    await octopus.submit({ shell: "true", arm: "small" });
    await assert.rejects(octopus.submit({ shell: "true", arm: "small" }), { code: "queue_full", retryable: true });
  }),
  priority: plain(async (octopus) => {
    // 0 and 3 say nothing and are 5: first in, first out.
    assert.deepEqual(await ordered(octopus, [5, 2, 9, 5]), [2, 0, 3, 1]);
  }),
  resources: plain(async (octopus) => {
    const hungry = await octopus.submit({ shell: "true", resources: { gpu: 1 } });
    assert.match(octopus.explain(hungry.id)!.summary, /gpu/);
    assert.match(await help("worker"), /--resources/);
  }),
  cancel: plain(async (octopus) => {
    const { wait, started, open } = gate();
    octopus.register("endless", wait);
    const running = await octopus.submit({ call: "endless", arm: "secrets" });
    const queued = await octopus.submit({ call: "endless", arm: "secrets" });
    await started;
    assert.equal((await octopus.cancel(queued.id)).state, "cancelled");
    await octopus.cancel(running.id);
    open();
    assert.ok(["cancelled", "succeeded"].includes((await running.wait(WAIT_MS)).state));
    const asleep = await octopus.submit({ shell: "sleep 30" });
    await octopus.cancel(asleep.id);
    assert.equal((await asleep.wait(WAIT_MS)).state, "cancelled");
  }),
  list: plain(async (octopus) => {
    await (await octopus.submit({ call: "double", input: 1 })).wait(WAIT_MS);
    await (await octopus.submit({ shell: "exit 1" })).wait(WAIT_MS);
    assert.deepEqual(
      octopus.tasks({ state: ["succeeded"], type: "double" }).items.map(({ type }) => type),
      ["double"],
    );
    assert.equal(octopus.tasks({ state: ["failed"] }).items.length, 1);
  }),
  status: plain(async (octopus) => {
    await (await octopus.submit({ call: "double", input: 1 })).wait(WAIT_MS);
    const { counts, workers, arms } = octopus.status();
    assert.equal(counts.succeeded, 1);
    assert.equal(workers.length, 1);
    assert.equal(arms.find(({ name }) => name === "default")!.queued, 0);
  }),
  clear: plain(async (octopus) => {
    for (let i = 0; i < 3; i++) await (await octopus.submit({ call: "double", input: i })).wait(WAIT_MS);
    assert.equal(await octopus.engine.clearEnded(1), 2);
    assert.equal(octopus.tasks().items.length, 1);
  }),
  states: plain(async (octopus) => {
    const { wait, started, open } = gate();
    octopus.register("wait", wait);
    const first = await octopus.submit({ call: "wait", arm: "secrets" });
    const second = await octopus.submit({ call: "double", input: 1, arm: "secrets" });
    await started;
    assert.deepEqual([first.get().state, second.get().state], ["running", "queued"]);
    await second.cancel();
    open();
    assert.deepEqual([(await first.wait(WAIT_MS)).state, second.get().state], ["succeeded", "cancelled"]);
    assert.equal((await (await octopus.submit({ shell: "exit 1" })).wait(WAIT_MS)).state, "failed");
  }),
  feed: plain(async (octopus) => {
    const states: string[] = [];
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    octopus.subscribe((event) => {
      if (event.type === "task") states.push(event.state);
      if (event.type === "task" && event.state === "succeeded") end();
    });
    await octopus.submit({ call: "double", input: 1 });
    await ended;
    assert.deepEqual(states, ["queued", "running", "succeeded"]);
  }),
  needs: plain(async (octopus) => {
    const first = await octopus.submit({ call: "double", input: 1 });
    const then = await octopus.submit({ call: "double", input: 2, needs: first.id });
    await then.wait(WAIT_MS);
    assert.ok(then.get().startedAt! >= first.get().endedAt!);
  }),
  aliases: async () => {
    const [dispatcher, d, w] = await Promise.all([help("dispatcher"), help("d"), help("w")]);
    assert.match(dispatcher, /start a server/i);
    assert.equal(d, dispatcher);
    assert.match(w, /--name[\s\S]*/);
    assert.match(w, /--slots/);
  },
  slots: withOctopus({ slots: 2 }, async (octopus) => {
    let active = 0;
    let peak = 0;
    octopus.register("count", async () => {
      peak = Math.max(peak, ++active);
      await new Promise(setImmediate);
      active--;
    });
    const ids = await octopus.submitMany(Array.from({ length: 20 }, () => ({ call: "count" })));
    for (const id of ids) await octopus.backend.waitTask(id, WAIT_MS);
    assert.equal(peak, 2);
  }),
  rate: plain(async (octopus) => {
    await octopus.arms.set("api", { rate: { limit: 1, per: "1h" } });
    const first = await octopus.submit({ call: "double", input: 1, arm: "api" });
    const second = await octopus.submit({ call: "double", input: 2, arm: "api" });
    await first.wait(WAIT_MS);
    assert.equal(second.get().state, "queued");
    assert.ok(octopus.explain(second.id)!.reasons.some(({ until }) => until !== undefined));
  }),
};
