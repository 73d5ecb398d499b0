/** What a task asks for beyond what it does. Most tasks ask for the same, so equal policies are one object. */

export interface Policy {
  /** Longest time of one attempt in milliseconds; 0 = no limit. */
  readonly timeoutMs: number;
  /** Tries after the first. */
  readonly retryLimit: number;
  readonly backoff: "fixed" | "exponential";
  readonly delayMs: number;
  readonly maxDelayMs: number;
  /** Share of the wait that varies, 0 to 1. */
  readonly jitter: number;
  /** Exit codes worth another try; absent = all. */
  readonly exitCodes?: readonly number[] | undefined;
  /** The first rule that fits a failure overrides what stands above. */
  readonly rules?: readonly RetryRule[] | undefined;
  readonly onLost: "requeue" | "fail";
  /** Wait between the moment its needs are met and its start. */
  readonly startDelayMs: number;
}

/** What to do after failures of one sort. It fits when every list that is there holds what was seen. */
export interface RetryRule {
  readonly exitCodes?: readonly number[] | undefined;
  /** Classes of errors: `TypeError`, `timeout`, `exit`, `http`. */
  readonly errors?: readonly string[] | undefined;
  /** HTTP statuses; a number below 10 is a class: 5 = 500 to 599. */
  readonly statuses?: readonly number[] | undefined;
  readonly limit?: number | undefined;
  readonly backoff?: "fixed" | "exponential" | undefined;
  readonly delayMs?: number | undefined;
  readonly maxDelayMs?: number | undefined;
}

export const DEFAULT_POLICY: Policy = Object.freeze({
  timeoutMs: 0,
  retryLimit: 0,
  backoff: "exponential",
  delayMs: 1000,
  maxDelayMs: 600_000,
  jitter: 0.2,
  onLost: "requeue",
  startDelayMs: 0,
});

/** The exit code by which a command says "try again later" (EX_TEMPFAIL). */
export const EXIT_TRY_AGAIN = 75;
/** The exit code by which a command says "nothing to do". */
export const EXIT_SKIP = 99;
/** Tries that exit code 75 gets when the task names none. */
const TRY_AGAIN_LIMIT = 3;
/** A task whose worker vanished this often is taken for the cause and fails. */
export const LOST_LIMIT = 10;

/** How many retries a failure with this exit code may have in all. */
export function retryLimit(policy: Policy, exitCode: number | undefined): number {
  if (exitCode === EXIT_TRY_AGAIN) return policy.retryLimit > 0 ? policy.retryLimit : TRY_AGAIN_LIMIT;
  if (exitCode !== undefined && policy.exitCodes !== undefined && !policy.exitCodes.includes(exitCode)) return 0;
  return policy.retryLimit;
}

/**
 * Wait in milliseconds before retry number `retry` (1 = the first). The varying share comes from the task's own number,
 * so that a thousand tasks that failed together do not come back together, and a replay gives the same times.
 */
export function retryDelay(policy: Policy, retry: number, task: number): number {
  const growth = policy.backoff === "exponential" ? 2 ** Math.min(retry - 1, 40) : 1;
  const full = Math.min(policy.delayMs * growth, policy.maxDelayMs);
  return Math.round(full * (1 - policy.jitter * fraction(task * 31 + retry)));
}

/** A number in [0, 1) that looks random and depends on `seed` alone. */
function fraction(seed: number): number {
  let x = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b);
  x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}
