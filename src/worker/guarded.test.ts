/** The worker's own policy, in front of real commands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt } from "../../test/conformance/executor.ts";
import { policySettings } from "../policy/settings.ts";
import type { Work } from "../protocol/task.ts";
import { createShellExecutor } from "./executors/shell.ts";
import { guarded } from "./guarded.ts";

const shell = (command: string): Work => ({ kind: "shell", shell: { command } });

test("what it refuses is never started, and is not tried again; what it warns of runs; the rest is as without it", async () => {
  const rules = {
    "no-id": { deny: { program: "id" }, why: "nobody needs to know" },
    "for-people": { deny: { program: "echo" }, roles: ["admin"] },
    slow: { warn: { program: "sleep" } },
  };
  const executor = guarded(createShellExecutor(), policySettings({ rules }));
  try {
    const refused = attempt(executor, shell("echo before; sudo id"));
    assert.deepEqual(await refused.report, {
      outcome: "failed",
      error: {
        message:
          'this worker refuses it by its own command policy: the rule no-id: "sudo id": nobody needs to know ' +
          "(worker.policy in its settings)",
        kind: "policy",
      },
      retryable: false,
      durationMs: 0,
    });
    assert.deepEqual(refused.log, []);
    assert.equal((await attempt(executor, shell("rm -rf /")).report).error?.kind, "policy");

    const warned = attempt(executor, shell("sleep 0; echo hello"));
    assert.equal((await warned.report).outcome, "succeeded");
    assert.deepEqual(
      warned.log.map(({ stream, text }) => [stream, text]),
      [
        ["log", 'this worker\'s command policy warns: the rule slow: "sleep 0": an operator has ruled so\n'],
        ["stdout", "hello\n"],
      ],
    );
  } finally {
    await executor.close?.();
  }
});
