/**
 * Python plugins as people have them (positional strings, dictionaries back, async, exceptions, missing modules, slow ones),
 * dropped into the folder of a server, run unchanged on two workers on hosts of their own.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { onThisMachine } from "../machine.ts";
import type { PluginDetail } from "../../src/protocol/plugin.ts";
import type { TaskSubmission } from "../../src/protocol/task.ts";
import { until } from "../integration/place.ts";
import { FleetPlace } from "./fleet-place.ts";
import { noNamespaces } from "./network.ts";

const HOSTS = ["a", "b"] as const;

/** As the plugins of the document are written. */
const PLUGINS: Record<string, string> = {
  "create_incident.py": `
def main(*args, **kwargs):
    """
    Main plugin entry point.
    """
    try:
        priority, text = args
        result = perform_operation(priority, text, **kwargs)
        return {"status": "success", "message": "Operation completed", "data": result}
    except Exception as e:
        return {"status": "failed", "message": f"Operation failed: {str(e)}"}

def perform_operation(priority, text, assignee="nobody"):
    if priority not in ("P1", "P2"):
        raise ValueError("unknown priority " + priority)
    return {"title": "[" + priority + "] " + text, "assignee": assignee}

def close(number):
    return "closed " + str(number)
`,
  "fetch_async.py": `
import asyncio
async def main(*urls, **kwargs):
    async def one(url):
        await asyncio.sleep(0.01)
        return {"url": url, "status": 200}
    print("fetching", len(urls))
    return {"status": "success", "data": await asyncio.gather(*(one(url) for url in urls))}
`,
  "raises.py": `
def main(*args):
    rows = {}
    return rows[args[0]]
`,
  "needs_module.py": `
import a_module_that_nobody_has
def main():
    return "never"
`,
  "said_types.py": `
def main(*args, **kwargs):
    return {"args": [type(one).__name__ for one in args], "kwargs": {k: v for k, v in kwargs.items()}}
`,
  "slow.py": `
import time
def main(until):
    import os
    print("begun", flush=True)
    while not os.path.exists(until):
        time.sleep(0.02)
    return "version 1"
`,
  "flaky.py": `
def main(*args):
    raise RuntimeError("this version is broken")
`,
};

/** Debian's own says so by itself; others are asked. */
function noPython(): string | false {
  try {
    execFileSync("python3", ["-c", "import sys; assert sys.version_info >= (3, 9)"], { stdio: "ignore" });
    return false;
  } catch {
    return "there is no python3 here, 3.9 or newer";
  }
}

