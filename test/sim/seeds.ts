/**
 * Seeds that found something once, with what it was. They are always run. A seed means something only as long as the
 * simulator draws as it did: the tests named after the failures, beside the code, are what keeps them away.
 */
export const FOUND_SEEDS: ReadonlyMap<number, string> = new Map([
  [47, "a run whose last tasks ended for the sake of another one ended twice"],
  [8, "deleting an ended task of an open run changed its counts in the store alone"],
  [30, "a task deleted twice in one turn was counted twice"],
  [32, "a blocked task waited for a retried parent after a restart only"],
  [1072, "a wait came back while the end of its task was still being appended"],
  [259, "a task that was deleted took the file of an equal result that was on its way with it"],
  [7106, "a large submission was refused for its end after its beginning had been accepted"],
  [3171, "a task that had expired and was retried expired again"],
  [942, "members of a list that was to be spread anew were opened again without it"],
  [484, "a wait for a task that was never written had no end"],
  [60_155, "a task that was marked after its end took its unique key from the one that had it by then"],
  [11_076, "a task that was marked as succeeded gave others a result that nobody had made"],
]);
