/** The folder of plugins on a real engine: what lies in it is published, within a second, whole, and taken out again. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createTestEngine } from "../../test/sim/engine-harness.ts";
import type { Engine } from "../engine/engine.ts";
import type { Log } from "../engine/ports.ts";
import { PluginFolder } from "./folder.ts";
import { STILL_MS } from "./looks.ts";
import { onThisMachine } from "../../test/machine.ts";

interface World {
  engine: Engine;
  dir: string;
  said: string[];
  open(more?: { also?: string[]; watch?: boolean; now?: () => number }): Promise<PluginFolder>;
}

function world(context: TestContext, dataDir?: string): World {
  const base = mkdtempSync(join(tmpdir(), "octopus-plugins-"));
  const dir = join(base, "plugins");
  const server = createTestEngine({ dir: dataDir ?? ":memory:" });
  const said: string[] = [];
  const write = (_: object, message: string): void => void said.push(message);
  const log: Log = { debug() {}, info: write, warn: write, error: write };
  const open: PluginFolder[] = [];
  context.after(async () => {
    for (const folder of open) await folder.close();
    await server[Symbol.asyncDispose]();
    rmSync(base, { recursive: true, force: true });
  });
  return {
    ...{ engine: server.engine, dir, said },
    async open(more = {}) {
      const folder = await PluginFolder.open({ dir, plugins: server.engine.plugins, log, ...more });
      open.push(folder);
      return folder;
    },
  };
}

/** Looks again and again until it is so. */
async function until<T>(find: () => T | undefined | false, what: string): Promise<T> {
  for (const end = performance.now() + 10_000; performance.now() < end;) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    await new Promise<void>((resolve) => void setTimeout(resolve, 10));
  }
  throw new Error(`it never came that ${what}`);
}

const PYTHON = "def main(*args, **kwargs):\n    return 1\n\nasync def other():\n    pass\n\ndef _own():\n    pass\n";

test("what lies there at the start is there when it has opened, with what its text says of it", async (context) => {
  const { engine, dir, open, said } = world(context);
  mkdirSync(join(dir, "folder", "lib"), { recursive: true });
  writeFileSync(join(dir, "report.py"), `# /// octopus\n# description: ☃\n# timeout: 30s\n# ///\n${PYTHON}`);
  writeFileSync(join(dir, "tool.ts"), "export async function main(): Promise<void> {}\nexport const act = () => 1;\n");
  writeFileSync(join(dir, "folder", "plugin.yaml"), "entry: start.mjs\nactions:\n  go: {description: goes}\n");
  writeFileSync(join(dir, "folder", "start.mjs"), "export function main() {}\n");
  writeFileSync(join(dir, "folder", "lib", "x.txt"), "x");
  for (const left of ["README.md", ".hidden.py", "report.py~", "__pycache__", "4913", "x.pyc", "types.d.ts"])
    writeFileSync(join(dir, left), "?");
  await open();
  const { plugins } = engine;
  assert.deepEqual(
    plugins.list().map(({ name, language, actions, source }) => [name, language, actions, source]),
    [
      ["folder", "javascript", ["main", "go"], "folder"],
      ["report", "python", ["main", "other"], "folder"],
      ["tool", "typescript", ["main", "act"], "folder"],
    ],
  );
  assert.deepEqual(plugins.show("report")!.manifest, { description: "☃", timeout: 30_000 });
  assert.deepEqual(
    plugins.show("folder")!.versions[0]!.files.map(({ path }) => path),
    ["start.mjs", "lib/x.txt", "plugin.yaml"],
  );
  assert.deepEqual(plugins.problems(), []);
  assert.deepEqual(said, [
    "the plugin folder has version 1",
    "the plugin report has version 1",
    "the plugin tool has version 1",
  ]);
});

test("what is added, changed and taken out is seen within a second", async (context) => {
  const { engine, dir, open } = world(context);
  await open();
  const { plugins } = engine;
  const timed = async (find: () => boolean, what: string): Promise<void> => {
    const start = performance.now();
    await until(find, what);
    const ms = performance.now() - start;
    assert.ok(ms < onThisMachine(1500), `${what} after ${Math.round(ms)} ms`);
  };
  writeFileSync(join(dir, "a.py"), PYTHON);
  await timed(() => plugins.show("a")?.version === 1, "a new file is published");
  writeFileSync(join(dir, ".a.py.new"), `${PYTHON}#`);
  renameSync(join(dir, ".a.py.new"), join(dir, "a.py"));
  await timed(() => plugins.show("a")?.version === 2, "a file that took the place of another one is published");
  mkdirSync(join(dir, "f"));
  writeFileSync(join(dir, "f", "__init__.py"), PYTHON);
  await timed(() => plugins.show("f") !== undefined, "a folder is published");
  writeFileSync(join(dir, "f", "data.txt"), "x");
  await timed(() => plugins.show("f")?.version === 2, "a file in a folder is seen");
  rmSync(join(dir, "a.py"));
  await timed(() => plugins.show("a") === undefined, "a file that is gone is removed");
});

