/**
 * The pools of the configuration, put together: what the engine has to know of them, who carries out its commands, and the
 * tokens with which their workers come. Few servers have any: what it takes is loaded for those alone.
 */
import type { Config } from "../config/schema.ts";
import type { EngineOptions } from "../engine/options.ts";
import type { AccessApi } from "../engine/fleet-api.ts";
import type { Audit, Log } from "../engine/ports.ts";
import { type Meeting, poolToken, revokePoolTokens } from "./server-access.ts";
import type { AccessOptions } from "../server/mod.ts";

export interface Pools {
  readonly forEngine: Pick<EngineOptions, "pools" | "scaler">;
  /** The server listens: workers may come. `meeting`: where they find it, the nearest address first. */
  listens(access: AccessApi, options: AccessOptions, meeting: Meeting): void;
  close(): Promise<void>;
}

export async function loadPools(config: Config, log: Log): Promise<Pools | undefined> {
  if (Object.keys(config.pools).length === 0) return undefined;
  const { createScaler, poolSettings } = await import("./scaling.ts");
  let url = config.server.url;
  let tokens: { access: AccessApi; meeting: Meeting } | undefined;
  let audit: Audit | undefined;
  const scaler = createScaler({
    config,
    log,
    url: () => url,
    join: async (worker) => tokens && poolToken(tokens.access, worker, tokens.meeting),
    left(worker) {
      // One that could not be revoked now is revoked when another worker gets its name.
      if (tokens !== undefined) revokePoolTokens(tokens.access, worker).catch((error: unknown) => warn(log, error));
    },
    audit: (entry) => audit?.append([entry]),
  });
  return {
    forEngine: { pools: poolSettings(config), scaler },
    listens(access, options, meeting) {
      url = meeting.urls[0]!;
      audit = options.audit;
      if (options.isOn) tokens = { access, meeting };
    },
    close: async () => scaler?.close(),
  };
}

function warn(log: Log, error: unknown): void {
  log.warn({ cause: error instanceof Error ? error.message : String(error) }, "the token of a pool's worker stays");
}
