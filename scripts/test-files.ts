/** Runs test files by node:test, prints failures as they come, and counts. */
import { globSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { type Counts, report } from "./test-report.ts";
import { root } from "./tool.ts";

/** Run by a stage of their own. */
const NOT_UNIT = new Set(["test/pack.test.ts", "test/tidy.test.ts"]);

/** A test that takes this long hangs; the slowest one that does not, takes a tenth of it. */
const TIMEOUT_MS = 300_000;

/** Unit and integration tests, those that match a pattern if there are any. */
export function unitTestFiles(patterns: readonly string[]): string[] {
  return globSync(["{src,test,bench,examples,scripts}/**/*.test.ts"], { cwd: root })
    .filter((file) => (patterns.length > 0 ? patterns.some((part) => file.includes(part)) : !NOT_UNIT.has(file)))
    .toSorted();
}

/** Runs these files, two at a time, each in a process of its own. */
export async function runTestFiles(files: readonly string[]): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  if (files.length === 0) return counts;
  const events = run({
    files: files.map((file) => join(root, file)),
    cwd: root,
    concurrency: 2,
    timeout: TIMEOUT_MS,
    execArgv: ["--conditions=octopus:source"],
  });
  for await (const event of events as AsyncIterable<TestEvent>) {
    if (event.type === "test:pass") {
      if (event.data.skip !== undefined) report(`skipped: ${event.data.name} ${String(event.data.skip)}`);
      else if (event.data.details.type !== "suite") counts.passed++;
    } else if (event.type === "test:fail" && event.data.todo === undefined && !isEcho(event.data)) {
      counts.failed++;
      report(failureText(event.data));
    }
  }
  return counts;
}

type Failure = Extract<TestEvent, { type: "test:fail" }>["data"];

/** A suite or a file fails with the tests in it, which were told already; told alone, it is a failure of its own. */
function isEcho({ details }: Failure): boolean {
  return (details.error as { failureType?: string }).failureType === "subtestsFailed";
}

function failureText({ name, file, line, details }: Failure): string {
  const place = file === undefined ? "" : ` (${relative(root, file)}:${line ?? 1})`;
  const { cause } = details.error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? details.error.message);
  return `FAILED ${name}${place}\n${text.replace(/^/gm, "    ")}`;
}