test("a file that is being written is published once, when it is whole", async (context) => {
  const { engine, dir, open } = world(context);
  let now = 0;
  const folder = await open({ watch: false, now: () => now });
  const path = join(dir, "slow.py");
  let seen = 0;
  const stop = engine.subscribe(undefined, (entries) => {
    for (const { event } of entries) if (event.type === "plugin") seen++;
  });
  for (let piece = 0; piece < 20; piece++) {
    appendFileSync(path, `# ${piece}\n`);
    await folder.look();
    now += STILL_MS - 1;
    await folder.look();
    assert.equal(engine.plugins.show("slow"), undefined, `after piece ${piece}`);
  }
  appendFileSync(path, PYTHON);
  await folder.look();
  now += STILL_MS;
  await folder.look();
  await folder.look();
  const { version, bytes } = engine.plugins.show("slow")!;
  assert.deepEqual([version, bytes], [1, readFileSync(path).length]);
  await until(() => seen > 0, "it is told");
  assert.equal(seen, 1);
  stop();
});

test("what cannot be used is told in words, and the version before it stays", async (context) => {
  const { engine, dir, open, said } = world(context);
  const { plugins } = engine;
  mkdirSync(join(dir, "empty"), { recursive: true });
  const outside = join(dir, "..", "secret.py");
  writeFileSync(outside, PYTHON);
  symlinkSync(outside, join(dir, "leak.py"));
  writeFileSync(join(dir, "inside.py"), PYTHON);
  symlinkSync("inside.py", join(dir, "linked.py"));
  writeFileSync(join(dir, "my plugin.py"), PYTHON);
  writeFileSync(join(dir, "bytes.py"), Buffer.from([0xff, 0xfe, 0]));
  writeFileSync(join(dir, "large.js"), Buffer.alloc(17 * 1024 * 1024));
  writeFileSync(join(dir, "not.wasm"), "hello");
  writeFileSync(join(dir, "open.py"), `# /// octopus\n# description: x\n${PYTHON}`);
  writeFileSync(join(dir, "wrong.py"), `# /// octopus\n# descripton: x\n# ///\n${PYTHON}`);
  writeFileSync(join(dir, "yaml.ts"), "// /// octopus\n// a: [1,\n// ///\n");
  execFileSync("mkfifo", [join(dir, "pipe.py")]);
  writeFileSync(join(dir, "twice.py"), PYTHON);
  await open();
  assert.deepEqual(
    plugins.list().map(({ name }) => name),
    ["inside", "linked", "twice"],
  );
  writeFileSync(join(dir, "twice.ts"), "export const x = 1;\n");
  await until(() => plugins.show("twice")?.problem, "two files of one name are told");
  const words = Object.fromEntries(plugins.problems().map(({ file, problem }) => [file, problem]));
  const expected: Record<string, RegExp> = {
    "empty/": /empty has no entry: there must be main\.py/,
    "leak.py": /is a link to .*secret.py, outside of the folder of plugins/,
    "my plugin.py": /"my plugin" is no name of a plugin/,
    "bytes.py": /bytes.py is not text in UTF-8/,
    "large.js": /holds 17825792 bytes; at most 16777216/,
    "not.wasm": /is no WebAssembly module/,
    "pipe.py": /it is neither a file nor a folder/,
    "open.py": /open.py, line 1: the block `# \/\/\/ octopus` has no end/,
    "wrong.py": /wrong.py: .*has the unknown key "descripton" \(did you mean description\?\)/,
    "yaml.ts": /yaml.ts, line 2: /,
    "twice.py, twice.ts": /twice.py and twice.ts are both the plugin twice: keep one/,
  };
  assert.deepEqual(Object.keys(words).toSorted(), Object.keys(expected).toSorted());
  for (const [file, form] of Object.entries(expected)) assert.match(words[file]!, form);
  assert.equal(plugins.show("twice")!.language, "python");
  assert.equal(said.filter((line) => line.includes("not.wasm")).length, 1, "each is written to the log once");
  rmSync(join(dir, "twice.py"));
  await until(() => plugins.show("twice")?.language === "typescript", "the one that is left is published");
  rmSync(join(dir, "not.wasm"));
  await until(() => plugins.problems().every(({ file }) => file !== "not.wasm"), "what is gone is no problem any more");
});

