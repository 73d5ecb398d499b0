/** The docker executor of a worker, for a test's engine, and work for it. */
import type { Work } from "../../src/protocol/task.ts";
import { DockerWork } from "../../src/protocol/work/docker.ts";
import type { Executor } from "../../src/worker/executor.ts";
import { makeDocker } from "../../src/worker/executors/docker.ts";
import { testPlace } from "../../src/worker/executors/testing.ts";
import { IMAGE, type TestEngine } from "./engine.ts";

export interface Place {
  volumes?: string[];
  dir?: string;
  hasGpus?: boolean;
  changed?: () => void;
  said?: string[];
  lookEveryMs?: number;
}

export async function dockerExecutor({ host }: Pick<TestEngine, "host">, place: Place = {}): Promise<Executor> {
  const { volumes = [], dir, hasGpus = false, changed = () => undefined, said = [], lookEveryMs } = place;
  const say = (_fields: object, message: string): void => void said.push(message);
  const whole = testPlace({
    settings: { name: "w1", slots: 4, docker: { mode: "on", host, volumes }, ...(dir !== undefined && { dir }) },
    hasGpus,
    log: { info: say, warn: say, error: say },
    changed,
  });
  return (await makeDocker(whole, lookEveryMs))!;
}

/** Work as a task may say it; by default with the test's image and without a network, which is quicker. */
export function docker(work: Record<string, unknown>): Work {
  return { kind: "docker", docker: DockerWork.parse({ image: IMAGE, network: "none", ...work }) };
}
