/** For tests and benchmarks: the worker around an executor, as far as an executor sees it. */
import { FunctionRegistry } from "../functions.ts";
import type { ExecutorPlace } from "./place.ts";

/** A place that has nothing but what `parts` give it: what is asked for beside that fails. */
export function testPlace(parts: Partial<ExecutorPlace> = {}): ExecutorPlace {
  const none = (): Promise<never> => Promise.reject(new Error("this is not there in this test"));
  return {
    settings: { name: "w", slots: 8 },
    fetch: none,
    spawner: none,
    functions: new FunctionRegistry(),
    hasGpus: false,
    log: { info() {}, warn() {}, error() {} },
    firstLook: (look) => look,
    changed() {},
    tellPlugins() {},
    ...parts,
  };
}
