/** Runs the stages of `npm test` one after the other and adds up. Start it by `test.mjs`, which sets up what they need. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runChecks } from "./checks.ts";
import { type Watch, watchLeftovers } from "./leftovers.ts";
import { runTestFiles, unitTestFiles } from "./test-files.ts";
import { type Stage, type TestOptions, readTestOptions } from "./test-options.ts";
import { type Counts, countsIn, countsText, report } from "./test-report.ts";
import { compileCache, node, root } from "./tool.ts";

const SIMULATOR = "test/sim/main.ts";

const STAGES: Record<Stage, (options: TestOptions) => Promise<Counts>> = {
  check: runCheckStage,
  unit: runUnitTests,
  sim: runSimulator,
  pack: runPackStage,
};

/** One after the other: both build. */
async function runPackStage(): Promise<Counts> {
  const pack = await runTestFiles(["test/pack.test.ts"]);
  const bundle = await runTestFiles(["test/bundle.test.ts"]);
  return { passed: pack.passed + bundle.passed, failed: pack.failed + bundle.failed };
}

const total: Counts = { passed: 0, failed: 0 };
try {
  await runStages(readTestOptions(process.argv.slice(2)));
} catch (error) {
  total.failed++;
  report(error instanceof Error ? error.message : String(error));
}
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
report(countsText(total));

async function runStages(options: TestOptions): Promise<void> {
  Object.assign(process.env, compileCache);
  const treeBefore = changedFiles();
  const leftovers = watchLeftovers();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop(leftovers, signal));
  for (const stage of options.stages) {
    const startedAt = performance.now();
    report(`== ${stage}`);
    const counts = await STAGES[stage](options);
    total.passed += counts.passed;
    total.failed += counts.failed;
    report(`${countsText(counts)} in ${((performance.now() - startedAt) / 1000).toFixed(1)}s\n`);
  }
  countLeftovers([...leftovers.finish(), ...filesLeft(treeBefore)]);
}

/** A run that is broken off leaves nothing behind either. */
function stop(leftovers: Watch, signal: NodeJS.Signals): void {
  leftovers.finish();
  process.kill(process.pid, signal);
}

async function runCheckStage(): Promise<Counts> {
  const results = await runChecks();
  const failed = results.filter(({ ok }) => !ok);
  for (const { name, output } of failed) report(`FAILED ${name}\n${output.trim().replace(/^/gm, "    ")}`);
  return { passed: results.length - failed.length, failed: failed.length };
}

async function runUnitTests({ patterns }: TestOptions): Promise<Counts> {
  const files = unitTestFiles(patterns);
  if (files.length === 0) report(`No test file matches ${patterns.join(", ") || "**/*.test.ts"}.`);
  return runTestFiles(files);
}

/** The simulator says how many seeds passed; one that says nothing counts as one test. */
async function runSimulator(): Promise<Counts> {
  if (!existsSync(join(root, SIMULATOR))) return { passed: 0, failed: 0 };
  const { code, output } = await node([SIMULATOR, "--seeds", "1000"]);
  const counts = countsIn(output) ?? { passed: code === 0 ? 1 : 0, failed: 0 };
  if (code === 0) return counts;
  report(`FAILED simulator\n${output.trim().replace(/^/gm, "    ")}`);
  return { passed: counts.passed, failed: Math.max(counts.failed, 1) };
}

/** Something left behind is one more failure; nothing left is no test passed, or a run of no tests would be green. */
function countLeftovers(left: readonly string[]): void {
  if (left.length === 0) return;
  total.failed++;
  report(`FAILED nothing is left behind\n${left.join("\n").replace(/^/gm, "    ")}`);
}

/** Files that the tests changed; on a tree that was being worked on nobody can tell. */
function filesLeft(before: string | undefined): string[] {
  const after = changedFiles();
  return before === "" && after !== undefined && after !== "" ? after.split("\n") : [];
}

function changedFiles(): string | undefined {
  try {
    return execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return undefined; // Not a checkout: a tarball of the source has no git.
  }
}