test("uploads and removals go through the folder", async (context) => {
  const { engine, dir, open } = world(context);
  const folder = await open();
  const content = Buffer.from(PYTHON);
  const first = await folder.put("up", [{ path: "whatever.py", content }], "ab12");
  assert.deepEqual([first.version, first.source, first.publishedBy], [1, "upload", "ab12"]);
  assert.equal(readFileSync(join(dir, "up.py"), "utf8"), PYTHON);
  const second = await folder.put("up", [
    { path: "main.py", content },
    { path: "lib/x.txt", content: Buffer.from("x") },
  ]);
  assert.deepEqual([second.version, readdirSync(dir)], [2, ["up"]]);
  await folder.put("up", [{ path: "x.mjs", content: Buffer.from("export function main() {}\n") }]);
  assert.deepEqual(readdirSync(dir), ["up.mjs"]);
  await folder.look();
  assert.equal(engine.plugins.show("up")!.version, 3);
  for (const path of ["../out.py", "/etc/x.py", "a//b", "a\\b.py", "a/./b", ""])
    await assert.rejects(
      folder.put("up", [
        { path: "main.py", content },
        { path, content },
      ]),
      /must be a path below the plugin/,
    );
  for (const [path, form] of [
    ["main.py", /"main.py" of a file stands there twice/],
    ["main.py/x", /"main.py" of a file is a file, and a folder/],
  ] as const)
    await assert.rejects(
      folder.put("up", [
        { path: "main.py", content },
        { path, content },
      ]),
      form,
    );
  await assert.rejects(folder.put("up", [{ path: "main.txt", content }]), /up has no entry/);
  assert.deepEqual(readdirSync(dir), ["up.mjs"]);
  await assert.rejects(folder.remove("nobody"), /there is no plugin nobody/);
  await folder.remove("up", "ab12");
  assert.deepEqual([readdirSync(dir), engine.plugins.list()], [[], []]);
});

test("a folder that is gone at the start is made of the catalogue; one that goes meanwhile removes nothing", async (context) => {
  const { engine, dir, open, said } = world(context);
  const folder = await open();
  await folder.put("one", [{ path: "one.py", content: Buffer.from(PYTHON) }]);
  await folder.put("two", [
    { path: "main.js", content: Buffer.from("exports.main = () => 1;\n") },
    { path: "a/b.txt", content: Buffer.from("b") },
  ]);
  rmSync(dir, { recursive: true });
  await folder.look();
  assert.deepEqual(engine.plugins.list().length, 2);
  assert.match(engine.plugins.problems()[0]!.problem, /cannot be read/);
  await folder.close();
  await open();
  assert.deepEqual(
    [readFileSync(join(dir, "one.py"), "utf8"), readFileSync(join(dir, "two/a/b.txt"), "utf8")],
    [PYTHON, "b"],
  );
  assert.deepEqual(
    engine.plugins.list().map(({ name, version }) => [name, version]),
    [
      ["one", 1],
      ["two", 1],
    ],
  );
  assert.deepEqual(
    said.filter((line) => line.includes("could not")),
    [],
  );
});

test("what was taken out while nobody looked is removed at the start, and drafts of a crash are cleared", async (context) => {
  const { engine, dir, open } = world(context);
  const folder = await open();
  await folder.put("one", [{ path: "one.py", content: Buffer.from(PYTHON) }]);
  await folder.close();
  rmSync(join(dir, "one.py"));
  mkdirSync(join(dir, ".incoming-x"));
  await open();
  assert.deepEqual([engine.plugins.list(), existsSync(join(dir, ".incoming-x"))], [[], false]);
});

test("plugins from elsewhere count as if they lay there, unless one of their name does", async (context) => {
  const { engine, dir, open } = world(context);
  const elsewhere = join(dir, "..", "shipped");
  mkdirSync(elsewhere, { recursive: true });
  for (const name of ["alert.ts", "push.ts"]) writeFileSync(join(elsewhere, name), "export function main() {}\n");
  mkdirSync(dir);
  cpSync(join(elsewhere, "push.ts"), join(dir, "push.mts"));
  const folder = await open({ also: [join(elsewhere, "alert.ts"), join(elsewhere, "push.ts")] });
  assert.deepEqual(
    engine.plugins.list().map(({ name }) => [name, engine.plugins.show(name)!.versions[0]!.files[0]!.path]),
    [
      ["alert", "alert.ts"],
      ["push", "push.mts"],
    ],
  );
  await assert.rejects(folder.remove("alert"), /is used by an adapter of the configuration/);
});

test("an upload with files that a look passes over is refused: it would be another plugin after a restart", async (context) => {
  const { engine, open } = world(context);
  const folder = await open();
  const main = { path: "main.js", content: Buffer.from('export const main = () => import("./node_modules/a.js");\n') };
  for (const path of ["node_modules/a.js", ".env", "lib/__pycache__/a.pyc", "lib/x.tmp"]) {
    const files = [main, { path, content: Buffer.from("export default 1;\n") }];
    await assert.rejects(folder.put("vendored", files), { code: "invalid", message: /is passed over among plugins/ });
  }
  assert.equal(engine.plugins.show("vendored"), undefined);
  const before = await folder.put("vendored", [main, { path: "vendor/a.js", content: Buffer.from("") }]);
  await folder.close();
  await open();
  assert.equal(engine.plugins.show("vendored")?.hash, before.hash);
});
