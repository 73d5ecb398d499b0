/** What a task asks for beyond what it does. Most tasks ask for the same, so equal policies are one object. */
import type { AttemptOutcome } from "../base/words.ts";

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
const LOST_LIMIT = 10;

/** What is known of a failure, as far as policies ask. */
export interface Failure {
  readonly outcome: AttemptOutcome;
  readonly exitCode?: number | undefined;
  readonly error?: { readonly kind?: string | undefined } | undefined;
  readonly status?: number | undefined;
  /** False: another try is known to be useless. */
  readonly retryable?: boolean | undefined;
}

/** The policy as it is after this failure: with the right limit, and what the first rule that fits says. */
export function policyAfter(policy: Policy, failure: Failure): Policy {
  const rule = policy.rules?.find((each) => fits(each, failure));
  const usual = failure.retryable === false ? 0 : retryLimit(policy, failure.exitCode);
  if (rule === undefined) return usual === policy.retryLimit ? policy : { ...policy, retryLimit: usual };
  const { limit = usual, backoff = policy.backoff, delayMs = policy.delayMs, maxDelayMs = policy.maxDelayMs } = rule;
  return { ...policy, retryLimit: limit, backoff, delayMs, maxDelayMs };
}

/** How often the worker of a task may vanish. */
export function lossLimit(policy: Policy): number {
  const rule = policy.rules?.find(({ errors }) => errors?.includes("lost") === true);
  return rule?.limit === undefined ? LOST_LIMIT : rule.limit + 1;
}

function fits({ exitCodes, errors, statuses }: RetryRule, { exitCode, error, status, outcome }: Failure): boolean {
  if (exitCodes !== undefined && (exitCode === undefined || !exitCodes.includes(exitCode))) return false;
  if (errors !== undefined) {
    const word = outcome === "timed_out" ? "timeout" : outcome;
    if (!errors.includes(word) && (error?.kind === undefined || !errors.includes(error.kind))) return false;
  }
  if (statuses === undefined) return true;
  return status !== undefined && statuses.some((each) => (each < 10 ? Math.floor(status / 100) : status) === each);
}

/** How many retries a failure with this exit code may have in all. */
function retryLimit(policy: Policy, exitCode: number | undefined): number {
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
