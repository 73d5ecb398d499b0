import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorkerView } from "../protocol/worker-views.ts";
import { absenceWords, capacityOf, fleetWords, joinLines, usageShares, workerWords } from "./fleet.ts";

const worker = (more: Partial<WorkerView>): WorkerView => ({
  ...{
    name: "w",
    state: "online",
    slots: 4,
    active: 1,
    kinds: ["shell"],
    functions: [],
    host: "h",
    pid: 1,
    octopus: "1",
  },
  connectedAt: "2026-11-21T12:00:00.000Z",
  ...more,
});
const away = { connectedAt: undefined } as unknown as Partial<WorkerView>;

test("a silent worker is told from one whose connection is lost, and that from one that is gone", () => {
  const idle = worker({ state: "idle" });
  const lost = worker({ state: "idle", ...away });
  const gone = worker({ state: "offline", leftReason: "it said goodbye", ...away });
  const drained = worker({ state: "draining", held: true });
  assert.deepEqual([idle, lost, gone, drained].map(workerWords), ["idle", "connection lost", "offline", "drained"]);
  assert.equal(workerWords(worker({ state: "offline", held: true, ...away })), "offline, drained");
  assert.equal(fleetWords([idle, lost, gone, drained]), "1 lost, 1 offline, 1 draining, 1 idle");
  assert.equal(fleetWords([]), "no workers");
  assert.deepEqual([idle, drained].map(absenceWords), [undefined, undefined]);
  assert.match(absenceWords(lost)!, /once its lease has run out/);
  assert.equal(absenceWords(gone), "It is gone: it said goodbye.");
});

test("capacity sums what is there", () => {
  const sums = capacityOf([
    worker({ resources: { cpu: { total: 4, used: 1.5 }, gpu: { total: 2, used: 1, units: ["0", "1"] } } }),
    worker({ slots: 2, active: 2, resources: { cpu: { total: 2, used: 0 } } }),
    worker({ state: "offline", slots: 100 }),
    worker({ state: "idle", slots: 100, ...away }),
  ]);
  assert.deepEqual(sums, [
    { name: "slots", total: 6, used: 3 },
    { name: "cpu", total: 6, used: 1.5 },
    { name: "gpu", total: 2, used: 1 },
  ]);
});

test("what a machine uses is said as far as it is known", () => {
  assert.deepEqual(usageShares(undefined), []);
  const shares = usageShares({ cpu: 0.414, cores: 1, memoryBytes: 4e9, memoryUsedBytes: 1e9, diskBytes: 10, gpus: [] });
  assert.deepEqual(
    shares.map(({ name, words }) => `${name} ${words}`),
    ["CPU 41% of 1 core", "Memory 954 MiB of 3.7 GiB"],
  );
  const gpus = [
    { index: 0, name: "a", load: 0.5 },
    { index: 1, name: "b" },
  ];
  assert.deepEqual(usageShares({ gpus }), [{ name: "GPU", share: 0.5, words: "50% of 1 GPU" }]);
});

test("the line that starts a worker has what it needs, quoted", () => {
  const open = { url: "http://127.0.0.1:8000", isOpen: true };
  const wishes = { name: "my box", slots: "8", labels: "" };
  assert.deepEqual(
    joinLines(open, undefined, wishes).map(({ line }) => line),
    ["octopus worker --server http://127.0.0.1:8000 --slots 8 --name 'my box'"],
  );
  const shut = { url: "https://10.0.0.1:8000", fingerprint: "ab12", isOpen: false };
  const lines = joinLines(shut, "octojoin_x", { name: "", slots: "", labels: "zone=attic" }).map(({ line }) => line);
  assert.deepEqual(lines, [
    "octopus worker --join octojoin_x --labels zone=attic",
    "umask 077 && printf %s octojoin_x > join-token && octopus worker --join @join-token --labels zone=attic",
    "octopus worker --server https://10.0.0.1:8000 --trust ab12 --labels zone=attic",
  ]);
});
