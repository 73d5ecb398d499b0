/** Runs test files by node:test, prints failures as they come, and counts. */
import { globSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { inSource } from "./source-places.ts";
import { type Counts, report } from "./test-report.ts";
import { root } from "./tool.ts";

/** Run by a stage of their own. */
const NOT_UNIT = /^test\/((pack|bundle|tidy|tidy-docs)\.test\.ts$|(e2e|docs)\/)/;

const LONGEST_IN_BROWSER = "test/e2e/every-page.test.ts";

/** A file that takes this long hangs, and is ended. node:test's own limit cannot end a loop that never yields. */
const FILE_MS_MAX = 600_000;

/** Unit and integration tests, those that match a pattern if there are any. */
export function unitTestFiles(patterns: readonly string[]): string[] {
  return globSync(["{src,test,bench,examples,scripts}/**/*.test.ts"], { cwd: root })
    .filter((file) => (patterns.length > 0 ? patterns.some((part) => file.includes(part)) : !NOT_UNIT.test(file)))
    .toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)) || (a < b ? -1 : 1));
}

/** Tests of the installed package: what the documents say to type, and the dashboard in a browser. The longest are first. */
export function installedTestFiles(patterns: readonly string[]): string[] {
  const browser = globSync("test/e2e/*.test.ts", { cwd: root }).toSorted();
  const documents = globSync("test/docs/*.test.ts", { cwd: root }).toSorted();
  return [LONGEST_IN_BROWSER, ...documents, ...browser.filter((file) => file !== LONGEST_IN_BROWSER)].filter(
    (file) => patterns.length === 0 || patterns.some((part) => file.includes(part)),
  );
}

/** Those that start whole servers come first: a long file at the end would run alone. */
function isLong(file: string): boolean {
  return file.startsWith("test/");
}

/** Runs these files, so many at a time, each in a process of its own. */
export async function runTestFiles(files: readonly string[], atOnce = 2): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  const took: { file: string; ms: number }[] = [];
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const startedAt = performance.now();
      await runTestFile(file, counts);
      took.push({ file, ms: performance.now() - startedAt });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (took.length > NAMED_MAX) report(`longest: ${longestOf(took)}`);
  return counts;
}

/** Files that are named as those that took longest. */
const NAMED_MAX = 8;

function longestOf(took: readonly { file: string; ms: number }[]): string {
  const longest = took.toSorted((a, b) => b.ms - a.ms).slice(0, NAMED_MAX);
  return longest.map(({ file, ms }) => `${file} ${(ms / 1000).toFixed(0)}s`).join(", ");
}

async function runTestFile(file: string, counts: Counts): Promise<void> {
  const signal = AbortSignal.timeout(FILE_MS_MAX);
  const events = run({ files: [join(root, file)], cwd: root, signal, execArgv: ["--conditions=octopus:source"] });
  let said = "";
  for await (const event of events as AsyncIterable<TestEvent>) {
    if (event.type === "test:stderr" || event.type === "test:stdout") said = (said + event.data.message).slice(-4000);
    else if (event.type === "test:pass") {
      if (event.data.skip !== undefined) report(`skipped: ${event.data.name} ${String(event.data.skip)}`);
      else if (event.data.details.type !== "suite") counts.passed++;
    } else if (event.type === "test:fail" && event.data.todo === undefined && !isEcho(event.data)) {
      counts.failed++;
      const text = failureText(event.data, said);
      report(signal.aborted ? `FAILED ${file}\n    ended after ${FILE_MS_MAX / 60_000} min` : inSource(text));
    }
  }
}

type Failure = Extract<TestEvent, { type: "test:fail" }>["data"];

/** A suite or a file fails with the tests in it, which were told already; told alone, it is a failure of its own. */
function isEcho({ details }: Failure): boolean {
  return (details.error as { failureType?: string }).failureType === "subtestsFailed";
}

/** A file that fails as a whole says why in what it wrote. */
function failureText({ name, file, line, details }: Failure, said: string): string {
  const place = file === undefined ? "" : ` (${relative(root, file)}:${line ?? 1})`;
  const { cause } = details.error;
  const text =
    cause instanceof Error ? (cause.stack ?? cause.message) : typeof cause === "string" ? cause : details.error.message;
  if (name === file) return `FAILED ${relative(root, name)}\n${`${text}\n${said}`.trim().replace(/^/gm, "    ")}`;
  return `FAILED ${name}${place}\n${text.replace(/^/gm, "    ")}`;
}
