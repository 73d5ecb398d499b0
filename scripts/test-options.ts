/** Options of `npm test`. */
import { parseArgs } from "node:util";

export const STAGES = ["check", "unit", "sim", "e2e", "pack"] as const;
export type Stage = (typeof STAGES)[number];

export interface TestOptions {
  stages: Stage[];
  /** Only test files whose path contains one of these. */
  patterns: string[];
}

/** Reads the command line; throws an error with words for a person. */
export function readTestOptions(args: string[]): TestOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { only: { type: "string", multiple: true } },
  });
  const stages = (values.only ?? []).flatMap((list) => list.split(",")).map(stageOf);
  if (stages.length > 0) return { stages, patterns: positionals };
  return { stages: positionals.length > 0 ? ["unit"] : [...STAGES], patterns: positionals };
}

function stageOf(word: string): Stage {
  const stage = STAGES.find((one) => one === word);
  if (stage === undefined) throw new Error(`--only ${word}: there is no such stage. Known: ${STAGES.join(", ")}.`);
  return stage;
}
