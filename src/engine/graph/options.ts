/** What the parts of this folder are given. */
import type { RunIntake } from "../run-intake.ts";
import type { Clock, Library, Log, Outside } from "../ports.ts";
import type { Preparation } from "../submission.ts";

export interface GraphOptions {
  clock: Clock;
  library: Library;
  outside: Outside;
  log: Log;
  preparation: Preparation;
  intake: RunIntake;
  leaseMs: number;
  /** Members of a list made in one command; default: 512. */
  stretch?: number;
}
