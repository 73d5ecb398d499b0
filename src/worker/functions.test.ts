import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { FunctionRegistry } from "./functions.ts";

const dir = mkdtempSync(join(tmpdir(), "octopus-functions-"));
after(() => rmSync(dir, { recursive: true }));

test("the exported functions of a module have their export names; a module named twice counts once", async () => {
  const path = join(dir, "one.mjs");
  writeFileSync(
    path,
    "export const limit = 3; export function greet() {} export const wave = () => {}; export default () => {};",
  );
  const registry = new FunctionRegistry();
  await registry.load(path);
  await registry.load(relative(process.cwd(), path));
  assert.deepEqual(registry.names().toSorted(), ["greet", "wave"]);
});

test("two modules with a function of one name are refused, and so is a module that is not there or has none", async () => {
  const [one, two, none] = ["a.mjs", "b.mjs", "c.mjs"].map((name) => join(dir, name)) as [string, string, string];
  for (const path of [one, two]) writeFileSync(path, "export function greet() {}");
  writeFileSync(none, "export const limit = 3;");
  const registry = new FunctionRegistry();
  await registry.load(one);
  await assert.rejects(registry.load(two), { code: "conflict", message: /two functions are named greet/ });
  await assert.rejects(registry.load(none), { code: "invalid", message: /exports no function/ });
  await assert.rejects(registry.load(join(dir, "absent.mjs")), {
    code: "invalid",
    message: /could not load the functions module .*absent\.mjs/,
  });
});
