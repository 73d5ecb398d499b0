/**
 * Runs a case as often as asked, each time in a new process with a new folder on a real disk, and folds the runs into
 * medians. The folder is removed whatever happens.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Case, CaseContext, Figure } from "./case.ts";
import { diskFolder } from "./disk.ts";
import { answer } from "./processes.ts";
import { watchOthers } from "./others.ts";
import type { Answer } from "./run-one.ts";
import { median } from "./statistics.ts";

const RUN_ONE = fileURLToPath(new URL("./run-one.ts", import.meta.url));

/** A figure over several runs: `value` is the median. */
export interface FoldedFigure extends Figure {
  min: number;
  max: number;
  runs: number[];
}

export interface CaseResult {
  name: string;
  title: string;
  figures: FoldedFigure[];
  notes: string[];
  /** Why there are no figures. */
  error?: string;
  seconds: number;
  /** Share of the machine that others used meanwhile, 0 to 1. */
  others: number;
}

export interface RunOptions {
  runs: number;
  quick: boolean;
  /** Folder for CPU profiles of every process of the case. */
  profile: string | undefined;
}

export async function runCase(found: Case, options: RunOptions): Promise<CaseResult> {
  const begun = performance.now();
  const others = watchOthers();
  const measured: Figure[][] = [];
  let notes: string[] = [];
  let error: string | undefined;
  for (let run = 0; run < options.runs && error === undefined; run++) {
    const said = await runOnce(found.name, options);
    if ("error" in said) ({ error } = said);
    else {
      measured.push(said.measured.figures);
      notes = said.measured.notes ?? [];
    }
  }
  const seconds = Math.round(performance.now() - begun) / 1000;
  const { name, title } = found;
  return {
    name,
    title,
    figures: fold(measured),
    notes,
    seconds,
    others: Number(others().toFixed(3)),
    ...(error !== undefined && { error }),
  };
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

async function runOnce(name: string, { quick, profile }: RunOptions): Promise<Answer> {
  const folder = mkdtempSync(`${diskFolder()}/octopus-bench-`);
  const nodeArgs = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const context: CaseContext = { quick, folder, nodeArgs };
  // A group of its own, so that Ctrl-C reaches this process alone: it lets go of the child, which ends what it started.
  const child = fork(RUN_ONE, [name, JSON.stringify(context)], {
    execArgv: [...process.execArgv, ...nodeArgs],
    detached: true,
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let interrupted = false;
  const onSignal = (): void => {
    interrupted = true;
    if (child.connected) child.disconnect();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const said = await answer<Answer>(child, "run-one").catch((error: unknown) => ({ error: String(error) }));
    await ended;
    return said;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    // Processes that were killed may still be closing their files.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    if (interrupted) process.exit(130);
  }
}

function fold(measured: readonly Figure[][]): FoldedFigure[] {
  return (measured[0] ?? []).map((figure, i) => {
    const runs = measured.map((figures) => figures[i]!.value);
    return { ...figure, value: median(runs), min: Math.min(...runs), max: Math.max(...runs), runs };
  });
}
