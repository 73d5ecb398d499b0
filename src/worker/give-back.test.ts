/** An idle process of ours holds what it needs, not what its start needed: a real process, whose heap is looked at. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

/** A process that keeps little of what it makes at its start, does this, and prints the size of its heap when that is small. */
function afterStart(then: "giveBack" | "giveBackWhenIdle") {
  const url = pathToFileURL(join(import.meta.dirname, "give-back.ts")).href;
  const code = `const { ${then} } = await import(${JSON.stringify(url)});
    const heap = () => process.memoryUsage().heapTotal / 2 ** 20;
    let kept = [];
    for (let i = 0; i < 400_000; i++) kept.push({ i });
    kept = [];
    console.log("before", heap());
    ${then}();
    console.log("at once", heap());
    const until = Date.now() + 10_000;
    setInterval(() => {
      if (heap() < 10 || Date.now() > until) { console.log("after", heap()); process.exit(); }
    }, 50);`;
  return spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
}

async function heapsOf(
  child: ReturnType<typeof afterStart>,
): Promise<{ before: number; atOnce: number; after: number }> {
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  await once(child, "close");
  const found = (form: RegExp): number => Number(form.exec(text)![1]);
  return { before: found(/before (\S+)/), atOnce: found(/at once (\S+)/), after: found(/after (\S+)/) };
}

test("an idle process kept the heap that its start had made", async () => {
  const { before, after } = await heapsOf(afterStart("giveBackWhenIdle"));
  assert.ok(before > 20, `${before} MB`);
  assert.ok(after < 10, `${after} MB`);
});

test("a server of a cluster collected in its first idle second, in which it may have to take the lead", async () => {
  const { before, atOnce } = await heapsOf(afterStart("giveBack"));
  assert.ok(before > 20, `${before} MB`);
  assert.ok(atOnce < 10, `${atOnce} MB`);
});
