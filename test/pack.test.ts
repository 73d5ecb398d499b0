/**
 * What users get: the package as `npm pack` makes it, installed in an empty folder and run by the oldest and the newest
 * Node that it supports. Only this finds a file that the package lacks, and TypeScript that Node would refuse there.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { markedProcesses } from "../scripts/leftovers.ts";
import { npm, type Packed, packedPackage } from "../scripts/packed.ts";
import { node, tool } from "../scripts/tool.ts";
import { freePort, ready } from "./server-process.ts";
import { loadedBy } from "./loaded-modules.ts";
import { root } from "./source-files.ts";

const execute = promisify(execFile);
const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  exports: Record<string, unknown>;
};

describe("the package", () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-packed-"));
  let packed: Packed;
  let home: string;
  let bin: string;

  before(async () => {
    packed = await packedPackage();
    ({ home, bin } = packed);
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
    packed.remove();
  });

  it("holds no TypeScript but declarations, and no tests", async () => {
    const { stdout } = await execute("find", [join(home, "node_modules", name, "dist"), "-type", "f"]);
    const files = stdout.trim().split("\n");
    assert.deepEqual(
      files.filter((file) => (file.endsWith(".ts") && !file.endsWith(".d.ts")) || file.includes(".test.")),
      [],
    );
  });

  it("holds the dashboard, each file of it also packed for the way", () => {
    const assets = join(home, "node_modules", name, "dist", "web", "assets");
    const files = readdirSync(assets);
    const plain = files.filter((file) => /\.(js|css)$/.test(file) && statSync(join(assets, file)).size > 2048);
    assert.ok(plain.length > 5, `${plain.length} files`);
    for (const file of plain)
      for (const ending of [".br", ".gz"]) assert.ok(files.includes(file + ending), `${file}${ending} is missing`);
  });

  it("loads few files for a short command, none of another package, and all of them for a longer one, too", () => {
    const dist = join(home, "node_modules", name, "dist");
    for (const words of [["--version"], ["ls"], ["top", "--once"]]) {
      const env = { ...process.env, OCTOPUS_SERVER_URL: "http://127.0.0.1:9" };
      const loaded = loadedBy([bin, ...words], { env, cwd: folder }).map((file) => relative(dist, file));
      assert.ok(loaded.includes(join("cli", "joined.js")) && loaded.length <= 16, loaded.join("\n"));
      assert.deepEqual(
        loaded.filter((file) => file.startsWith("..")),
        [],
      );
    }
  });

  it("has types for a TypeScript program at each of its doors", async () => {
    const doors = Object.keys(exports).filter((door) => !door.endsWith(".json"));
    const imports = doors.map((door, i) => `export * as door${i} from "${name}${door.slice(1)}";`);
    // `any` would make this assignment right: it must not be.
    const wrong = "// @ts-expect-error: the doors have types\nexport const wrong: number = door0;";
    writeFileSync(join(home, "user.mts"), `${imports.join("\n")}\nimport * as door0 from "${name}";\n${wrong}\n`);
    const options = ["--noEmit", "--module", "nodenext", "--target", "esnext", "--strict", "--types", "node"];
    const typeRoots = join(root, "node_modules", "@types");
    const { output } = await node([
      ...tool("typescript", "tsc"),
      ...options,
      "--typeRoots",
      typeRoots,
      join(home, "user.mts"),
    ]);
    assert.deepEqual(
      output.split("\n").filter((line) => line.includes("user.mts") || line.includes(`${name}/dist`)),
      [],
    );
  });

  it("runs on Node 26", async () => {
    await upSubmitStop(process.execPath, bin, join(folder, "data-26"));
  });

  it("runs on Node 24", async () => {
    const old = join(folder, "node24");
    mkdirSync(old);
    writeFileSync(join(old, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }));
    await npm(old, "install", "node@24");
    const oldNode = join(old, "node_modules", "node", "bin", "node");
    assert.match((await execute(oldNode, ["--version"])).stdout, /^v24\./);
    await upSubmitStop(oldNode, bin, join(folder, "data-24"));
  });
});

/** The programs that run them are files of the package in three languages. */
const PLUGINS = {
  "packed_python.py": "import octopus\ndef main(n):\n    octopus.log('called')\n    return n + 22\n",
  "packed_typescript.ts": "export const main = (n: number): number => n + 22;\n",
};

/** The life of a server: up, its example run, one task and a plugin of each language that succeed, stopped by TERM, nothing left. */
async function upSubmitStop(program: string, bin: string, data: string): Promise<void> {
  const mark = `${process.pid}-${data.slice(-2)}`;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...process.env, PACK_TEST_MARK: mark, OCTOPUS_SERVER_URL: url };
  const server = spawn(program, [bin, "up", "--port", String(port), "--data", data], {
    env,
    cwd: tmpdir(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(server, "exit");
  let output = "";
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  try {
    await ready(url, server).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${output}`);
    });
    const page = await fetch(`${url}/`, { headers: { accept: "text/html" } });
    assert.equal(page.url, `${url}/ui/`);
    assert.match(await page.text(), /<div id="root">/);
    // The example runs by itself, as r1: its functions and its data are in the package.
    const example = await execute(program, [bin, "wait", "r1", "--timeout", "60s", "-o", "json"], { env }).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${output}`);
      },
    );
    assert.match(example.stdout, /"state": *"succeeded"/);
    const { stdout } = await execute(program, [bin, "submit", "--wait", "-o", "json", "--", "echo", "hi"], { env });
    assert.match(stdout, /"state": *"succeeded"/);
    for (const [file, text] of Object.entries(PLUGINS)) {
      const path = join(data, file);
      writeFileSync(path, text);
      await execute(program, [bin, "plugins", "add", path], { env });
      const plugin = file.replace(/\..*/, "");
      const call = ["submit", "--wait", "-o", "json", "--plugin", plugin, "--arg", "20"];
      assert.match((await execute(program, [bin, ...call], { env })).stdout, /"result": *42/, output);
    }
    server.kill("SIGTERM");
    const [code] = (await ended) as [number | null];
    assert.equal(code, 0, output);
    assert.deepEqual(markedProcesses(`PACK_TEST_MARK=${mark}`), []);
  } finally {
    server.kill("SIGKILL");
  }
}
