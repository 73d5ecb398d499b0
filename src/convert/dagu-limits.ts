/** What a step of Dagu may take, what is done when it fails, and how often it is done. */
import type { Json } from "../base/words.ts";
import { seconds } from "./draft.ts";
import { isMapping, listOf, type Mapping } from "./source.ts";

type Lose = (key: string, message: string) => void;

export function readLimits(step: Mapping, made: Mapping, lose: Lose): void {
  const timeout = step["timeoutSec"] ?? step["timeout_sec"] ?? step["timeout"];
  if (typeof timeout === "number" && timeout > 0) made["timeout"] = seconds(timeout);
  readContinue(step["continueOn"] ?? step["continue_on"], made, lose);
  readRetry(step["retryPolicy"] ?? step["retry_policy"], made, lose);
  readRepeat(step["repeatPolicy"] ?? step["repeat_policy"], made, lose);
}

function readContinue(value: Json | undefined, made: Mapping, lose: Lose): void {
  if (value === undefined) return;
  const about: Mapping = isMapping(value) ? value : { [value === "skipped" ? "skipped" : "failure"]: true };
  if (about["output"] !== undefined) lose("continueOn", "output: exit codes say what may be");
  if (about["failure"] === true || about["failed"] === true) made["allowFailure"] = true;
  if (about["markSuccess"] === true || about["mark_success"] === true)
    lose("continueOn", "markSuccess: a run in which something failed ends as partial");
  const codes = listOf(about["exitCode"] ?? about["exit_code"]).filter((code) => typeof code === "number");
  if (codes.length > 0 && about["skipped"] !== true) made["continueOn"] = codes;
  else if (about["skipped"] === true)
    made["continueOn"] = { skipped: true, ...(codes.length > 0 && { exitCodes: codes }) };
}

function readRetry(value: Json | undefined, made: Mapping, lose: Lose): void {
  if (!isMapping(value)) return;
  const limit = Number(value["limit"]);
  const interval = Number(value["intervalSec"] ?? value["interval_sec"] ?? 0);
  if (!Number.isInteger(limit) || !Number.isFinite(interval))
    return lose("retryPolicy", "limit and intervalSec must be numbers");
  const backoff = value["backoff"];
  const most = Number(value["maxIntervalSec"] ?? value["max_interval_sec"]);
  const codes = listOf(value["exitCode"] ?? value["exit_code"]).filter((code) => typeof code === "number");
  const isGrowing = backoff === true || (typeof backoff === "number" && backoff > 1);
  if (typeof backoff === "number" && backoff > 1 && backoff !== 2)
    lose("retryPolicy", `backoff ${backoff}: here it is 2`);
  if (limit < 1) return;
  made["retries"] = {
    limit,
    delay: seconds(interval),
    ...(isGrowing && { backoff: "exponential" }),
    ...(isGrowing && most > 0 && { maxDelay: seconds(most) }),
    ...(codes.length > 0 && { exitCodes: codes }),
  };
}

const REPEAT_LIMIT_MAX = 1_000_000;

function readRepeat(value: Json | undefined, made: Mapping, lose: Lose): void {
  if (!isMapping(value) || value["repeat"] === false) return;
  const { repeat, condition, limit } = value;
  if (condition !== undefined || value["exitCode"] !== undefined || value["exit_code"] !== undefined)
    return lose(
      "repeatPolicy",
      "a condition of a shell: write repeat: {until: …} over outputs, or retries for exit codes",
    );
  if (repeat !== true && repeat !== "while")
    return lose("repeatPolicy", `repeat: ${JSON.stringify(repeat)} needs a condition`);
  const interval = Number(value["intervalSec"] ?? value["interval_sec"] ?? 0);
  if (typeof limit !== "number") lose("repeatPolicy", `it repeats without end; here ${REPEAT_LIMIT_MAX} times`);
  made["repeat"] = { interval: seconds(interval), limit: typeof limit === "number" ? limit : REPEAT_LIMIT_MAX };
}
