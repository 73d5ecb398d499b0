/** WebAssembly tasks with real modules, made from instructions. Each test says what the module tries. */
import assert from "node:assert/strict";
import { codeConformance } from "../../../test/conformance/executor-code.ts";
import { executorConformance } from "../../../test/conformance/executor.ts";
import type { Step } from "../../../test/conformance/steps.ts";
import { wasmSteps } from "../../../test/wasm/programs.ts";
import { Bench } from "../../../test/wasm/bench.ts";

function steps(...all: Step[]): Uint8Array {
  const module = wasmSteps(all);
  assert.ok(!("why" in module));
  return module;
}

executorConformance("wasm", async () => {
  const bench = new Bench();
  return {
    executor: bench.executor,
    succeeds: bench.work(steps({ print: "hi" })),
    fails: bench.work(steps({ exit: 3 })),
    neverEnds: bench.work(steps({ spin: true })),
    dispose: () => bench.close(),
  };
});

codeConformance("wasm", async () => {
  const bench = new Bench();
  return {
    executor: bench.executor,
    write(all, more) {
      const module = wasmSteps(all);
      // A module is not asked to end.
      const { maxOutput, env, stdin, outputs } = more;
      return "why" in module ? module : bench.work(module, { maxOutput, env, stdin, outputs });
    },
    dispose: () => bench.modules.close(),
  };
});
