import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Octopus } from "../mod.ts";

test("what is written to a removed database is acknowledged to nobody, and can still be read", async () => {
  const dir = mkdtempSync(join(tmpdir(), "octopus-removed-"));
  const octopus = await Octopus.open({ dataDir: dir, functions: { noop: () => null } });
  const kept = await octopus.submit({ id: "kept", call: "noop" });
  await kept.wait();
  rmSync(dir, { recursive: true });
  await assert.rejects(octopus.submit({ call: "noop" }), {
    code: "storage_failed",
    message: /was removed or replaced/,
  });
  assert.equal(octopus.task("kept")?.state, "succeeded");
  await octopus.close();
});
