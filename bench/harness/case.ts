/**
 * What a benchmark case is. A case measures one thing once, from an empty data directory, and says what it found; how often
 * it runs, in which process, what the median is and how it is printed is the harness's business.
 */

/** How a figure is judged. Units stand last in the text, so that `≥ 80,000/s` reads as the budget has it. */
export interface Target {
  at: number;
  better: "more" | "less";
}

export interface Figure {
  /** What was measured, within the case. */
  name: string;
  value: number;
  unit: "/s" | "ms" | "MB" | "B" | "%" | "ratio" | "µs" | "s";
  target?: Target;
  /** The figure of `cases/limits.ts` that bounds this one: what the machine itself can do. */
  limit?: string;
}

export interface Measured {
  figures: Figure[];
  /** Anything that the reader must know to judge the figures: a setting, a count, a bound. */
  notes?: string[];
}

export interface CaseContext {
  /** A tenth of the work, for a look; figures of a quick run are not to be quoted. */
  quick: boolean;
  /** A folder on a real disk that is removed when the case has ended. */
  folder: string;
  /** Arguments for every Node that the case starts: empty, or those that write a CPU profile. */
  nodeArgs: readonly string[];
  /** The program and the module of functions, when they are not those of the source. */
  cli?: string;
  functions?: string;
}

export interface Case {
  name: string;
  /** What is measured, in one line of the table. */
  title: string;
  run(context: CaseContext): Promise<Measured>;
}

export function atLeast(at: number): Target {
  return { at, better: "more" };
}

export function atMost(at: number): Target {
  return { at, better: "less" };
}

/** `count` tasks, or a tenth of them when a quick look is asked for. */
export function scaled({ quick }: CaseContext, count: number): number {
  return quick ? Math.ceil(count / 10) : count;
}
