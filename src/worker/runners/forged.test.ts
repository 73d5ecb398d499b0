// A plugin that writes to its worker's connection by itself: its process ends, its worker lives, and the next call runs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { copyOf, type TestWorker, testWorker, written } from "./testing.ts";

const PLUGIN = copyOf({
  "forger.mjs": `
import { readdirSync, readlinkSync, writeSync } from "node:fs";
export const fine = () => "fine";
export function main(frames) {
  for (const text of frames) {
    const frame = Buffer.concat([Buffer.alloc(4), Buffer.from(text)]);
    frame.writeUInt32LE(frame.length - 4);
    for (const name of readdirSync("/proc/self/fd")) {
      let target = "";
      try { target = readlinkSync("/proc/self/fd/" + name); } catch {}
      if (Number(name) > 2 && target.startsWith("socket")) try { writeSync(Number(name), frame); } catch {}
    }
  }
  return new Promise((resolve) => setTimeout(resolve, 20, "honest"));
}
export const chat = (lines, context) => { for (let i = 0; i < lines; i++) context.log("y".repeat(999)); };
export const steps = (context) => { for (const value of ["0.5", NaN]) context.progress(value); };
`,
});

let worker: TestWorker;
before(async () => {
  worker = await testWorker({ slots: 1 });
});
after(() => worker.close());

const isLinux = process.platform === "linux";

for (const frame of ["null", "5", '"done"', "{}", '{"t":"log"}', '{"t":"log","text":5}', '{"t":"done","n":"1"}'])
  test(
    `what is no message ends the process that sent it, and not the worker: ${frame}`,
    { skip: !isLinux },
    async () => {
      const forged = worker.run(PLUGIN, { args: [[frame]] });
      const next = worker.run(PLUGIN, { action: "fine" });
      const report = await forged.report;
      assert.equal(report.outcome, "failed");
      assert.match(JSON.stringify(report), /it sent what is no message of a runner/);
      assert.equal((await next.report).outcome, "succeeded");
    },
  );

test(
  "an answer for another call ends the process, and the call behind it does not wait for ever",
  {
    skip: !isLinux,
  },
  async () => {
    for (const answers of [['{"t":"done","n":999999,"ms":1}'], ['{"t":"done","n":999999,"ms":1,"dirty":1}']]) {
      const forged = worker.run(PLUGIN, { args: [answers] });
      const next = worker.run(PLUGIN, { action: "fine" });
      const report = await forged.report;
      assert.match(JSON.stringify(report), /it answered a call that was not its own/);
      assert.equal((await next.report).outcome, "succeeded");
    }
  },
);

test("what a plugin logs by context.log counts as its output", async () => {
  const running = worker.run(PLUGIN, { action: "chat", args: [50], maxOutput: 10_000 });
  assert.equal((await running.report).outcome, "succeeded");
  assert.equal(written(running, "log").split("y".repeat(999)).length - 1, 10);
  assert.match(written(running, "log"), /40000 bytes of output .* were dropped: .*\(maxOutput\)/);
});

test("progress that is no number is an error of the plugin", async () => {
  const report = await worker.run(PLUGIN, { action: "steps" }).report;
  assert.match(JSON.stringify(report), /progress takes a number from 0 to 1, not 0\.5/);
});
