// What the engine is told of a container: the parts that no engine without GPUs can show.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Assignment } from "../../protocol/link.ts";
import { DockerWork } from "../../protocol/work/docker.ts";
import { containerBody } from "./create.ts";

interface Body {
  Env: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  HostConfig: { DeviceRequests?: object[]; Init: boolean; PidsLimit: number; Memory?: number; MemorySwap?: number };
}

function bodyOf(work: Record<string, unknown>, units?: Assignment["units"], hasGpus = true): Body {
  const docker = DockerWork.parse({ image: "i", command: ["x"], ...work });
  const base = { task: 1, attempt: 1, id: "t1", type: "docker", arm: "default", timeoutMs: 0 };
  const assignment: Assignment = { ...base, work: { kind: "docker", docker }, ...(units !== undefined && { units }) };
  const rest = { mounts: [], files: {}, hasInit: true, owner: "o", worker: "w" };
  return containerBody({ work: docker, assignment, hasGpus, ...rest }) as unknown as Body;
}
const cuda = ({ Env }: Body): string[] => Env.filter((each) => /^(CUDA|NVIDIA)_VISIBLE/.test(each));

test("a container gets the GPUs that it was given, and counts them from 0", () => {
  const given = bodyOf({}, { gpu: ["2", "3"] });
  const request = { Driver: "", Capabilities: [["gpu"]] };
  assert.deepEqual(given.HostConfig.DeviceRequests, [{ ...request, DeviceIDs: ["2", "3"] }]);
  assert.deepEqual(cuda(given), []);
  assert.ok(given.Env.includes("OCTOPUS_RESOURCE_GPU=2,3"));
  assert.deepEqual(bodyOf({ gpus: "all" }).HostConfig.DeviceRequests, [{ ...request, Count: -1 }]);
  assert.deepEqual(bodyOf({ gpus: 2 }).HostConfig.DeviceRequests, [{ ...request, Count: 2 }]);
});

test("one that asked for none sees none, also where the engine gives them to everybody", () => {
  assert.deepEqual(cuda(bodyOf({})), ["NVIDIA_VISIBLE_DEVICES=void"]);
  assert.deepEqual(cuda(bodyOf({}, undefined, false)), []);
  assert.deepEqual(cuda(bodyOf({ env: { NVIDIA_VISIBLE_DEVICES: "0" } })), ["NVIDIA_VISIBLE_DEVICES=0"]);
});

test("a text is for a shell, whatever the image starts; a list and an entrypoint are as they stand", () => {
  const said = (work: Record<string, unknown>) => {
    const { Entrypoint, Cmd } = bodyOf(work);
    return { Entrypoint, Cmd };
  };
  assert.deepEqual(said({ command: "a b" }), { Entrypoint: ["/bin/sh", "-c"], Cmd: ["a b"] });
  assert.deepEqual(said({ command: ["a", "b"] }), { Entrypoint: undefined, Cmd: ["a", "b"] });
  assert.deepEqual(said({ command: ["b"], entrypoint: "a" }), { Entrypoint: ["a"], Cmd: ["b"] });
  // None at all is said by an empty one: an empty list would leave that of the image.
  assert.deepEqual(said({ command: ["b"], entrypoint: [] }), { Entrypoint: [""], Cmd: ["b"] });
});

test("there is no swap beside the memory, and a bound on processes by itself", () => {
  const { Memory, MemorySwap, PidsLimit, Init } = bodyOf({ memory: "64MiB" }).HostConfig;
  assert.deepEqual(
    { Memory, MemorySwap, PidsLimit, Init },
    { Memory: 2 ** 26, MemorySwap: 2 ** 26, PidsLimit: 4096, Init: true },
  );
  assert.equal(bodyOf({ init: false, processes: 7 }).HostConfig.Init, false);
});
