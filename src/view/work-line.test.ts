/** The lines that lists show of tasks: written by hand here, read by the protocol as a server would. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTask } from "../protocol/task-fast.ts";
import type { TaskSubmission } from "../protocol/task.ts";
import { workLine } from "./work-line.ts";

test("what a task does stands in one line, whatever its kind", () => {
  const line = (task: TaskSubmission): string | undefined => workLine(parseTask(task).work);
  assert.equal(line({ shell: "make all" }), "make all");
  assert.equal(line({ http: "POST http://x/y {}" }), "POST http://x/y");
  assert.equal(line({ call: "f", input: 1 }), undefined);
  assert.equal(line({ plugin: "report@2" }), "report@2()");
  const values = { name: "report", action: "weekly", args: [1, "a"], kwargs: { draft: null } };
  assert.equal(line({ plugin: values }), 'report.weekly(1, "a", draft=null)');
  assert.equal(line({ docker: { image: "alpine:3", command: "ls | wc" } }), "alpine:3 ls | wc");
  assert.equal(line({ docker: { image: "alpine:3", command: ["ls", "-l"] } }), "alpine:3 ls -l");
  assert.equal(line({ wasm: { module: "resize", args: ["--width", "8"] } }), "resize --width 8");
  assert.equal(line({ uses: "ssh", with: { host: "box", port: 22 } }), 'ssh host="box", port=22');
  assert.equal(line({ uses: "ssh" }), "ssh");
  assert.equal(workLine(null), undefined);
});
