/** A command that is kept in does all that a command does. */
import { codeConformance } from "../../../test/conformance/executor-code.ts";
import { executorConformance } from "../../../test/conformance/executor.ts";
import { shellScript } from "../../../test/conformance/steps.ts";
import type { Work } from "../../protocol/task.ts";
import type { SandboxWish } from "../../protocol/work/sandbox-parts.ts";
import { createShellExecutor } from "../executors/shell.ts";
import { SpawnerClient } from "../spawner/client.ts";
import { detectSandbox } from "./detect.ts";

const { can } = await detectSandbox();
const all: SandboxWish = {
  ...(can.has("network") && { network: "none" }),
  ...(can.has("files") && { files: "readonly" }),
  ...(can.has("processes") && { processes: "own" }),
  ...(can.has("limits") && { openFiles: 512 }),
};
const name = `shell with ${Object.keys(all).join(", ")}`;
const shell = (command: string, more: object = {}): Work => ({
  kind: "shell",
  shell: { command, sandbox: all, ...more },
});

executorConformance(name, async () => {
  const spawner = new SpawnerClient();
  return {
    executor: createShellExecutor({ spawner }),
    succeeds: shell("true"),
    fails: shell("exit 3"),
    neverEnds: shell("sleep 1000"),
    dispose: () => spawner.close(),
  };
});

codeConformance(name, async () => {
  const spawner = new SpawnerClient({ withheld: /^OCTOPUS_(ACCESS_TOKEN|WORKER_JOIN|CALLBACKS_SECRET)$/ });
  return {
    executor: createShellExecutor({ spawner }),
    write(steps, more) {
      const script = shellScript(steps);
      return typeof script === "string" ? shell(script, more) : script;
    },
    dispose: () => spawner.close(),
  };
});
