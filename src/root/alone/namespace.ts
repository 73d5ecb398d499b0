/** A namespace on a database of this process's own: it leads from the start, and nobody else has it. */
import { randomBytes } from "node:crypto";
import { Ends } from "../ends.ts";
import { configureArms, engineFor } from "../engine-on-store.ts";
import { configOf, createHttp, type Namespace, type OpenHouse } from "../namespace.ts";
import { logWith } from "../log.ts";
import { openPluginsOf } from "../plugin-door.ts";
import { loadPools } from "../pools.ts";
import { DEFAULT_NAMESPACE } from "../../protocol/namespace-name.ts";
import { openAccess } from "../server-access.ts";
import { openStore } from "../../store/store.ts";
import { openTriggers } from "../trigger-door.ts";

/** How long requests in flight may take to end. */
const GRACE_MS = 2000;

export async function openNamespace(given: OpenHouse, name: string): Promise<Namespace> {
  const log = name === DEFAULT_NAMESPACE ? given.log : logWith(given.log, { namespace: name });
  const house = { ...given, log };
  const config = configOf(house.config, name);
  const ends = new Ends(log, `a part of namespace ${name}`);
  try {
    const pools = await loadPools(config, log);
    const store = openStore(config.data.dir, { isSparing: name !== DEFAULT_NAMESPACE });
    ends.push(() => store.close());
    const access = openAccess(config, name);
    ends.push(() => access.close());
    const engine = engineFor(store, log, config, pools?.forEngine);
    ends.push(() => engine.close());
    await configureArms(engine, config);
    await engine.access.found(randomBytes(8).toString("hex"));
    const plugins = await openPluginsOf(config, name, engine.plugins, log);
    ends.push(() => plugins.close());
    const triggers = await openTriggers(config, engine, log);
    const http = createHttp(house, { name, engine, access, store, plugins, triggers });
    ends.push(
      () => http.close(GRACE_MS),
      () => pools?.close(),
      () => triggers?.close(),
    );
    return {
      ...{ name, engine, http, store, fresh: store.fresh, isClosed: access.options.isOn },
      meets: (meeting) => pools?.listens(engine.access, access.options, meeting),
      close: () => ends.run(),
    };
  } catch (error) {
    await ends.run();
    throw error;
  }
}
