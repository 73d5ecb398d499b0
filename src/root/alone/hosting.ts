/** The namespaces of a server that stands alone. */
import { Ends } from "../ends.ts";
import type { House, Hosting, Namespace, OpenHouse } from "../namespace.ts";
import { takeWorkersOverNats } from "../nats-door.ts";
import { DEFAULT_NAMESPACE } from "../../protocol/namespace-name.ts";
import { firstTokens, openIdentity } from "../server-access.ts";
import { openNamespace } from "./namespace.ts";
import { LocalNamespaces } from "./namespaces.ts";

export async function openAlone(house: House): Promise<Hosting> {
  const { config, log } = house;
  const ends = new Ends(log, "a part of the server");
  try {
    const identity = await openIdentity(config, log);
    ends.push(() => identity.close());
    const namespaces = new LocalNamespaces(config, log, () => open);
    const open: OpenHouse = {
      ...house,
      identity,
      namespaces,
      main: () => main.http.main,
      beside: () => namespaces.beside(),
    };
    const main: Namespace = await openNamespace(open, DEFAULT_NAMESPACE);
    // All at once: a namespace may have work that takes its time to end.
    ends.push(async () => void (await Promise.all([main.close(), namespaces.close()])));
    return {
      ...{ identity, main },
      async begin(meeting) {
        const { engine, http, isClosed } = main;
        const first = isClosed ? await firstTokens(engine.access, meeting) : undefined;
        main.meets(meeting);
        takeWorkersOverNats(config, DEFAULT_NAMESPACE, http, log);
        await namespaces.begin(meeting);
        return first;
      },
      close: () => ends.run(),
    };
  } catch (error) {
    await ends.run();
    throw error;
  }
}
