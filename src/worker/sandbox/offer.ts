/** What a worker says of the sandboxes that it can make. To know, it starts a few processes. */
import type { ExecutorPlace } from "../executors/place.ts";

type Place = Pick<ExecutorPlace, "changed" | "firstLook" | "log">;

/** The labels, as soon as they are known; what is known too late for the first hello is told by `changed`. */
export async function sandboxOffer({ changed, firstLook, log }: Place): Promise<() => Record<string, string>> {
  if (process.platform !== "linux") return () => ({});
  let labels: Record<string, string> = {};
  const find = async (): Promise<true> => {
    try {
      const { detectSandbox, sandboxLabels } = await import("./detect.ts");
      labels = sandboxLabels(await detectSandbox());
    } catch (error) {
      log.warn({ error: String(error) }, "what sandboxes work here could not be found out");
    }
    return true;
  };
  const look = find();
  const isKnown = await firstLook(look);
  if (isKnown === undefined) void look.then(changed);
  return () => labels;
}
