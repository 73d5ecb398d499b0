/** A worker that reaches its server's own port. */
import { beatOf, startHeart } from "./heart.ts";
import { keepServers, knownServers } from "./known-servers.ts";
import { WebSocketLink } from "./link-websocket.ts";
import { ServerAccess } from "./reach/server-access.ts";
import type { WorkerSettings } from "./settings.ts";
import type { Way } from "./way.ts";
import { filesOverHttp } from "./work.ts";

export function overHttp(settings: WorkerSettings): Way {
  const { url, moreUrls = [], name, dir } = settings;
  const server = new ServerAccess({
    ...{ ...settings, urls: [url, ...moreUrls] },
    ...(dir !== undefined && { learned: (urls) => keepServers(dir, { given: url, urls: [...urls] }) }),
  });
  if (dir !== undefined) server.learn(knownServers(dir, url));
  return {
    server,
    files: filesOverHttp(server),
    link: (options) => new WebSocketLink({ ...options, server }),
    startHeart() {
      const heart = startHeart();
      return { beat: (welcome) => heart.beat(beatOf(server, name, welcome)), stop: heart.stop };
    },
    leave: async () => {},
  };
}
