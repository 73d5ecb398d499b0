/** The executor of docs/guide/new-executor.md with a real SSH server, by the conformance suite and by what can go wrong. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { executor } from "../../examples/executors/ssh.ts";
import { Octopus } from "../../src/mod.ts";
import { WITHHELD } from "../../src/worker/attempt-env.ts";
import { createCustomExecutor } from "../../src/worker/executors/custom.ts";
import { testPlace } from "../../src/worker/executors/testing.ts";
import type { CustomExecutor } from "../../src/worker/executors/custom-executor.ts";
import { SpawnerClient } from "../../src/worker/spawner/client.ts";
import { codeConformance } from "../conformance/executor-code.ts";
import { shellScript } from "../conformance/steps.ts";
import { SshServer, withoutSsh } from "./ssh-server.ts";

const why = withoutSsh();
// On a developer's machine without it the tests say so; a build that cannot start one has not tested it.
if (why !== undefined && process.env["CI"] !== undefined) throw new Error(why);

if (why !== undefined) test("commands on another machine by ssh", { skip: why });
else {
  codeConformance("ssh", async () => {
    const server = await SshServer.start();
    const spawner = new SpawnerClient({ withheld: WITHHELD });
    const place = testPlace({ spawner: () => Promise.resolve(spawner) });
    return {
      // This server takes five at once that have not shown their key yet.
      atOnce: 4,
      executor: createCustomExecutor(new Map([["ssh", executor as CustomExecutor]]), place),
      write(steps, { env, stdin, ...more }) {
        const command = shellScript(steps);
        if (typeof command !== "string") return command;
        if (/OCTOPUS_(ARTIFACTS|OUTPUT|INPUTS)/.test(command)) return { why: "files stay on the other machine" };
        if ("maxOutput" in more || /head -c \d{7}/.test(command))
          return { why: "it keeps as much output as a command" };
        const given = { ...server.given, command, ...(env && { env }), ...(stdin !== undefined && { stdin }) };
        return { kind: "custom", custom: { uses: "ssh", with: given } };
      },
      async dispose() {
        await spawner.close();
        await server.stop();
      },
    };
  });

  describe("ssh in a program", () => {
    let server: SshServer;
    let octopus: Octopus;
    before(async () => {
      server = await SshServer.start();
      octopus = await Octopus.open({ dataDir: ":memory:", executors: [executor] });
    });
    after(async () => {
      await octopus.close(0);
      await server.stop();
    });

    test("a cancelled task leaves nothing on the other machine", async () => {
      const seconds = 100_000 + Math.floor(Math.random() * 1e8);
      const task = await octopus.submit({ uses: "ssh", with: { ...server.given, command: `sleep ${seconds}; echo` } });
      while (running(seconds).length === 0) await wait(20);
      await octopus.cancel(task.id);
      assert.equal((await task.wait()).state, "cancelled");
      while (running(seconds).length > 0) await wait(50);
    });

    test("a machine that is not there, a host that nobody knows and a wrong key are told apart from a command that fails", async () => {
      const end = async (given: object): Promise<[string | undefined, number | undefined, number]> => {
        const task = await octopus.submit({
          uses: "ssh",
          with: { ...server.given, command: "exit 7", ...given },
          retries: { limit: 1, delay: "10ms" },
        });
        const { error, exitCode, attempts } = await task.wait();
        return [error?.message, exitCode, attempts.length];
      };
      assert.deepEqual(await end({}), ["exited with code 7", 7, 2]);
      const [gone, , tries] = await end({ port: 1 });
      assert.match(gone!, /^127\.0\.0\.1: .*Connection refused/);
      assert.equal(tries, 2, "it may come back");
      const [stranger, , once] = await end({ knownHosts: "/dev/null" });
      assert.match(stranger!, /Host key verification failed/);
      assert.equal(once, 1);
      assert.match((await end({ host: "-oProxyCommand=x" }))[0]!, /with\.host/);
    });
  });
}

/** Processes that sleep for so many seconds. */
function running(seconds: number): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(String(seconds));
    } catch {
      return false;
    }
  });
}
