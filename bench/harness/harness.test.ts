/** The harness by itself, with real processes where it starts some. What the cases measure is nobody's test. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { OctopusError } from "../../src/base/errors.ts";
import { CASES } from "../cases/all.ts";
import { limits } from "../cases/limits.ts";
import { PEER_CASES } from "../peers/cases.ts";
import { atLeast, atMost } from "./case.ts";
import { findCase } from "./find.ts";
import { runCase } from "./run-case.ts";
import { percentile, perSecond } from "./statistics.ts";
import { tableRows } from "./table.ts";
import { waitFor } from "./wait.ts";

test("percentiles are values that were seen", () => {
  assert.equal(percentile([3, 1, 2], 0.5), 2);
  assert.equal(percentile([4, 1, 3, 2], 0.5), 2);
  assert.equal(percentile([1, 2, 3, 4], 0.99), 4);
  assert.equal(perSecond(50, 25), 2000);
});

test("a case is found by name, and a wrong name names the nearest", () => {
  assert.equal(findCase("limits"), limits);
  assert.throws(
    () => findCase("drain-embeded"),
    (error) => error instanceof OctopusError && /Did you mean drain-embedded\?/.test(error.message),
  );
});

test("names are told apart", () => {
  const names = [...CASES, ...PEER_CASES].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

test("the table says whether a target is met, and what the machine can do", () => {
  const several = { min: 1, max: 3, runs: [1, 2, 3] };
  const figures = [
    { name: "fast", value: 90_000, unit: "/s" as const, target: atLeast(80_000), limit: "rows", ...several },
    { name: "late", value: 2.5, unit: "ms" as const, target: atMost(1), ...several },
  ];
  const known = new Map([["rows", { name: "rows", value: 500_000, unit: "/s" as const }]]);
  const text = tableRows({ name: "x", title: "", figures, notes: ["as it is"], seconds: 1, others: 0.25 }, known);
  assert.match(text, /fast +≥ 80,000\/s +90,000\/s .* 500,000\/s +ok\n/);
  assert.match(text, /late +≤ 1 ms +2\.5 ms .* missed\n/);
  assert.match(text, /as it is\n +others used 25 % of the machine meanwhile$/);
});

test("a run is a process of its own, leaves no folder, and a case that fails says why", async () => {
  const home = mkdtempSync(join(tmpdir(), "octopus-runs-"));
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = home;
  try {
    const options = { runs: 2, quick: true, profile: undefined };
    const { figures, error } = await runCase(findCase("latency-embedded"), options);
    assert.equal(error, undefined);
    assert.equal(figures[0]!.runs.length, 2);
    const unknown = await runCase(
      { name: "no-such", title: "", run: () => Promise.reject(new Error("never")) },
      options,
    );
    assert.match(unknown.error!, /there is no benchmark "no-such"/);
    assert.deepEqual(readdirSync(home), []);
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(home, { recursive: true, force: true });
  }
});

test("an interrupted benchmark leaves neither processes nor folders", async () => {
  const home = mkdtempSync(join(tmpdir(), "octopus-runs-"));
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const args = ["--conditions=octopus:source", main, "drain-worker", "--quick", "--json", join(home, "never.json")];
  const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: home }, stdio: "ignore" });
  try {
    const ended = once(child, "exit");
    const file = await waitFor("the server's database", () => {
      if (child.exitCode !== null) throw new Error(`the benchmark ended by itself with ${child.exitCode}`);
      return globSync(`${home}/octopus-bench-*/data-50/octopus.db`)[0];
    });
    assert.ok(file.startsWith(home));
    child.kill("SIGTERM");
    assert.deepEqual(await ended, [130, null]);
    assert.deepEqual(readdirSync(home), []);
  } finally {
    child.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true });
  }
});

test("a profile of every process is written where asked", async () => {
  const folder = mkdtempSync(join(tmpdir(), "octopus-profile-"));
  try {
    await runCase(findCase("latency-embedded"), { runs: 1, quick: true, profile: folder });
    assert.equal(readdirSync(folder).filter((name) => name.endsWith(".cpuprofile")).length, 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
