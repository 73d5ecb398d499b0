/** Whether containers can run here, for `octopus doctor`. */
import { existsSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import { EngineClient } from "../worker/docker/client.ts";
import { engineHosts } from "../worker/docker/host.ts";
import type { Finding } from "./finding.ts";

const PING_MS_MAX = 2000;

/** An engine is no need: that there is none is worth a warning only where the settings want one. */
export async function checkEngine({ mode, host }: Config["worker"]["docker"]): Promise<Omit<Finding, "check">> {
  if (mode === "off") return { result: "ok", message: "not used here (worker.docker.mode is off)" };
  const hosts = engineHosts(host ?? undefined);
  let trouble: string | undefined;
  for (const each of hosts) {
    if (each.socketPath !== undefined && process.platform !== "win32" && !existsSync(each.socketPath)) continue;
    try {
      const { api, name } = await new EngineClient(each).ping(PING_MS_MAX);
      return { result: "ok", message: `${name} at ${each.shown}, API ${api}` };
    } catch (error) {
      trouble ??= `${each.shown}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  const advice = "start Docker or Podman, let this user use it (group docker), or name another with worker.docker.host";
  if (trouble !== undefined) return { result: "warn", message: `no container engine answers at ${trouble}`, advice };
  const message = "no container engine here; docker tasks run on other workers";
  return mode === "on" ? { result: "warn", message, advice } : { result: "ok", message };
}
