/** docs/reference/task.md says of tasks what the code says: fields, states, outcomes, reasons, waits, and its examples. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { z } from "zod";
import { ATTEMPT_OUTCOMES, CALLBACK_ON, TASK_STATES } from "../src/base/words.ts";
import { DEFAULT_POLICY, retryDelay } from "../src/core/policy.ts";
import { ArmSubmission, QuotaSubmission } from "../src/protocol/arm.ts";
import { Cache } from "../src/protocol/asks.ts";
import { parse } from "../src/protocol/parse.ts";
import { parseTask } from "../src/protocol/task-fast.ts";
import { TaskSubmission } from "../src/protocol/task.ts";
import { DockerWork } from "../src/protocol/work/docker.ts";
import { HttpWork } from "../src/protocol/work/http.ts";
import { PluginWork } from "../src/protocol/work/plugin.ts";
import { Sandbox } from "../src/protocol/work/sandbox.ts";
import { ShellWork } from "../src/protocol/work/shell.ts";
import { WasmWork } from "../src/protocol/work/wasm.ts";
import { root, sourceFiles } from "./source-files.ts";

const page = readFileSync(join(root, "docs", "reference", "task.md"), "utf8");

/** Keys of a schema that reads an object into something else. */
function fieldsOf(schema: z.ZodType): object {
  return (schema as unknown as z.ZodPipe<z.ZodObject>).in.shape;
}

/** Words in the first column of the tables under a heading. */
function rowsUnder(heading: string): string[] {
  const section = page.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(section, `no heading ${heading}`);
  return [...section.matchAll(/^\| `?([a-zA-Z_]+)`? \|/gm)].map(([, word]) => word!).filter((word) => !HEADS.has(word));
}
const HEADS = new Set(["field", "state", "outcome", "code", "retry", "wait", "moment", "setting"]);

test("every field of a task has its row, and no other has", () => {
  assert.deepEqual(rowsUnder("Fields").toSorted(), Object.keys(fieldsOf(TaskSubmission)).toSorted());
  assert.deepEqual(rowsUnder("shell").toSorted(), Object.keys(ShellWork.shape).toSorted());
  assert.deepEqual(rowsUnder("http").toSorted(), Object.keys(HttpWork.shape).toSorted());
  assert.deepEqual(rowsUnder("plugin").toSorted(), Object.keys(PluginWork.shape).toSorted());
  assert.deepEqual(rowsUnder("docker").toSorted(), Object.keys(DockerWork.shape).toSorted());
  assert.deepEqual(rowsUnder("wasm").toSorted(), Object.keys(WasmWork.shape).toSorted());
  const [, sandbox] = (Sandbox as unknown as z.ZodUnion<[z.ZodType, z.ZodObject]>).options;
  assert.deepEqual(rowsUnder("Sandbox").toSorted(), Object.keys(sandbox.shape).toSorted());
});

test("states and outcomes are those that there are", () => {
  assert.deepEqual(rowsUnder("States"), [...TASK_STATES]);
  assert.deepEqual(rowsUnder("Outcomes of attempts"), [...ATTEMPT_OUTCOMES]);
});

test("arms, caches and moments have their rows", () => {
  const settings = [
    ...page
      .split(/^## /m)
      .find((part) => part.startsWith("Arms\n"))!
      .matchAll(/^\| (`.*?`) \|/gm),
  ];
  const named = settings.flatMap(([, cell]) => cell!.split(", ").map((word) => word.replaceAll("`", "")));
  assert.deepEqual(named.toSorted(), Object.keys(fieldsOf(ArmSubmission)).toSorted());
  const cache = (Cache as unknown as z.ZodUnion<[z.ZodType, z.ZodObject]>).options[1];
  assert.deepEqual(rowsUnder("Cache").toSorted(), Object.keys(cache.shape).toSorted());
  assert.deepEqual(rowsUnder("What follows"), [...CALLBACK_ON]);
});

test("every reason that a task may wait for has its row", () => {
  const judges = sourceFiles(
    "src/core/{explain,fleet/eligible,fleet/explain-workers,limits/gate,flow/hold,graph/explain-graph,runs/halt,runs/explain-runs}.ts",
  ).map(({ code }) => code);
  // What stands after `code:` up to the next property: one word, or a choice of them.
  const choices = judges.flatMap((code) =>
    [...code.matchAll(/\bcode: ([^;,})\n]*"[a-z_]+")/g)].map(([, text]) => text!),
  );
  const codes = choices.flatMap((text) =>
    [...text.replace(/=== "\w+"/g, "").matchAll(/"([a-z_]+)"/g)].map(([, word]) => word!),
  );
  assert.deepEqual(rowsUnder("Why a task waits").toSorted(), [...new Set(codes)].toSorted());
});

test("the waits before retries are those of the table", () => {
  const [head, , waits] = /^\| retry \|.*\n.*\n.*$/m
    .exec(page)![0]
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));
  for (const [column, text] of waits!.entries()) {
    const [, low, high] = /^([\d.]+) to ([\d.]+)s$/.exec(text) ?? [];
    if (low === undefined) continue;
    const retry = Number(/\d+/.exec(head![column]!)![0]);
    const drawn = Array.from({ length: 2000 }, (_, task) => retryDelay(DEFAULT_POLICY, retry, task) / 1000);
    assert.ok(Math.min(...drawn) >= Number(low) * 0.99 && Math.max(...drawn) <= Number(high), `retry ${retry}`);
    assert.ok(Math.max(...drawn) > Number(low), `retry ${retry}`);
  }
});

test("every example is a task", () => {
  const blocks = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, text]) => text!);
  assert.ok(blocks.length >= 5);
  for (const text of blocks) parseTask(JSON.parse(text));
  const example = (word: string): unknown =>
    JSON.parse(new RegExp(`^\`\`\`json ${word}\\n([\\s\\S]*?)^\`\`\``, "m").exec(page)![1]!);
  parse(ArmSubmission, example("arm"));
  parse(QuotaSubmission, example("quota"));
});
