/** What short commands load, so that they stay short: no library that validates or parses, and nothing of the server. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { quickStart } from "../../scripts/tool.ts";
import { loadedBy } from "../../test/loaded-modules.ts";

const source = dirname(import.meta.dirname);
const { NODE_COMPILE_CACHE } = quickStart;
// The source as it is, module by module, also where tests run it joined.
const env = { NODE_COMPILE_CACHE, PATH: process.env["PATH"], OCTOPUS_SERVER_URL: "http://127.0.0.1:9" };

function loaded(...words: string[]): string[] {
  return loadedBy([join(import.meta.dirname, "main.ts"), ...words], { env, cwd: tmpdir() }).map((file) =>
    relative(source, file),
  );
}

/** Files that are neither of these layers nor of the parser of words. */
function strangers(files: readonly string[], layers: readonly string[]): string[] {
  const own = ["worker/compile-cache.ts", "root/version.ts"];
  return files.filter(
    (file) => !layers.includes(file.split("/")[0]!) && !own.includes(file) && !file.includes("node_modules/commander/"),
  );
}

const WORDS = ["base", "cli", "view"];
const ASKING = [...WORDS, "client", "trust", "config", "policy"];

test("what needs no server loads no client and no settings", () => {
  for (const word of ["--version", "--help", "help"]) assert.deepEqual(strangers(loaded(word), WORDS), [], word);
});

test("what asks a server loads nothing of it, nor zod, nor yaml", () => {
  for (const words of [["ls"], ["status"], ["show", "t1"], ["cancel", "t1"], ["events"]]) {
    const files = loaded(...words);
    assert.ok(files.includes(join("client", "client.ts")), words.join(" "));
    assert.deepEqual(strangers(files, ASKING), [], words.join(" "));
  }
});

test("the dashboard in the terminal loads its screens in addition, and Ink only where there is a terminal", () => {
  const files = loaded("top", "--once");
  assert.ok(files.includes(join("tui", "plain.ts")));
  assert.deepEqual(strangers(files, [...ASKING, "tui"]), []);
});

test("a server loads nothing of a worker, nor the doors for programs: it holds what it has loaded for as long as it runs", () => {
  const files = loaded("server", "--data", join(import.meta.filename, "data"));
  assert.ok(files.includes(join("store", "store.ts")), "it comes as far as its database");
  const unwanted = files.filter((file) => /^(?:worker|sdk)\b|^octopus\.ts/.test(file.replaceAll("\\", "/")));
  assert.deepEqual(
    unwanted,
    ["worker/compile-cache.ts", "worker/give-back.ts"].map((file) => join(file)),
  );
});
