import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cacheFolderOf } from "./compile-cache.ts";

const own = mkdtempSync(join(tmpdir(), "octopus-cache-"));
test.after(() => rmSync(own, { recursive: true }));

test("what is compiled lies in the user's own folder, or nowhere", () => {
  assert.equal(cacheFolderOf({ HOME: own }, "linux"), join(own, ".cache"));
  assert.equal(cacheFolderOf({ HOME: own }, "darwin"), join(own, "Library", "Caches"));
  assert.equal(cacheFolderOf({ HOME: "/", XDG_CACHE_HOME: own }, "linux"), own);
  assert.equal(cacheFolderOf({ LOCALAPPDATA: "C:\\Users\\me" }, "win32"), "C:\\Users\\me");
  for (const env of [
    {},
    { HOME: "" },
    { HOME: "/nonexistent" },
    { HOME: "x" },
    { HOME: own, XDG_CACHE_HOME: "/nowhere" },
    { HOME: own, XDG_CACHE_HOME: join(import.meta.filename, "not-a-folder") },
  ])
    assert.equal(cacheFolderOf(env, "linux"), undefined, JSON.stringify(env));
});

test("it is made with the first start, and a folder that cannot be written is no trouble", () => {
  const start = (home: string): string => {
    const code = `import { keepCompiled } from ${JSON.stringify(join(import.meta.dirname, "compile-cache.ts"))};
      keepCompiled(); console.log((await import("node:module")).getCompileCacheDir() ?? "none")`;
    const { PATH } = process.env;
    const args = ["--input-type=module", "--eval", code];
    return execFileSync(process.execPath, args, { env: { PATH, HOME: home }, encoding: "utf8" }).trim();
  };
  const kept = start(own);
  assert.ok(kept.startsWith(join(own, ".cache", "octopus", "node")) && existsSync(kept), kept);
  assert.equal(start("/nonexistent"), "none");
  if (process.getuid?.() === 0) return;
  rmSync(join(own, ".cache"), { recursive: true, force: true });
  chmodSync(own, 0o500);
  const none = start(own);
  chmodSync(own, 0o700);
  assert.equal(none, "none");
});
