/** The beginnings in JavaScript and TypeScript do what they say; that in Python runs in test/integration. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { readPlugin } from "../../plugins/read-plugin.ts";
import { TEMPLATES } from "./templates.ts";

test("each can be published, and greets whom it is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-templates-"));
  try {
    for (const [extension, text] of Object.entries(TEMPLATES)) {
      const { manifest, actions } = await readPlugin("x", [{ path: `x${extension}`, content: Buffer.from(text) }]);
      assert.deepEqual([manifest?.description, actions], ["Says hello.", ["main"]], extension);
      if (extension === ".py") continue;
      const file = join(folder, `x${extension === ".js" ? ".mjs" : extension}`);
      writeFileSync(file, text);
      const { main } = (await import(pathToFileURL(file).href)) as { main(...given: unknown[]): { message: string } };
      const said = [main({}), main("Ann", {}), main({ name: "Bo" }, {})].map(({ message }) => message);
      assert.deepEqual(said, ["Hello, world!", "Hello, Ann!", "Hello, Bo!"], extension);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
