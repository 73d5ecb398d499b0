/** Runs the stages of `npm test` one after the other and adds up. Start it by `test.mjs`, which sets up what they need. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runChecks } from "./checks.ts";
import { joinSource } from "./joined-source.ts";
import { type Watch, watchLeftovers } from "./leftovers.ts";
import { type Packed, packedPackage, usePackage } from "./packed.ts";
import { realPythonFirst } from "./real-python.ts";
import { installedTestFiles, runTestFiles, unitTestFiles } from "./test-files.ts";
import { type Stage, type TestOptions, readTestOptions } from "./test-options.ts";
import { type Counts, countsIn, countsText, report } from "./test-report.ts";
import { node, quickStart, root } from "./tool.ts";

const SIMULATOR = "test/sim/main.ts";

const STAGES: Record<Stage, (options: TestOptions) => Promise<Counts>> = {
  check: runCheckStage,
  unit: runUnitTests,
  sim: runSimulator,
  e2e: runInstalledTests,
  pack: runPackStage,
};

/** The package that the last two stages are about; made by the first of them, or before, beside what needs one core. */
let packing: Promise<Packed> | undefined;

function beginPackage(): Promise<Packed> {
  packing ??= packedPackage();
  packing.catch(() => undefined); // Told by the stage that needs it.
  return packing;
}

async function withPackage(): Promise<void> {
  usePackage(await beginPackage());
}

/** The commands of the documents and the dashboard in a browser, as users have them: from the installed package. */
async function runInstalledTests({ patterns, stages }: TestOptions): Promise<Counts> {
  await withPackage();
  if (stages.includes("pack")) void beginPackTests();
  // Much of them is waiting: for what a command does, for a page.
  return runTestFiles(installedTestFiles(patterns), 4);
}

async function runPackStage(): Promise<Counts> {
  await withPackage();
  return beginPackTests();
}

/** Tests of the package and of the bundle; they build, and go beside those that run what was built before. */
let packTests: Promise<Counts> | undefined;

function beginPackTests(): Promise<Counts> {
  packTests ??= runTestFiles(["test/pack.test.ts", "test/bundle.test.ts"], 1);
  packTests.catch(() => undefined); // Told by their own stage.
  return packTests;
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
  Object.assign(process.env, quickStart);
  realPythonFirst();
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
  (await packing?.catch(() => undefined))?.remove();
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
  const before = process.env["NODE_OPTIONS"];
  process.env["NODE_OPTIONS"] = [before, await joinSource()].filter(Boolean).join(" ");
  try {
    // Many of them wait: for a disk, for a process to begin, for a moment to pass.
    return await runTestFiles(files, 4);
  } finally {
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
  }
}

/** The simulator says how many seeds passed; one that says nothing counts as one test. */
async function runSimulator({ stages }: TestOptions): Promise<Counts> {
  if (!existsSync(join(root, SIMULATOR))) return { passed: 0, failed: 0 };
  if (stages.includes("e2e") || stages.includes("pack")) void beginPackage();
  const { code, output } = await node([SIMULATOR, "--seeds", "300"]);
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
