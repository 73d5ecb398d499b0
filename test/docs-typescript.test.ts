/**
 * The TypeScript in README and docs: every block compiles against the package's own doors, in strict mode. A block after
 * the comment `<!-- run -->` also runs and must end with exit code 0; a `text` block after `<!-- output -->` behind it is
 * what it prints. The word behind `ts` names the file, so that a later block of the same document can import it.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { node, oneChecker, tool } from "../scripts/tool.ts";
import { root, sourceFiles } from "./source-files.ts";

const execute = promisify(execFile);

interface Snippet {
  place: string;
  /** Relative to the folder of all snippets. */
  file: string;
  text: string;
  runs: boolean;
  output?: string;
}

const BLOCK = /^(<!-- run -->\n+)?```ts ?(\S*)\n([\s\S]*?)^```(?:\n+<!-- output -->\n+```text\n([\s\S]*?)^```)?/gm;

const snippets = sourceFiles("{README.md,docs/**/*.md}").flatMap(({ path, text }) =>
  [...text.matchAll(BLOCK)].map(({ index, 1: run, 2: name, 3: code, 4: output }): Snippet => {
    const line = text.slice(0, index).split("\n").length;
    const file = join(basename(path, ".md"), name || `line-${line}.ts`);
    const common = { place: `${path}:${line}`, file, text: code!, runs: run !== undefined };
    return output === undefined ? common : { ...common, output };
  }),
);

describe("TypeScript in the documents", () => {
  let folder: string;
  let problems: string;

  before(async () => {
    // Inside the repository, so that the package's own name leads to its source.
    mkdirSync(join(root, ".cache"), { recursive: true });
    folder = mkdtempSync(join(root, ".cache", "snippets-"));
    for (const { file, text } of snippets) {
      mkdirSync(join(folder, file, ".."), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const options = {
      extends: "../../tsconfig.json",
      include: ["."],
      exclude: [],
      compilerOptions: { noUnusedLocals: false },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
    problems = (await node([...tool("typescript", "tsc"), ...oneChecker, "-p", folder, "--pretty", "false"])).output;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is there", () => {
    assert.ok(snippets.some(({ place, runs }) => runs && place.startsWith("README.md:")));
  });

  for (const { place, file, runs, output } of snippets) {
    it(`${place} compiles${runs ? " and runs" : ""}`, async () => {
      const own = problems.split("\n").filter((line) => line.includes(`${file}(`));
      assert.deepEqual(own, []);
      if (!runs) return;
      const args = ["--conditions=octopus:source", join(folder, file)];
      const { stdout } = await execute(process.execPath, args, { cwd: folder, timeout: 60_000 });
      if (output !== undefined) assert.equal(stdout, output);
    });
  }

  it("has no problem outside its blocks", () => {
    const own = (line: string): boolean => snippets.some(({ file }) => line.includes(`${file}(`));
    assert.deepEqual(
      problems.split("\n").filter((line) => /error TS/.test(line) && !own(line)),
      [],
    );
  });
});
