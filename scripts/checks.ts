/** The checks that need no test run: format, lint, types per layer, unused code, the rules of the house. */
import { globSync } from "node:fs";
import { basename, dirname } from "node:path";
import { type Done, node, oneChecker, root, tool } from "./tool.ts";

export interface CheckResult {
  name: string;
  ok: boolean;
  output: string;
  /** What is worth knowing though nothing failed. */
  notes: string[];
}

interface Check {
  name: string;
  args: string[];
  /** What to do about a failure, where the tool itself does not say it. */
  advice?: string;
}

/** The longest first, so that the last one to end is a short one. */
function checks(): Check[] {
  const layers = globSync(["src/*/tsconfig.json", "web/tsconfig.json", "test/e2e/tsconfig.json"], {
    cwd: root,
  }).toSorted();
  const test = ["--test", "--test-reporter=spec"];
  return [
    { name: "types", args: [...tool("typescript", "tsc"), ...oneChecker, "-p", "."] },
    { name: "lint", args: [...tool("oxlint"), "--format=unix"] },
    { name: "house rules", args: [...test, "test/tidy.test.ts"] },
    { name: "documents", args: [...test, "test/tidy-docs.test.ts"] },
    { name: "unused code", args: [...tool("knip"), "--no-progress"] },
    ...layers.map((file) => ({
      name: `types of ${basename(dirname(file))} alone`,
      args: [...tool("typescript", "tsc"), ...oneChecker, "-p", file],
    })),
    {
      name: "format",
      args: [...tool("oxfmt"), "--list-different"],
      advice: "These files are not formatted. Run: npm run format",
    },
    { name: "lock file", args: ["scripts/complete-lock.ts", "--check"] },
  ];
}

/** Runs every check, two at a time. */
export async function runChecks(): Promise<CheckResult[]> {
  const waiting = checks();
  const results: CheckResult[] = [];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      results.push(resultOf(check, await node(check.args)));
    }
  };
  await Promise.all([work(), work()]);
  return results;
}

function resultOf(check: Check, { code, output }: Done): CheckResult {
  const ok = code === 0;
  // A passing test's diagnostics, such as files that grow too long.
  const notes = output.split("\n").flatMap((line) => /^\W*(src\/.* the aim is .*)$/.exec(line)?.[1] ?? []);
  return { name: check.name, ok, notes, output: !ok && check.advice ? `${check.advice}\n${output}` : output };
}
