/** Choices of a task's form, in words. */

export const ONLOST_WORDS = {
  requeue: "try again: at least once",
  fail: "fail: at most once",
} as const;

export const PLACEMENT_WORDS = {
  spread: "the one with the most room",
  pack: "the one with the least room that fits",
} as const;

export const SCOPE_WORDS = {
  active: "until it has ended",
  queued: "until it starts",
  period: "for a time",
} as const;

export const POLICY_WORDS = {
  return: "is the first one: nothing new",
  replace: "takes the place of the first",
  reject: "is refused",
} as const;
