/** Settings of one arm. */
import { NAME, NAME_FORM, setting } from "../setting.ts";
import { duration, list, orNone, rate, RATE_FORM, shaped, whole, yesNo } from "../values.ts";

/** Settings of one arm. `none` is what the arm has when nobody says anything. */
export const armSettings = {
  enabled: setting(yesNo(), "true", "Whether tasks of this arm may start; false pauses it."),
  draining: setting(yesNo(), "false", "Whether it takes no new tasks, while those that wait still run."),
  maxParallel: setting(
    orNone(whole(1, 1_000_000), "a whole number from 1 to 1000000"),
    "none",
    "Most tasks of this arm that run at once.",
  ),
  weight: setting(whole(1, 1000), "1", "Its share of the slots when several arms have work."),
  maxQueued: setting(
    orNone(whole(1, 1_000_000_000), "a whole number from 1 to 1000000000"),
    "none",
    "Most tasks that wait in it; beyond it submissions are refused.",
  ),
  rate: setting(orNone(rate(), RATE_FORM), "none", "Most starts in a stretch of time: `10/1s`, `100/1m/20`."),
  aging: setting(
    orNone(duration(), "a duration such as 5m"),
    "none",
    "A waiting task counts as one priority higher for each such time; none and 0s are strict.",
  ),
  timeout: setting(
    orNone(duration(1), "a duration such as 90s or 1h30m"),
    "none",
    "Longest time of its tasks that name none.",
  ),
  retries: setting(
    orNone(whole(0, 1000), "a whole number from 0 to 1000"),
    "none",
    "Retries of its tasks that name none.",
  ),
  handler: setting(
    orNone(shaped(NAME_FORM, NAME), NAME_FORM),
    "none",
    "Function that runs its tasks that have only a type.",
  ),
  types: setting(
    orNone(list("a list of names", NAME), "a list of names"),
    "none",
    "Types whose tasks come to this arm when they name none.",
  ),
};

/** Defaults within one arm. */
export const ARM_DEFAULTS: Record<keyof typeof armSettings, unknown> = {
  enabled: true,
  draining: false,
  maxParallel: null,
  weight: 1,
  maxQueued: null,
  rate: null,
  aging: null,
  timeout: null,
  retries: null,
  handler: null,
  types: null,
};
