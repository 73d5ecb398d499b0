/** An idle process of ours holds what it needs, not what its start needed: a real process, whose heap is looked at. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

/** A process that keeps little of what it makes at its start, and prints the size of its heap until it is small. */
function afterStart() {
  const url = pathToFileURL(join(import.meta.dirname, "give-back.ts")).href;
  const code = `const { giveBackWhenIdle } = await import(${JSON.stringify(url)});
    const heap = () => process.memoryUsage().heapTotal / 2 ** 20;
    let kept = [];
    for (let i = 0; i < 400_000; i++) kept.push({ i });
    kept = [];
    console.log("before", heap());
    giveBackWhenIdle();
    const until = Date.now() + 10_000;
    setInterval(() => {
      if (heap() < 10 || Date.now() > until) { console.log("after", heap()); process.exit(); }
    }, 50);`;
  return spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
}

test("an idle process kept the heap that its start had made", async () => {
  const child = afterStart();
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  await once(child, "close");
  const [before, after] = [/before (\S+)/, /after (\S+)/].map((form) => Number(form.exec(text)![1]));
  assert.ok(before! > 20, text);
  assert.ok(after! < 10, text);
});
