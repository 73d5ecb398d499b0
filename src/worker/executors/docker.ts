/** Runs docker tasks where a container engine answers. Until one does, the worker does not offer them. */
import { join } from "node:path";
import { engineHosts } from "../docker/host.ts";
import { ownerId } from "../docker/owner.ts";
import { Presence } from "../docker/presence.ts";
import { parseAllowed } from "../docker/volumes.ts";
import type { Executor } from "../executor.ts";
import type { ExecutorPlace } from "./place.ts";
import { once } from "./when-needed.ts";

/** `lookEveryMs`: how long it waits before it looks again for an engine that is not there. */
export async function makeDocker(place: ExecutorPlace, lookEveryMs?: number): Promise<Executor | undefined> {
  const { settings, log, hasGpus, changed } = place;
  const { mode = "auto", host, volumes = [] } = settings.docker ?? {};
  if (mode === "off") return undefined;
  const allowed = parseAllowed(volumes);
  let drawn: string | undefined;
  const owner = (): string => (drawn ??= ownerId(settings.dir));
  const presence = new Presence({
    hosts: engineHosts(host),
    owner,
    isWanted: mode === "on",
    log,
    changed,
    lookEveryMs,
  });
  const containers = once(async () => {
    const { Containers } = await import("../docker/run.ts");
    // Not among temporary files if that can be: those of a service are often its own, and the engine does not see them.
    const base = settings.filesDir ?? settings.dir;
    const filesDir = base === undefined ? undefined : join(base, "container-files");
    return new Containers({ presence, worker: settings.name, owner, allowed, filesDir, hasGpus });
  });
  let isUsed = false;
  await place.firstLook(presence.look());
  return {
    kind: "docker",
    isReady: () => presence.engine !== undefined,
    async execute(context) {
      isUsed = true;
      return (await containers()).execute(context);
    },
    async close() {
      presence.close();
      if (isUsed) (await containers()).close();
    },
  };
}