describe("plugins on many machines", { skip: noNamespaces() || noPython() }, () => {
  let fleet: FleetPlace;
  const folder = (): string => join(fleet.place.data, "plugins");
  const file = (name: string): string => join(fleet.place.dir, name);

  before(async () => {
    fleet = new FleetPlace({ lease: "8s", heartbeat: "500ms", hosts: HOSTS });
    await fleet.serve();
    for (const host of HOSTS) fleet.worker(host);
    await fleet.online(...HOSTS);
  });
  after(() => fleet.close());

  /** As editors write: beside, then in its place. */
  const drop = (name: string, text: string): void => {
    writeFileSync(file(`${name}.draft`), text);
    renameSync(file(`${name}.draft`), join(folder(), name));
  };
  const shown = async (name: string): Promise<PluginDetail | undefined> => {
    const { status, body } = await fleet.call<PluginDetail>("GET", `/plugins/${name}`);
    return status === 200 ? body : undefined;
  };
  /** Waits until both workers have this version; answers how long that took. */
  const ready = async (name: string, version = 1): Promise<number> => {
    const begun = performance.now();
    await until(`${name}@${version} on both workers`, async () => {
      const plugin = await shown(name);
      return plugin?.version === version && HOSTS.every((host) => plugin.workers.ready.includes(host));
    });
    return performance.now() - begun;
  };
  const onBoth = async (plugin: NonNullable<TaskSubmission["plugin"]>) => {
    const ids = await fleet.submit(HOSTS.map((worker) => ({ plugin, worker, timeout: "30s" })));
    return Promise.all(ids.map((id) => fleet.ended(id)));
  };
  const logOf = async (id: string): Promise<string> => {
    const { body } = await fleet.call<{ items: { text?: string }[] }>("GET", `/tasks/${id}/logs`);
    return body.items.map(({ text }) => text ?? "").join("");
  };

  test("B5 plugins that are dropped into the server's folder are on every worker a moment later", async (t) => {
    for (const [name, text] of Object.entries(PLUGINS)) drop(name, text);
    const took: number[] = [];
    for (const name of Object.keys(PLUGINS)) took.push(await ready(name.replace(/\.py$/, "")));
    const all = took.reduce((sum, ms) => sum + ms, 0);
    t.diagnostic(`${took.length} plugins on 2 workers after ${Math.round(all)} ms`);
    assert.ok(all < onThisMachine(5000), `${all} ms`);
    // Each worker has its own copy, checked by its hash.
    for (const host of HOSTS) assert.ok(readdirSync(join(fleet.place.dir, `state-${host}`, "plugins")).length >= 7);
  });

  test("B5 strings in, a dictionary back, on both; other actions; what is meant by JSON", async () => {
    for (const task of await onBoth({ name: "create_incident", args: ["P1", "Database connection failed"] })) {
      assert.deepEqual(task.result, {
        status: "success",
        message: "Operation completed",
        data: { title: "[P1] Database connection failed", assignee: "nobody" },
      });
      assert.equal(task.attempts[0]!.plugin, "create_incident@1");
    }
    for (const task of await onBoth({ name: "create_incident", action: "close", args: [12] }))
      assert.equal(task.result, "closed 12");
    const given = { name: "said_types", args: [true, null, 1, 1.5, "1", [], {}], kwargs: { deep: { list: [null] } } };
    for (const task of await onBoth(given)) {
      const types = ["bool", "NoneType", "int", "float", "str", "list", "dict"];
      assert.deepEqual(task.result, { args: types, kwargs: given.kwargs });
    }
  });

  test("B5 async plugins are awaited, and what they print is in the log", async () => {
    for (const task of await onBoth({ name: "fetch_async", args: ["one", "two"] })) {
      const data = ["one", "two"].map((url) => ({ url, status: 200 }));
      assert.deepEqual(task.result, { status: "success", data });
      assert.match(await logOf(task.id), /fetching 2/);
    }
  });

  test("B5 what goes wrong is a failed task with words, and the workers go on", async () => {
    for (const { state, error, result } of await onBoth({ name: "create_incident", args: ["P9", "x"] })) {
      assert.deepEqual([state, error?.message], ["failed", "Operation failed: unknown priority P9"]);
      assert.deepEqual(result, { status: "failed", message: "Operation failed: unknown priority P9" });
    }
    for (const { state, error } of await onBoth({ name: "raises", args: ["missing"] })) {
      assert.equal(state, "failed");
      assert.match(error!.message, /KeyError: 'missing'.*raises\.py.*line 4|raises\.py.*line 4.*KeyError/s);
    }
    for (const { state, error } of await onBoth({ name: "needs_module" })) {
      assert.equal(state, "failed");
      assert.match(error!.message, /a_module_that_nobody_has/);
      assert.match(error!.message, /pip install/);
    }
    for (const { state, error } of await onBoth({ name: "create_incident", action: "destroy" })) {
      assert.equal(state, "failed");
      assert.match(error!.message, /destroy/);
    }
    await fleet.online(...HOSTS);
  });

  test("a changed file counts for the next attempt, while what runs goes on as it was", async () => {
    const go = file("slow.go");
    const running = await fleet.submit(HOSTS.map((worker) => ({ plugin: { name: "slow", args: [go] }, worker })));
    for (const id of running) await until(`the start of ${id}`, async () => (await logOf(id)).includes("begun"));
    const [broken] = await fleet.submit([
      { plugin: { name: "flaky" }, worker: "a", retries: { limit: 1, delay: "3s" } },
    ]);
    await until(
      "the end of its first attempt",
      async () => (await fleet.task(broken!)).attempts[0]?.outcome === "failed",
    );
    drop("slow.py", "def main(until):\n    return 'version 2'\n");
    drop("flaky.py", "def main(*args):\n    return 'mended'\n");
    await ready("slow", 2);
    await ready("flaky", 2);
    for (const { result, attempts } of await onBoth({ name: "slow", args: [go] }))
      assert.deepEqual([result, attempts[0]!.plugin], ["version 2", "slow@2"]);
    for (const { result } of await onBoth({ name: "slow@1", args: ["/"] })) assert.equal(result, "version 1");
    writeFileSync(go, "");
    for (const id of running) {
      const { result, attempts } = await fleet.ended(id);
      assert.deepEqual([result, attempts[0]!.plugin], ["version 1", "slow@1"]);
    }
    const mended = await fleet.ended(broken!);
    assert.deepEqual([mended.state, mended.result], ["succeeded", "mended"]);
    assert.deepEqual(
      mended.attempts.map(({ plugin }) => plugin),
      ["flaky@1", "flaky@2"],
    );
  });

  test("one that is taken out is not started any more, and a task says who took it", async () => {
    const blocked = await fleet.submit([{ plugin: { name: "said_types" }, delay: "4s" }]);
    rmSync(join(folder(), "said_types.py"));
    await until("its end in the catalogue", async () => (await shown("said_types")) === undefined || undefined);
    const refused = await fleet.call<{ error: { message: string } }>("POST", "/tasks", {
      plugin: { name: "said_types" },
    });
    assert.equal(refused.status, 422);
    assert.match(JSON.stringify(refused.body), /said_types, which was removed at .*taken out of the folder/);
    const { state, error, attempts } = await fleet.ended(blocked[0]!);
    assert.deepEqual([state, attempts.length], ["failed", 1]);
    assert.match(error!.message, /said_types.*removed/);
  });

  test("a worker that was away has what changed meanwhile when it is back", async () => {
    fleet.network.cut("b");
    drop("create_incident.py", "def main(*args):\n    return list(args)\n");
    await until("a new version", async () => (await shown("create_incident"))?.version === 2);
    fleet.network.heal("b");
    await ready("create_incident", 2);
    for (const { result } of await onBoth({ name: "create_incident", args: ["new"] }))
      assert.deepEqual(result, ["new"]);
    assert.ok(!existsSync(join(fleet.place.dir, "state-b", "plugins", "create_incident")));
  });
});
