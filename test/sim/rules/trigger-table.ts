/** The table of triggers, written a second time: what a task may do, judged from how its needs have ended. */
import { isEnded } from "../../../src/base/words.ts";
import type { GraphBook, GraphTask } from "../graph-book.ts";

export type May = "wait" | "start" | "skipped" | "upstream_failed";

/** More than one answer where two ends in one batch allow for both. */
export function mayNow(graph: GraphBook, { definition, gone }: Pick<GraphTask, "definition" | "gone">): Set<May> {
  const { needs = [], node } = definition;
  const found = needs.flatMap((need) => (gone.has(need) ? [] : (graph.tasks.get(need) ?? [])));
  const open = found.some(({ state }) => !isEnded(state));
  const ended = found.filter(({ state }) => isEnded(state));
  const succeeded = gone.size > 0 || ended.some(({ state }) => state === "succeeded");
  const skipped = ended.some((need) => need.state === "skipped" && need.definition.node?.allowSkip !== true);
  const isFailed = ({ state }: GraphTask): boolean => state !== "succeeded" && state !== "skipped";
  const failed = ended.some((need) => isFailed(need));
  const failedHard = ended.some((need) => isFailed(need) && !need.allowed);
  const met = open ? "wait" : "start";
  const all = (...list: (May | false)[]): Set<May> => new Set(list.filter((each) => each !== false));
  switch (node?.trigger) {
    case "all_done":
      return all(met);
    case "any_succeeded":
      if (succeeded) return all("start");
      return all(open ? "wait" : needs.length === 0 ? "start" : failed ? "upstream_failed" : "skipped");
    case "any_failed":
      return all(failed ? "start" : open ? "wait" : "skipped");
    case "none_failed":
      return all(failedHard ? "upstream_failed" : met);
    default:
      if (!failedHard && !skipped) return all(met);
      return all(failedHard && "upstream_failed", skipped && "skipped");
  }
}
