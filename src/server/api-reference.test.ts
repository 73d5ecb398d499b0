// docs/reference/api.md is what the server describes. OCTOPUS_UPDATE_DOCS=1 writes it anew.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { renderApiReference } from "./api-reference.ts";
import { startHarness } from "./testing/harness.ts";

const FILE = new URL("../../docs/reference/api.md", import.meta.url);

test("the API reference is fresh", async () => {
  await using h = await startHarness();
  const fresh = renderApiReference((await h.ask("/openapi.json")).body);
  if (process.env["OCTOPUS_UPDATE_DOCS"] === "1") await writeFile(FILE, fresh);
  const hint =
    "docs/reference/api.md is stale; write it anew: OCTOPUS_UPDATE_DOCS=1 node --test src/server/api-reference.test.ts";
  assert.equal(await readFile(FILE, "utf8").catch(() => ""), fresh, hint);
});

test("every path of the description is served, and only to the methods it names", async () => {
  await using h = await startHarness();
  const { paths } = (await h.ask("/openapi.json")).body as { paths: Record<string, Record<string, unknown>> };
  assert.ok(Object.keys(paths).length > 15);
  for (const [path, operations] of Object.entries(paths)) {
    const { headers } = await h.ask(path.replaceAll(/\{\w+\}/g, "x"), { method: "OPTIONS" });
    const served = headers
      .get("allow")
      ?.split(", ")
      .filter((method) => method !== "HEAD" && method !== "OPTIONS");
    const described = Object.keys(operations).map((method) => method.toUpperCase());
    for (const method of described)
      assert.ok(served?.includes(method), `${method} ${path} is described and not served`);
  }
});
