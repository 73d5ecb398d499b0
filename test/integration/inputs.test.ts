/**
 * Files that go from task to task through real processes: a server, a worker that fetches them over HTTP, commands and functions
 * that read them, and a file that is gone when it is asked for.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { connect } from "../../src/client/mod.ts";
import { freePort, ready } from "../server-process.ts";

const execute = promisify(execFile);
const main = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const folder = mkdtempSync(join(tmpdir(), "octopus-inputs-"));
const skip = process.platform === "win32";
let url = "";
let server: ChildProcess | undefined;

const WORKFLOW = `
tasks:
  pack:
    each: [a, b]
    shell: |
      mkdir "$OCTOPUS_ARTIFACTS/deep"
      echo "of $OCTOPUS_ITEM" > "$OCTOPUS_ARTIFACTS/deep/text.txt"
      head -c 300000 /dev/urandom > "$OCTOPUS_ARTIFACTS/large.bin"
      echo "sum=$(cksum < "$OCTOPUS_ARTIFACTS/large.bin")" >> "$OCTOPUS_OUTPUT"
  read:
    needs: pack
    artifacts: pack
    env: { SUM: "\${{ tasks.pack.outputs[1].sum }}" }
    shell: |
      cd "$OCTOPUS_INPUTS"
      test "$(cksum < pack/1/large.bin)" = "$SUM"
      cat pack/0/deep/text.txt pack/1/deep/text.txt
      echo "place=$OCTOPUS_INPUTS" >> "$OCTOPUS_OUTPUT"
      chmod 500 pack/0/deep
  call:
    needs: pack
    artifacts: { from: pack, path: "**/*.txt", to: texts }
    call: list
outputs:
  place: \${{ tasks.read.outputs.place }}
  listed: \${{ tasks.call.result }}
`;

const FUNCTIONS = `
import { readdirSync } from "node:fs";
export function list(_, { inputs }) {
  return readdirSync(inputs, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).map((e) => e.name);
}
`;

before(async () => {
  if (skip) return;
  writeFileSync(join(folder, "functions.mjs"), FUNCTIONS);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const words = [
    "up",
    "--port",
    String(port),
    "--no-demo",
    "--data",
    join(folder, "data"),
    "--functions",
    "functions.mjs",
  ];
  server = spawn(process.execPath, [main, ...words], { cwd: folder, stdio: "ignore" });
  await ready(url, server);
});
after(async () => {
  if (server !== undefined && server.exitCode === null) {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

async function runFile(text: string): Promise<{
  state: string;
  result?: Record<string, unknown>;
  tasks: { name: string; state: string; error?: { message: string } }[];
}> {
  writeFileSync(join(folder, "workflow.yaml"), text);
  const ended = await execute(process.execPath, [main, "run", "workflow.yaml", "--server", url, "-o", "json"], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error);
  return JSON.parse(ended.stdout);
}

test(
  "files of members reach a command and a function over HTTP, whole, and go with the attempt",
  { skip },
  async () => {
    const run = await runFile(WORKFLOW);
    assert.equal(run.state, "succeeded", JSON.stringify(run.tasks));
    assert.deepEqual(run.result!["listed"], ["text.txt", "text.txt"]);
    const place = run.result!["place"] as string;
    assert.ok(place.startsWith(join(folder, "data")), place);
    assert.equal(existsSync(join(place, "pack", "1")), false);
    const left = readdirSync(join(folder, "data", "attempts", "inputs"));
    assert.ok(left.length <= 1, `nothing but what a task made undeletable stays: ${left.join(" ")}`);
  },
);

test("a task whose files are gone fails with words", { skip }, async () => {
  const client = connect(url);
  const text = WORKFLOW.replace(
    "  read:\n    needs: pack\n",
    "  ask: { needs: pack, approval: now }\n  read:\n    needs: [pack, ask]\n",
  );
  writeFileSync(join(folder, "gone.yaml"), text);
  const submit = [main, "run", "gone.yaml", "--server", url, "--detach", "-o", "quiet"];
  const id = (await execute(process.execPath, submit, { cwd: folder })).stdout.trim();
  const waits = async (): Promise<boolean> =>
    (await client.run(id)).tasks.some(({ name, approval }) => name === "ask" && approval?.state === "waiting");
  while (!(await waits())) await new Promise((resolve) => setImmediate(resolve));
  // Somebody clears the folder of files by hand.
  rmSync(join(folder, "data", "artifacts"), { recursive: true });
  await execute(process.execPath, [main, "approve", `${id}/ask`, "--server", url]);
  const ended = await client.waitRun(id);
  const read = ended.tasks.find(({ name }) => name === "read")!;
  assert.equal(read.state, "failed");
  assert.match(read.error?.message ?? read.reason ?? "", /is not kept any more|could not be laid|is gone/);
  client.close();
});
