/**
 * Runs tasks that say `uses: NAME` by the executors that this worker was given. A throw of one is a failed attempt; what
 * its schema does not allow never reaches it.
 */
import type { AttemptReport } from "../../protocol/link.ts";
import type { AttemptContext, Executor } from "../executor.ts";
import type { CustomContext } from "./custom-context.ts";
import type { CustomExecutor } from "./custom-executor.ts";
import type { ExecutorPlace } from "./place.ts";

/** How often executors are asked whether they are ready. */
const ASK_MS = 2000;

export async function makeCustom(place: ExecutorPlace): Promise<Executor | undefined> {
  const { custom = [], settings } = place;
  const { executors: modules = [] } = settings;
  if (custom.length + modules.length === 0) return undefined;
  const { loadExecutors } = await import("./custom-load.ts");
  return createCustomExecutor(await loadExecutors(modules, custom), place);
}

export function createCustomExecutor(found: ReadonlyMap<string, CustomExecutor>, place: ExecutorPlace): Executor {
  const all = [...found.values()];
  const ready = (): CustomExecutor[] => all.filter((each) => each.isReady?.() !== false);
  const mayChange = all.some((each) => each.isReady !== undefined || each.labels !== undefined);
  const timer = mayChange ? setInterval(() => place.changed(), ASK_MS).unref() : undefined;
  return {
    kind: "custom",
    isReady: () => ready().length > 0,
    names: () => ready().map(({ name }) => `executor:${name}`),
    labels: () => Object.assign({}, ...all.map((each) => each.labels?.())) as Record<string, string>,
    execute: async (context) => execute(found, context, place),
    async close() {
      clearInterval(timer);
      await Promise.all(all.map(async (each) => each.close?.()));
    },
  };
}

async function execute(
  found: ReadonlyMap<string, CustomExecutor>,
  context: AttemptContext,
  place: ExecutorPlace,
): Promise<AttemptReport> {
  const { work } = context.assignment;
  if (work.kind !== "custom") throw new Error(`a ${work.kind} task came to the executors of this worker's own`);
  const { uses, with: given } = work.custom;
  const executor = found.get(uses);
  if (executor === undefined) {
    const message = `this worker has no executor named ${uses}; it has: ${[...found.keys()].join(", ")}`;
    return { outcome: "refused", error: { message, kind: "unknown_executor" } };
  }
  const startedAt = performance.now();
  const report = await reportOf(executor, given, context, place);
  report.durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
  return report;
}

async function reportOf(
  executor: CustomExecutor,
  given: Record<string, unknown>,
  context: AttemptContext,
  place: ExecutorPlace,
): Promise<AttemptReport> {
  const { CommandEnded, CustomContext } = await import("./custom-context.ts");
  const { checkGiven } = await import("./custom-given.ts");
  const { thrownReport, valueReport } = await import("./value-report.ts");
  const checked = await checkGiven(executor, given);
  if (!checked.isGood) {
    const message = `with does not fit the executor ${executor.name}: ${checked.problems.join("; ")}`;
    return { outcome: "failed", error: { message, kind: "invalid_input" }, retryable: false };
  }
  const own: CustomContext = new CustomContext(context, place);
  try {
    const answer = await executor.execute(own, checked.value as never);
    return answer instanceof CommandEnded ? answer.report : valueReport(answer, "executor");
  } catch (error) {
    return thrownReport(error, context.stopped);
  }
}
