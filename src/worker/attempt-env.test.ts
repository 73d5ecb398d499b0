/** What of the worker's own environment reaches commands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt } from "../../test/conformance/executor.ts";
import { KEYS, NAMED_SECTIONS, namedKeys, secretKey } from "../config/keys.ts";
import { WITHHELD } from "./attempt-env.ts";
import { createShellExecutor } from "./executors/shell.ts";

const NAMED = NAMED_SECTIONS.flatMap((section) => namedKeys(section, "push"));
const SECRETS = [...[...KEYS, ...NAMED].filter(({ about }) => about.secret === true), secretKey("hook")].map(
  (key) => key.variable,
);

test("every setting that is a secret is withheld from commands, and no other one", () => {
  assert.ok(SECRETS.includes("OCTOPUS_TRIGGERS_PUSH_SECRET") && SECRETS.includes("OCTOPUS_ADAPTERS_PUSH_WITH"));
  assert.ok(SECRETS.includes("OCTOPUS_ACCESS_TOKEN") && SECRETS.includes("OCTOPUS_WORKER_JOIN"), String(SECRETS));
  for (const variable of SECRETS) assert.match(variable, WITHHELD);
  for (const { variable, about } of KEYS) if (about.secret !== true) assert.doesNotMatch(variable, WITHHELD);
});

test("a command that prints its environment prints no secret of its worker, and what the task says itself", async () => {
  for (const variable of SECRETS) process.env[variable] = "of the worker";
  process.env["OCTOPUS_TEST_PLAIN"] = "plain";
  const executor = createShellExecutor();
  try {
    const own = { OCTOPUS_ACCESS_TOKEN: "of the task" };
    const running = attempt(executor, { kind: "shell", shell: { command: "env", env: own } });
    assert.equal((await running.report).outcome, "succeeded");
    const said = running.log.map(({ text }) => text).join("");
    assert.match(said, /^OCTOPUS_TEST_PLAIN=plain$/m);
    assert.match(said, /^OCTOPUS_ACCESS_TOKEN=of the task$/m);
    assert.doesNotMatch(said, /of the worker/);
  } finally {
    for (const variable of [...SECRETS, "OCTOPUS_TEST_PLAIN"]) delete process.env[variable];
    await executor.close?.();
  }
});
