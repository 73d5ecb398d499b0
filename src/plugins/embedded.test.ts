/** Plugins in a program that embeds Octopus: a folder in its options. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Octopus } from "../mod.ts";
import { SUITE_MS_MAX } from "../../test/machine.ts";

const folder = mkdtempSync(join(tmpdir(), "octopus-embedded-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("a program names its folder of plugins, and calls what lies there", { timeout: SUITE_MS_MAX }, async () => {
  const plugins = join(folder, "plugins");
  await using octopus = await Octopus.open({ dataDir: ":memory:", plugins });
  assert.ok(existsSync(plugins));
  writeFileSync(join(plugins, "sum.ts"), "export function main(a: number, b: number): number { return a + b; }\n");
  while (octopus.engine.plugins.show("sum") === undefined)
    await new Promise<void>((resolve) => void setTimeout(resolve, 20));
  const task = await octopus.submit({ plugin: { name: "sum", args: [2, 3] } });
  assert.equal(await task.result(30_000), 5);
});

test("a folder that cannot be made is told with what to do", async () => {
  writeFileSync(join(folder, "file"), "");
  const plugins = join(folder, "file", "plugins");
  await assert.rejects(Octopus.open({ dataDir: ":memory:", plugins }), {
    code: "storage_failed",
    message: /could not make the folder of plugins .* \(plugins.dir names another place\)/,
  });
});
