/** When to stop before all jobs have run (`--halt now,fail=1`), and with which exit code. Pure. */
import { usage } from "../read.ts";

export interface Halt {
  /** Running jobs are stopped; otherwise they may end, and no more are started. */
  now: boolean;
  why: "fail" | "success" | "done";
  count: number;
  /** `count` is in percent of all jobs. */
  isPercent: boolean;
}

/** Jobs that have ended. */
export interface Tally {
  failed: number;
  succeeded: number;
  /** All there are; known only when it is needed. */
  total: number | undefined;
}

export function parseHalt(text: string): Halt | undefined {
  if (text === "never" || text === "0") return undefined;
  if (text === "1") return { now: false, why: "fail", count: 1, isPercent: false };
  if (text === "2") return { now: true, why: "fail", count: 1, isPercent: false };
  const found = /^(now|soon),(fail|success|done)=(\d+)(%?)$/.exec(text);
  const count = Number(found?.[3]);
  const isPercent = found?.[4] === "%";
  if (found === null || count < 1 || (isPercent && count > 100)) {
    const forms = "now,fail=1 or soon,fail=10%, with now or soon, and fail, success or done";
    throw usage(`--halt must be never, or read ${forms}, not ${JSON.stringify(text)}`);
  }
  return { now: found[1] === "now", why: found[2] as Halt["why"], count, isPercent };
}

export function isReached({ why, count, isPercent }: Halt, tally: Tally): boolean {
  const { failed, succeeded, total = 0 } = tally;
  const seen = why === "fail" ? failed : why === "success" ? succeeded : failed + succeeded;
  return isPercent ? total > 0 && (100 * seen) / total >= count : seen >= count;
}

const FAILED_MAX = 100;

/** `last`: what the job that reached the limit exited with. */
export function exitCodeOf(halt: Halt | undefined, tally: Tally, last: number | undefined): number {
  const { failed, total = 0 } = tally;
  const reached = halt !== undefined && last !== undefined;
  if (reached && halt.why === "success") return 0;
  if (reached && halt.why === "fail" && halt.count === 1 && !halt.isPercent) return last;
  if (halt?.why === "fail" && halt.isPercent && total > 0)
    return Math.min(FAILED_MAX, Math.floor((100 * failed) / total));
  return failed > FAILED_MAX ? FAILED_MAX + 1 : failed;
}
