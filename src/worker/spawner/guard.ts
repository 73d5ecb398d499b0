/** Names the worker that started a spawner, in the spawner's environment alone: its commands do not inherit it. */
export const GUARD_VARIABLE = "OCTOPUS_SPAWNER_PARENT";

/** `ffi` or `spawn`: which implementation to use. Absent = the best that works here. */
export const KIND_VARIABLE = "OCTOPUS_SPAWNER";
