/**
 * The guide as a person would try it: every piece of YAML in docs/guide/workflows.md runs to its end, embedded, in a folder with
 * the scripts and functions that it names, and with https://example.org on this machine. Behind the word `yaml` stands what the
 * block is run with: `ends=STATE`, `file=NAME` for one that others name, `-p name=value`,
 * `needs=…` for what takes more than this machine (it compiles: src/workflow/docs.test.ts). A block `outputs` behind it is what the run
 * leaves. What is refused or warned of is compared by src/workflow/docs.test.ts.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Octopus } from "../../src/mod.ts";
import { parseParams } from "../../src/workflow/params.ts";
import { decide } from "./example-worlds.ts";

const RUN_MS_MAX = 60_000;

const guide = readFileSync(join(import.meta.dirname, "..", "..", "docs", "guide", "workflows.md"), "utf8");
const blocks = [...guide.matchAll(/^```(\w+)(.*)\n([\s\S]*?)^```$/gm)].map(
  ({ index, 1: language, 2: about, 3: text }) => ({
    language: language!,
    about: about!,
    text: text!,
    line: guide.slice(0, index).split("\n").length,
  }),
);
const files = Object.fromEntries(
  blocks.flatMap(({ about, text }) => {
    const name = /file=(\S+)/.exec(about)?.[1];
    return name === undefined ? [] : [[name, text]];
  }),
);

const folder = mkdtempSync(join(tmpdir(), "octopus-guide-"));
const server = createServer((_, response) => {
  response.writeHead(200, { "content-type": "application/json" }).end('{"items": [1, 2]}');
});

before(async () => {
  for (const [script] of guide.matchAll(/(?<=\.\/)[\w-]+\.sh\b/g))
    writeFileSync(join(folder, script), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  mkdirSync(join(folder, "tests"), { recursive: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Every function that the guide calls. */
const functions = Object.fromEntries(
  [...guide.matchAll(/\bcall: (\w+)/g)].map(([, name]) => [name!, () => ({ removed: 12 })]),
);

for (const [index, { language, about, text, line }] of blocks.entries()) {
  if (language !== "yaml" || /\b(file|needs)=/.test(about) || blocks[index + 1]?.language === "refused") continue;
  const state = /ends=(\w+)/.exec(about)?.[1] ?? "succeeded";
  test(`docs/guide/workflows.md:${line} ends as ${state}`, async () => {
    const { port } = server.address() as AddressInfo;
    const here = text.replaceAll("https://example.org", `http://127.0.0.1:${port}`);
    await using octopus = await Octopus.open({ dataDir: ":memory:", functions });
    const params = parseParams(about.split(" -p ").slice(1));
    const handle = await octopus.run(here, { cwd: folder, files, params, source: "workflow.yaml" });
    // A person who agrees to everything, one question after the other.
    for (const _ of here.matchAll(/^ +approval:/gm)) await decide(octopus, handle.id, true);
    const run = await handle.wait(RUN_MS_MAX);
    const why = run.tasks.map(({ name, state, error, reason }) => ({ name, state, why: error?.message ?? reason }));
    assert.equal(run.state, state, JSON.stringify(why, undefined, 1));
    const next = blocks[index + 1];
    if (next?.language === "outputs") assert.deepEqual(run.result, JSON.parse(next.text));
  });
}
