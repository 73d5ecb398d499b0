/** Kinds of work that need nothing beside this machine: commands, functions, and an executor of one's own. */
import { setTimeout as wait } from "node:timers/promises";
import { createCallExecutor } from "../../src/worker/executors/call.ts";
import { testPlace } from "../../src/worker/executors/testing.ts";
import { createCustomExecutor } from "../../src/worker/executors/custom.ts";
import type { CustomExecutor, ExecutorContext } from "../../src/worker/executors/custom-executor.ts";
import { createShellExecutor } from "../../src/worker/executors/shell.ts";
import type { FunctionContext } from "../../src/worker/function-context.ts";
import { FunctionRegistry } from "../../src/worker/functions.ts";
import { WITHHELD } from "../../src/worker/attempt-env.ts";
import type { Json } from "../../src/base/words.ts";
import { SpawnerClient } from "../../src/worker/spawner/client.ts";
import { codeConformance, type More } from "./executor-code.ts";
import { shellScript, type Step } from "./steps.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";

codeConformance("shell", async () => {
  const spawner = new SpawnerClient({ withheld: WITHHELD });
  return {
    executor: createShellExecutor({ spawner }),
    write(steps, more) {
      const command = shellScript(steps);
      return typeof command === "string" ? { kind: "shell", shell: { command, ...more } } : command;
    },
    dispose: () => spawner.close(),
  };
});

codeConformance("an executor of one's own", async () => {
  const spawner = new SpawnerClient({ withheld: WITHHELD });
  const place = testPlace({ spawner: () => Promise.resolve(spawner) });
  return {
    executor: createCustomExecutor(new Map([["steps", STEPS as CustomExecutor]]), place),
    write: (steps, more) => ({ kind: "custom", custom: { uses: "steps", with: { steps, more } as never } }),
    dispose: () => spawner.close(),
  };
});

/** Runs its steps by a shell, but for those that an executor does itself. */
const STEPS: CustomExecutor<{ steps: Step[]; more: More }> = {
  name: "steps",
  async execute(context: ExecutorContext, { steps, more }) {
    const values: Record<string, number> = {};
    for (const step of steps) {
      if ("artifact" in step) await context.artifact(step.artifact, step.text);
      else if ("progress" in step) context.progress(step.progress, step.message);
      else if ("output" in step) values[step.output] = Number(step.value);
    }
    const rest = steps.filter((step) => !("artifact" in step || "progress" in step || "output" in step));
    const { outputs: _, ...options } = more;
    const end = await context.run({ argv: ["/bin/sh", "-c", shellScript(rest) as string], ...options });
    return Object.keys(values).length > 0 ? values : end;
  },
};

codeConformance("call", async () => {
  const functions = new FunctionRegistry();
  functions.register("steps", doSteps);
  return {
    executor: createCallExecutor(functions),
    prints: "log",
    write(steps, more) {
      if (Object.keys(more).some((key) => key !== "grace")) return { why: "functions have input, and nothing else" };
      const odd = steps.find((step) => ODD.some((word) => word in step));
      if (odd !== undefined) return { why: `functions share the process of their worker: ${JSON.stringify(odd)}` };
      if (steps.some((step) => "variable" in step)) return { why: "functions read context.task, not the environment" };
      return { kind: "call", call: "steps", input: steps as unknown as Json };
    },
  };
});

const ODD = ["spin", "child", "deaf", "crash", "to"];

async function doSteps(steps: readonly Step[], context: FunctionContext): Promise<void> {
  for (const step of steps) {
    if ("print" in step) context.log(`${step.print}\n`.repeat(step.times ?? 1));
    else if ("sleep" in step) await wait(step.sleep, undefined, { signal: context.signal });
    else if ("exit" in step) throw new Error(`exit ${step.exit}`);
    else if ("artifact" in step) await context.artifact(step.artifact, step.text);
    else if ("input" in step) context.log(readFileSync(join(context.inputs!, step.input), "utf8"));
    else if ("progress" in step) context.progress(step.progress, step.message);
  }
}
