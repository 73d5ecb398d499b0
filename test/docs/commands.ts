/**
 * The commands that README and docs tell people to type, typed. A fenced `sh` block after the comment `<!-- run -->` runs
 * in a folder of its share, with `octopus` on the PATH and a server at OCTOPUS_SERVER_URL; it must end with exit code 0. A
 * fenced `text` block after `<!-- output -->` behind it is what it prints.
 *
 * DC1  Each document is in exactly one share, whose documents run one after the other; a share has a file of its own, so
 *      that several run at a time.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { freePort, ready } from "../server-process.ts";
import { root, sourceFiles } from "../source-files.ts";

const execute = promisify(execFile);

/** Only a block that hangs takes this long, also where other work keeps the machine busy. */
const SNIPPET_MS_MAX = 120_000;

/** Which documents are in which share, so that each takes about as long as the others. */
const SHARES = {
  readme: /^(README|examples\/|docs\/guide\/[s-z])/,
  first: /^docs\/guide\/[a-l]/,
  second: /^docs\/guide\/[m-r]/,
  operating: /^docs\/(?!guide\/)/,
};

interface Snippet {
  path: string;
  place: string;
  script: string;
  output?: string;
}

const snippets = sourceFiles("{README.md,docs/**/*.md,examples/**/README.md}").flatMap(({ path, text }) =>
  [...text.matchAll(/^<!-- run -->\n+```sh\n([\s\S]*?)^```(?:\n+<!-- output -->\n+```text\n([\s\S]*?)^```)?/gm)].map(
    ({ index, 1: script, 2: output }): Snippet => {
      const place = `${path}:${text.slice(0, index).split("\n").length}`;
      return { path, place, script: script!, ...(output !== undefined && { output }) };
    },
  ),
);

/** The package as users have it where there is one, which also begins in less time; else the source. */
export function program(): string {
  const installed = process.env["OCTOPUS_E2E_BIN"];
  const words =
    installed === undefined ? ["--conditions=octopus:source", join(root, "src", "cli", "main.ts")] : [installed];
  return [process.execPath, ...words].map((word) => `"${word}"`).join(" ");
}

/** The tests of one share. */
export function documentsOf(share: keyof typeof SHARES): void {
  describe(`commands in the documents: ${share}`, () => {
    const desk = new Desk();
    before(() => desk.open());
    after(() => desk.close());

    it("has some, which no other share has", () => {
      const own = snippets.filter(({ path }) => SHARES[share].test(path));
      for (const documents of [own, snippets.filter(({ path }) => path === "README.md")])
        assert.ok(documents.length > 0, "mark at least one sh block with <!-- run -->, also in README.md");
      const sharesOf = (path: string): string[] =>
        Object.entries(SHARES).flatMap(([name, paths]) => (paths.test(path) ? [name] : []));
      for (const { place, path } of snippets) assert.equal(sharesOf(path).length, 1, place);
    });

    for (const { path, place, script, output } of snippets)
      if (SHARES[share].test(path))
        it(place, async () => {
          const stdout = await desk.type(script);
          if (output !== undefined) assert.equal(stdout, output);
        });
  });
}

/** A folder with the program on the PATH, and a server in it. */
class Desk {
  readonly #folder = mkdtempSync(join(tmpdir(), "octopus-docs-"));
  #env: NodeJS.ProcessEnv = {};
  #server: ChildProcess | undefined;

  async open(): Promise<void> {
    const bin = join(this.#folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "octopus"), `#!/bin/sh\nexec ${program()} "$@"\n`, { mode: 0o755 });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const path = `${bin}${delimiter}${process.env.PATH}`;
    this.#env = { ...process.env, PATH: path, OCTOPUS_SERVER_URL: url, NO_COLOR: "1" };
    this.#server = spawn(join(bin, "octopus"), ["up", "--port", String(port), "--no-demo"], {
      cwd: this.#folder,
      env: this.#env,
      stdio: "ignore",
    });
    await ready(url, this.#server);
  }

  /** What it prints. */
  async type(script: string): Promise<string> {
    const options = { cwd: this.#folder, env: this.#env, timeout: SNIPPET_MS_MAX };
    const { stdout } = await execute("sh", ["-eu", "-c", script], options);
    return stdout;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      server.kill("SIGTERM");
      await once(server, "exit");
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
