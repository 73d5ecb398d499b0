/** The commands of docs/guide/containers.md, typed, with a container engine. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { Place } from "../integration/place.ts";
import { root } from "../source-files.ts";
import { IMAGE, TestEngine, withoutEngine } from "./engine.ts";
import { SUITE_MS_MAX } from "../machine.ts";

const execute = promisify(execFile);
const text = readFileSync(join(root, "docs/guide/containers.md"), "utf8");
const MARK = "<!-- run with a container engine -->";
const snippets = [
  ...text.matchAll(
    new RegExp(
      `^${MARK}\\n+\`\`\`sh\\n([\\s\\S]*?)^\`\`\`\\n+<!-- output -->\\n+\`\`\`text\\n([\\s\\S]*?)^\`\`\``,
      "gm",
    ),
  ),
];

describe("docs/guide/containers.md", { skip: withoutEngine() ?? false, timeout: SUITE_MS_MAX }, () => {
  const place = new Place();
  const bin = join(place.dir, "bin");
  let engine: TestEngine;

  before(async () => {
    engine = await TestEngine.start();
    await engine.client.call("POST", `/images/${IMAGE}/tag`, { query: { repo: "busybox", tag: "1.36" } });
    mkdirSync(bin);
    const main = join(root, "src", "cli", "main.ts");
    const octopus = `#!/bin/sh\nexec "${process.execPath}" --conditions=octopus:source "${main}" "$@"\n`;
    writeFileSync(join(bin, "octopus"), octopus, { mode: 0o755 });
    await place.serve("up", ["--docker", "on"], { OCTOPUS_WORKER_DOCKER_HOST: engine.host });
  });
  after(async () => {
    await place.close();
    await engine?.stop();
  });

  for (const [index, [, script, output]] of snippets.entries()) {
    it(`its command number ${index + 1} prints what it says`, async () => {
      const PATH = `${bin}${delimiter}${process.env["PATH"]}`;
      const env = { ...process.env, PATH, OCTOPUS_SERVER_URL: place.url, NO_COLOR: "1" };
      const { stdout } = await execute("/bin/sh", ["-ec", script!], { cwd: place.dir, env, timeout: 60_000 });
      assert.equal(stdout, output);
    });
  }

  it("has commands that are run", () => assert.ok(snippets.length >= 2));
});
