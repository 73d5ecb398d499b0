import assert from "node:assert/strict";
import { arch, hostname } from "node:os";
import { test } from "node:test";
import { attemptEnv, resourceVariable } from "./attempt-env.ts";
import { describeWorker } from "./describe.ts";

const gpus = [0, 1, 2].map((index) => ({ index, name: "NVIDIA RTX 4090" }));

test("each worker says its system, and what it is told beside that; its name is its own", () => {
  const labels = { zone: "attic", os: "plan9", name: "other" };
  const described = describeWorker({ name: "w", labels, resources: { cpu: 2000 } }, [], undefined);
  assert.deepEqual(described.labels, {
    os: "plan9",
    arch: arch(),
    host: hostname().replace(/[^A-Za-z0-9_.:/+-]+/g, "-"),
    zone: "attic",
    name: "w",
  });
});

test("GPUs are offered where nobody said what is, and only those that the worker may use itself", () => {
  const said = { name: "w", resources: { cpu: 2000 }, findsGpus: true };
  const all = describeWorker(said, gpus, undefined);
  assert.deepEqual([all.resources, all.units], [{ cpu: 2000, gpu: 3000 }, { gpu: ["0", "1", "2"] }]);
  assert.equal(all.labels["gpu"], "nvidia-rtx-4090");
  assert.deepEqual(describeWorker(said, gpus, "2,0").units, { gpu: ["0", "2"] });
  assert.deepEqual(describeWorker(said, gpus, "").units, {});
  assert.deepEqual(describeWorker({ ...said, findsGpus: false }, gpus, undefined).resources, { cpu: 2000 });
  const own = { ...said, resources: { gpu: 2000 }, units: { gpu: ["a", "b"] } };
  assert.deepEqual(describeWorker(own, gpus, undefined).units, { gpu: ["a", "b"] });
});

const assignment = {
  ...{ task: 1, attempt: 2, id: "t1", type: "shell", arm: "default", timeoutMs: 0 },
  work: { kind: "shell", shell: { command: "true" } },
} as const;

test("a task sees the units that it was given, and no GPU without asking for one", () => {
  const units = { gpu: ["0", "2"], "my-licence": ["a"] };
  const env = attemptEnv({ ...assignment, units }, { CUDA_VISIBLE_DEVICES: "7", OWN: "1" }, { hasGpus: true });
  assert.equal(env["CUDA_VISIBLE_DEVICES"], "0,2");
  assert.equal(env["CUDA_DEVICE_ORDER"], "PCI_BUS_ID");
  assert.deepEqual([env["OCTOPUS_RESOURCE_GPU"], env["OCTOPUS_RESOURCE_MY_LICENCE"]], ["0,2", "a"]);
  assert.deepEqual([env["OWN"], env["OCTOPUS_TASK_ID"], env["OCTOPUS_ATTEMPT"]], ["1", "t1", "2"]);
  assert.equal(attemptEnv(assignment, undefined, { hasGpus: true })["CUDA_VISIBLE_DEVICES"], "");
  assert.equal(attemptEnv(assignment, { CUDA_VISIBLE_DEVICES: "7" }, { hasGpus: true })["CUDA_VISIBLE_DEVICES"], "7");
  assert.equal("CUDA_VISIBLE_DEVICES" in attemptEnv(assignment, undefined, { hasGpus: false }), false);
  assert.equal(resourceVariable("a.b/c"), "OCTOPUS_RESOURCE_A_B_C");
});
