/** Installs for real, in small repositories that depend on a folder beside them, so that no registry is needed. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { root } from "./tool.ts";

describe("a first start", () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-install-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  function repository(name: string): string {
    const path = join(folder, name);
    mkdirSync(join(path, "near"), { recursive: true });
    writeFileSync(join(path, "near", "package.json"), '{"name":"near","version":"1.0.0"}');
    writeFileSync(join(path, "package.json"), '{"name":"small","version":"1.0.0","dependencies":{"near":"file:near"}}');
    execFileSync("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund"], { cwd: path, stdio: "ignore" });
    for (const file of ["install.mjs", "launch.mjs", "run.mjs"]) {
      cpSync(join(root, "scripts", file), join(path, "scripts", file));
    }
    writeFileSync(join(path, "hello.ts"), 'const text: string = "hello"; console.log(text);');
    return path;
  }

  async function start(path: string): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [join(path, "scripts", "run.mjs"), "hello.ts"]);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = (await once(child, "close")) as [number];
    return { code, stdout, stderr };
  }

  it("installs once, however many start at the same time, and never again", async () => {
    const path = repository("three");
    const starts = await Promise.all([start(path), start(path), start(path)]);
    for (const { code, stdout } of starts) assert.deepEqual({ code, stdout }, { code: 0, stdout: "hello\n" });
    assert.equal(starts.filter(({ stderr }) => stderr.includes("Installing dependencies")).length, 1);
    assert.deepEqual(await start(path), { code: 0, stdout: "hello\n", stderr: "" });
  });

  it("takes over the lock of a process that died while it installed", async () => {
    const path = repository("stale");
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "close");
    mkdirSync(join(path, ".cache"));
    writeFileSync(join(path, ".cache", "install.lock"), String(dead.pid));
    const { code, stderr } = await start(path);
    assert.equal(code, 0, stderr);
    assert.ok(!existsSync(join(path, ".cache", "install.lock")));
  });

  it("shows what npm said when it fails", async () => {
    const path = repository("broken");
    const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as { dependencies: object };
    manifest.dependencies = { near: "file:near", far: "file:far" };
    writeFileSync(join(path, "package.json"), JSON.stringify(manifest));
    const { code, stdout, stderr } = await start(path);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /npm ci .* failed \(exit code 1\)[\s\S]*Missing: .*far[\s\S]*then start again/);
  });
});
