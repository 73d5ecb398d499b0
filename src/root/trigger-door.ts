/** The triggers of the configuration. Most servers have none, and load nothing of them. */
import { join, resolve } from "node:path";
import { isLoopback } from "../base/loopback.ts";
import type { Config } from "../config/schema.ts";
import type { EngineApi } from "../engine/api.ts";
import type { Log } from "../engine/ports.ts";
import type { TriggerConfig } from "../triggers/settings.ts";
import type { Triggers } from "../triggers/triggers.ts";

export async function openTriggers(config: Config, engine: EngineApi, log: Log): Promise<Triggers | undefined> {
  if (Object.keys(config.triggers).length === 0) return undefined;
  const { Triggers: TriggersOf } = await import("../triggers/triggers.ts");
  // Frozen, which nothing here minds; and JSON that is frozen at every depth is more than the compiler follows.
  const settings: unknown = config.triggers;
  return TriggersOf.open({
    config: settings as Readonly<Record<string, TriggerConfig>>,
    engine,
    dir: join(resolve(config.data.dir), "triggers"),
    log,
    isLocal: isLoopback(config.server.host),
  });
}
