/** The source joined is the source: the same modules, each once, in their own places, and failures are told by them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { joinSource } from "./joined-source.ts";
import { inSource } from "./source-places.ts";
import { root } from "./tool.ts";

const source = (path: string): string => JSON.stringify(pathToFileURL(join(root, path)).href);

/** What is imported twice is there once; the program's own version stands in a file beside the source. */
const PROGRAM = `
import * as one from ${source("src/protocol/mod.ts")};
import { assert } from ${source("src/base/assert.ts")};
import { ownVersion as version } from ${source("src/root/version.ts")};
import { OctopusError } from ${source("src/base/errors.ts")};
const two = await import(${source("src/protocol/mod.ts")});
const node = await import(${source("src/root/running.ts")});
console.log(JSON.stringify({ isOnce: one === two, version: version(), error: OctopusError.name, node: typeof node }));
assert(false, "seen by the test");
`;

test("the source joined is the same source, and a failure names places in it", async () => {
  const options = await joinSource();
  assert.equal(await joinSource(), options);
  const folder = mkdtempSync(join(tmpdir(), "octopus-joined-"));
  try {
    const program = join(folder, "program.mjs");
    writeFileSync(program, PROGRAM);
    const env = { ...process.env, NODE_OPTIONS: options };
    const failed = await promisify(execFile)(process.execPath, [program], { env }).then(
      () => assert.fail("its last line fails"),
      (error: { stdout: string; stderr: string }) => error,
    );
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    assert.notEqual(failed.stdout, "", failed.stderr);
    assert.deepEqual(JSON.parse(failed.stdout), { isOnce: true, version, error: "OctopusError", node: "object" });
    assert.match(failed.stderr, /octopus-joined/);
    const [, line] = /\(?src\/base\/assert\.ts:(\d+):\d+/.exec(inSource(failed.stderr)) ?? [];
    const text = readFileSync(join(root, "src/base/assert.ts"), "utf8").split("\n")[Number(line) - 1];
    assert.match(text ?? "", /throw/, inSource(failed.stderr));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
