/**
 * `npm run bench [-- CASE... --quick --runs N --json FILE --profile DIR --peers --list]`: measures, prints a table, writes
 * JSON. A missed target is a figure, not a failure: the exit code is 1 only when a case could not be measured.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { OctopusError } from "../src/base/errors.ts";
import { CASES } from "./cases/all.ts";
import { limits } from "./cases/limits.ts";
import type { Case, Figure } from "./harness/case.ts";
import { RESULTS } from "./harness/disk.ts";
import { findCase } from "./harness/find.ts";
import { machine } from "./harness/machine.ts";
import { summariseFolder } from "./harness/profile.ts";
import { type CaseResult, runCase } from "./harness/run-case.ts";
import { PEER_CASES } from "./peers/cases.ts";
import { tableHead, tableRows } from "./harness/table.ts";

const options = {
  quick: { type: "boolean", default: false },
  runs: { type: "string", default: "1" },
  json: { type: "string" },
  profile: { type: "string" },
  peers: { type: "boolean", default: false },
  list: { type: "boolean", default: false },
} as const;

/** The named cases, or all of them; the limits go with either, for a figure without them says little on a shared machine. */
function chosen(names: readonly string[], peers: boolean): readonly Case[] {
  const named = names.map((name) => findCase(name));
  return [...new Set([limits, ...(names.length > 0 ? named : CASES), ...(peers ? PEER_CASES : [])])];
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const cases = chosen(positionals, values.peers);
  if (values.list) {
    for (const { name, title } of cases) console.log(`${name.padEnd(24)}${title}`);
    return 0;
  }
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new OctopusError("invalid", `--runs must be a whole number from 1, not ${values.runs}`);
  const profile = values.profile === undefined ? undefined : resolve(values.profile);
  const about = machine();
  console.log(
    `${about.cpu}, ${about.cores} cores, ${about.memoryGiB} GiB, Node ${about.node}, Octopus ${about.octopus}`,
  );
  console.log(
    `${runs === 1 ? "one run" : `median of ${runs} runs`}${values.quick ? ", quick: not to be quoted" : ""}\n`,
  );
  console.log(tableHead());
  const results: CaseResult[] = [];
  const known = new Map<string, Figure>();
  for (const one of cases) {
    const result = await runCase(one, { runs, quick: values.quick, profile });
    results.push(result);
    if (one === limits) for (const figure of result.figures) known.set(figure.name, figure);
    console.log(tableRows(result, known));
  }
  const at = new Date().toISOString();
  const file = resolve(values.json ?? join(RESULTS, `${at.replaceAll(/[:.]/g, "-")}.json`));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ at, machine: about, quick: values.quick, runs, results }, null, 2)}\n`);
  console.log(`\nwritten to ${file}`);
  if (profile !== undefined) console.log(summariseFolder(profile));
  return results.some(({ error }) => error !== undefined) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof OctopusError) && !(error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
