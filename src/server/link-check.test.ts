/** What a worker may say of files, statuses and resources, and what is refused before anything is made of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFrame } from "./link-check.ts";

const hash = "a".repeat(64);
/** What is wrong with the frame; empty when nothing is. */
const faultOf = (text: string): string => {
  const read = readFrame(text);
  return typeof read === "string" ? read : "";
};
const frame = (report: object): string =>
  JSON.stringify([{ type: "result", n: 1, task: 1, attempt: 1, report: { outcome: "failed", ...report } }]);

test("files of a report have paths that lead nowhere else, and hashes that are names of files", () => {
  for (const path of ["a", "a b/c/☃\n.txt", "..a", "a..", ".hidden", "x\\xff"]) {
    assert.equal(faultOf(frame({ artifacts: [{ path, hash, bytes: 0 }], status: 503 })), "");
  }
  const file = { path: "a", hash, bytes: 1 };
  const odd: unknown[] = [
    ...["", "/etc/passwd", "../up", "a/../b", "a//b", "./a", "a/", "nul\0", "x".repeat(5000), 7].map((path) => ({
      ...file,
      path,
    })),
    ...["", "../" + hash, hash.toUpperCase(), hash + "0", null].map((each) => ({ ...file, hash: each })),
    ...[-1, 1.5, "1", undefined].map((bytes) => ({ ...file, bytes })),
    ...[null, "a", []],
  ];
  for (const one of odd) assert.match(faultOf(frame({ artifacts: [file, one] })), /^artifacts must be a list/);
  assert.match(faultOf(frame({ artifacts: {} })), /^artifacts must be a list/);
  assert.match(faultOf(frame({ artifacts: Array.from({ length: 10_001 }, () => file) })), /at most 10000/);
  for (const status of [99, 600, "503", 4.5]) assert.match(faultOf(frame({ status })), /^the status of a report/);
});

test("resources of a worker are whole amounts by name", () => {
  const hello = {
    ...{ type: "hello", version: 1, name: "w", instance: "1", slots: 1, holds: [], host: "h", pid: 1, octopus: "1" },
    abilities: { kinds: [], functions: [] },
  };
  const say = (resources: unknown): string => faultOf(JSON.stringify([{ ...hello, resources }]));
  for (const good of [undefined, {}, { cpu: 4000, "gpu:0": 0 }]) assert.equal(say(good), "");
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`r${i}`, 1]));
  for (const bad of [null, [], "cpu", { cpu: -1 }, { cpu: 0.5 }, { cpu: "4" }, { "\u0007": 1 }, { "": 1 }, many]) {
    assert.match(say(bad), /^the resources of hello must be at most 64 amounts by name/, JSON.stringify(bad));
  }
});

test("plugins of a worker are hashes, with reasons for those that failed", () => {
  const say = (message: object): string => faultOf(JSON.stringify([{ type: "plugins", ...message }]));
  for (const good of [{ ready: [] }, { ready: [hash] }, { ready: [], failed: { [hash]: "x".repeat(100_000) } }])
    assert.equal(say(good), "");
  for (const bad of [{}, { ready: [7] }, { ready: ["../x"] }, { ready: Array.from({ length: 20_001 }, () => hash) }])
    assert.match(say(bad), /^plugins needs ready: at most 20000 hashes/);
  for (const bad of [[hash], { x: "y" }, "all"]) assert.match(say({ ready: [], failed: bad }), /^the failed ones/);
  assert.match(say({ ready: [], failed: { [hash]: 7 } }), /^the reason why a plugin failed must be text/);
});
