/**
 * The commands that README and docs tell people to type, typed. A fenced `sh` block after the comment `<!-- run -->` runs
 * in a folder of its own, with `octopus` on the PATH and a server at OCTOPUS_SERVER_URL; it must end with exit code 0. A
 * fenced `text` block after `<!-- output -->` behind it is what it prints.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { freePort, ready } from "./server-process.ts";
import { root, sourceFiles } from "./source-files.ts";

const execute = promisify(execFile);

interface Snippet {
  place: string;
  script: string;
  output?: string;
}

const snippets = sourceFiles("{README.md,docs/**/*.md,examples/**/README.md}").flatMap(({ path, text }) =>
  [...text.matchAll(/^<!-- run -->\n+```sh\n([\s\S]*?)^```(?:\n+<!-- output -->\n+```text\n([\s\S]*?)^```)?/gm)].map(
    ({ index, 1: script, 2: output }): Snippet => {
      const place = `${path}:${text.slice(0, index).split("\n").length}`;
      return { place, script: script!, ...(output !== undefined && { output }) };
    },
  ),
);

describe("commands in the documents", () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-docs-"));
  const main = join(root, "src", "cli", "main.ts");
  const bin = join(folder, "bin");
  let env: NodeJS.ProcessEnv;
  let server: ChildProcess;

  before(async () => {
    mkdirSync(bin);
    const octopus = `#!/bin/sh\nexec "${process.execPath}" --conditions=octopus:source "${main}" "$@"\n`;
    writeFileSync(join(bin, "octopus"), octopus, { mode: 0o755 });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, OCTOPUS_SERVER_URL: url, NO_COLOR: "1" };
    server = spawn(join(bin, "octopus"), ["up", "--port", String(port), "--no-demo"], {
      cwd: folder,
      env,
      stdio: "ignore",
    });
    await ready(url, server);
  });

  after(async () => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill("SIGTERM");
      await once(server, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it("the README has some", () => {
    assert.ok(
      snippets.some(({ place }) => place.startsWith("README.md:")),
      "mark at least one sh block of README.md with <!-- run -->",
    );
  });

  for (const { place, script, output } of snippets) {
    it(place, async () => {
      const { stdout } = await execute("sh", ["-eu", "-c", script], { cwd: folder, env, timeout: 60_000 });
      if (output !== undefined) assert.equal(stdout, output);
    });
  }
});
