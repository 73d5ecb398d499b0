/**
 * Plugins from the folder of a real server to its worker and back: dropped, called as the README of OCTOPUS prints it, changed,
 * pinned, uploaded by the command line, kept over a kill -9, removed. Python is the interpreter of this machine.
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { endProcess, Place, until } from "./place.ts";
import { SUITE_MS_MAX } from "../machine.ts";

interface Execution {
  status: string;
  result?: unknown;
  message?: string;
  executor: string;
}

/** Python in the style of that system's plugins. */
const incident = (version: number): string => `
import asyncio

def main(*args, **kwargs):
    try:
        return {"status": "success", "message": "Operation completed", "data": [list(args), kwargs, ${version}]}
    except Exception as e:
        return {"status": "failed", "message": f"Operation failed: {str(e)}"}

async def later(*args):
    await asyncio.sleep(0)
    return {"status": "failed", "message": "it was not to be"}
`;

async function post(place: Place, path: string, body: unknown): Promise<{ id: string }> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(place.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  assert.equal(response.status, 201, text);
  return JSON.parse(text) as { id: string };
}

async function executed(place: Place, id: string): Promise<Execution> {
  return until(`the end of ${id}`, async () => {
    const { executions } = (await (await fetch(`${place.url}/tasks/${id}`)).json()) as { executions: Execution[] };
    const [last] = executions;
    return last !== undefined && last.status !== "Running" && last;
  });
}

const version = async (place: Place, name: string): Promise<number | undefined> =>
  (await place.call<{ version?: number }>("GET", `/plugins/${name}`)).body.version;

const HANGS = { timeout: SUITE_MS_MAX };

test("B2 B5 a Python file dropped on the server runs on its worker a moment later", HANGS, async () => {
  const place = new Place();
  try {
    const first = await place.serve("up");
    const folder = join(place.data, "plugins");
    writeFileSync(join(folder, "create_incident.py"), incident(1));
    await until("the plugin", () => version(place, "create_incident"));
    const readme = {
      owner: "Anyone",
      plugin: "create_incident",
      action: "main",
      args: ["P1", "Database connection failed"],
      type: "Adhoc",
    };
    const data = (number: number) => [["P1", "Database connection failed"], {}, number];
    const done = await executed(place, (await post(place, "/tasks", readme)).id);
    assert.deepEqual([done.status, (done.result as { data: unknown }).data], ["Success", data(1)]);
    const odd = { ...readme, args: [true, null, 1.5, { a: [] }], kwargs: { n: null } };
    const { result } = await executed(place, (await post(place, "/tasks", odd)).id);
    assert.deepEqual((result as { data: unknown }).data, [[true, null, 1.5, { a: [] }], { n: null }, 1]);
    const failed = await executed(place, (await post(place, "/tasks", { ...readme, action: "later" })).id);
    assert.deepEqual([failed.status, failed.message], ["Failed", "it was not to be"]);

    writeFileSync(join(folder, "create_incident.py"), incident(2));
    await until("the second version", async () => (await version(place, "create_incident")) === 2);
    const changed = await executed(place, (await post(place, "/tasks", readme)).id);
    assert.deepEqual((changed.result as { data: unknown }).data, data(2));
    const pinned = await executed(place, (await post(place, "/tasks", { ...readme, plugin: "create_incident@1" })).id);
    assert.deepEqual((pinned.result as { data: unknown }).data, data(1));

    const all = await executed(place, (await post(place, "/tasks", { ...readme, owner: "ALL" })).id);
    assert.equal(all.status, "Success");

    endProcess(first.pid, "SIGKILL");
    await first.end;
    await until("the end of what it had started", () => place.processes().length === 0);
    await place.serve("up");
    assert.equal(await version(place, "create_incident"), 2, "the same content is no new version");
    const again = await executed(place, (await post(place, "/tasks", readme)).id);
    assert.deepEqual((again.result as { data: unknown }).data, data(2));
  } finally {
    await place.close();
  }
});

test("plugins are begun, added, shown and removed by the command line", HANGS, async () => {
  const place = new Place();
  try {
    await place.serve("server");
    const begun = await place.run(["plugins", "new", "hello.py"]);
    assert.deepEqual([begun.code, begun.out], [0, "hello.py  written\n"]);
    assert.deepEqual((await place.run(["plugins", "new", "hello.py"])).code, 1, "nothing is written over");
    mkdirSync(join(place.dir, "tool", "lib"), { recursive: true });
    writeFileSync(join(place.dir, "tool", "main.ts"), "export function main(): number { return 1; }\n");
    writeFileSync(join(place.dir, "tool", "lib", "x.txt"), "x");
    const added = await place.run(["plugins", "add", "hello.py", "tool", "nothing.py"]);
    assert.notEqual(added.code, 0);
    assert.equal(added.out, "hello  version 1\ntool  version 1\n");
    assert.match(added.err, /there is no file nothing.py/);
    assert.deepEqual(readdirSync(join(place.data, "plugins")).toSorted(), ["hello.py", "tool"]);
    assert.equal((await place.run(["plugins", "add", "hello.py"])).out, "hello  version 1, as before\n");
    assert.equal((await place.run(["plugins", "add", "hello.py", "--name", "hi", "-o", "quiet"])).out, "hi\n");
    const { out: list } = await place.run(["plugins"]);
    assert.match(list, /^hello +1 +python .* main +Says hello\.$/m);
    const { out: shown } = await place.run(["plugins", "show", "hello"]);
    assert.match(shown, /^main\(\[name\]\) +Says hello to somebody\.$/m);
    assert.match((await place.run(["plugins", "show", "tool"])).out, /^main\(…\)$/m, "it does not say what it takes");
    assert.equal((await place.run(["plugins", "files", "tool", "-o", "quiet"])).out, "main.ts\nlib/x.txt\n");
    assert.equal((await place.run(["plugins", "files", "tool", "lib/x.txt"])).out, "x");
    assert.match((await place.run(["plugins", "show", "helo"])).err, /did you mean hello\?/);
    assert.equal((await place.run(["plugins", "rm", "tool", "hi"])).out, "tool  removed\nhi  removed\n");
    assert.deepEqual(readdirSync(join(place.data, "plugins")), ["hello.py"]);
    rmSync(join(place.dir, "hello.py"));
    for (const [name, form] of [
      ["x.txt", /ends in \.py/],
      ["my plugin.py", /is no name of a plugin/],
    ] as const)
      assert.match((await place.run(["plugins", "new", name])).err, form);
  } finally {
    await place.close();
  }
});
