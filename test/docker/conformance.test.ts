/** The docker executor keeps the promises of an executor, with a real container engine. */
import { test } from "node:test";
import { executorConformance } from "../conformance/executor.ts";
import { codeConformance } from "../conformance/executor-code.ts";
import { shellScript } from "../conformance/steps.ts";
import { TestEngine, withoutEngine } from "./engine.ts";
import { docker, dockerExecutor } from "./executor.ts";

/** A container takes a quarter of a second. */
const MANY = 12;

const why = withoutEngine();
if (why !== undefined) test("the docker executor keeps the promises of an executor", { skip: why });
else {
  executorConformance("docker", async () => {
    const engine = await TestEngine.start();
    return {
      executor: await dockerExecutor(engine),
      many: MANY,
      succeeds: docker({ command: ["true"] }),
      fails: docker({ command: ["false"] }),
      neverEnds: docker({ command: ["sleep", "1000"] }),
      dispose: () => engine.stop(),
    };
  });
  codeConformance("docker", async () => {
    const engine = await TestEngine.start();
    return {
      executor: await dockerExecutor(engine),
      many: MANY,
      write(steps, more) {
        const command = shellScript(steps);
        return typeof command === "string" ? docker({ command, ...more }) : command;
      },
      dispose: () => engine.stop(),
    };
  });
}
