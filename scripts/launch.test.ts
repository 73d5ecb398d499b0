import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { root } from "./tool.ts";

describe("scripts/run.mjs", () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-launch-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts a program of these lines by run.mjs, with no terminal anywhere. */
  function start(code: string, ...args: string[]): { child: ChildProcess; output: () => string } {
    const file = join(folder, `${process.hrtime.bigint()}.ts`);
    writeFileSync(file, code);
    const child = spawn(process.execPath, [join(root, "scripts", "run.mjs"), file, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    return { child, output: () => output };
  }

  it("passes on arguments and the exit code", async () => {
    const { child, output } = start(
      "const [, , a]: string[] = process.argv; console.log(a); process.exitCode = 7;",
      "a b",
    );
    assert.deepEqual(await once(child, "close"), [7, null]);
    assert.equal(output(), "a b\n");
  });

  it("ends by the signal that ended the program", async () => {
    const { child } = start('process.kill(process.pid, "SIGKILL");');
    assert.deepEqual(await once(child, "close"), [null, "SIGKILL"]);
  });

  it("passes on TERM and waits for the program to end in its own time", async () => {
    const { child, output } = start(
      'process.once("SIGTERM", () => setTimeout(() => { console.log("done"); process.exit(3); }, 100));' +
        'setInterval(() => {}, 1000); console.log("ready");',
    );
    await once(child.stdout!, "data");
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "close"), [3, null]);
    assert.equal(output(), "ready\ndone\n");
  });

  it("tells the program of one INT when npm and its own caller tell it twice", async () => {
    const { child, output } = start(
      'process.on("SIGINT", () => console.log("INT")); process.on("SIGTERM", () => process.exit(0));' +
        'setInterval(() => {}, 1000); console.log("ready");',
    );
    await once(child.stdout!, "data");
    child.kill("SIGINT");
    await once(child.stdout!, "data");
    child.kill("SIGINT");
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "close"), [0, null]);
    assert.equal(output(), "ready\nINT\n");
  });
});
