/** A worker that reaches NATS, and through it the server that leads. */
import { NatsLink } from "../link-nats.ts";
import type { WorkerSettings } from "../settings.ts";
import type { Way } from "../way.ts";
import { filesOverHttp } from "../work.ts";
import { fileServer } from "./files.ts";
import { startNatsHeart } from "./heart.ts";
import { NatsPlace } from "./place.ts";

export function overNats(
  { name, token }: Pick<WorkerSettings, "name" | "token">,
  { cluster, shard, ...nats }: NonNullable<WorkerSettings["nats"]>,
): Way {
  const place = new NatsPlace({ nats, cluster, shard, name });
  let link: NatsLink | undefined;
  return {
    server: place,
    files: filesOverHttp(fileServer(() => link?.session?.stream())),
    link({ key, ...options }) {
      link = new NatsLink({ ...options, server: place, shown: { token, key: key?.key } });
      return link;
    },
    startHeart() {
      const heart = startNatsHeart({ nats, name: `octopus ${cluster} worker ${name}: signs of life` });
      return {
        beat({ session, heartbeatMs: everyMs }) {
          const subject = link?.session?.beatSubject;
          if (subject !== undefined) heart.beat({ subject, session, everyMs });
        },
        stop: heart.stop,
      };
    },
    leave: async () => link?.leave(),
  };
}
