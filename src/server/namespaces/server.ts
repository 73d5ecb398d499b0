/**
 * The server of a namespace: everything but sockets. What it serves comes by the main server's, which hands it on without
 * the prefix.
 *
 * NV1  `close` ends within its grace plus a moment, whatever clients do: then what is not answered is cut off.
 */
import type { ServerResponse } from "node:http";
import { OctopusError } from "../../base/errors.ts";
import type { HttpServer } from "../options.ts";
import type { Site } from "../site.ts";
import type { NamespaceHandler } from "./door.ts";

export function createNamespaceServer({
  scope,
  entry,
  gateway,
  streams,
  nats,
  main,
  closing,
  ...site
}: Site): HttpServer {
  const open = new Set<ServerResponse>();
  let whenEmpty: (() => void) | undefined;
  const handler: NamespaceHandler = {
    request(request, response) {
      open.add(response);
      response.once("close", () => {
        open.delete(response);
        if (open.size === 0) whenEmpty?.();
      });
      entry.request(request, response);
    },
    upgrade: (request, socket, head) => entry.upgrade(request, socket, head),
  };
  const { name } = scope.options.namespace!;
  const notAlone = (): OctopusError =>
    new OctopusError("conflict", `the namespace ${name} is served by the main server, and has no address of its own`);
  let ended: Promise<void> | undefined;
  return {
    ...{ handler, main },
    listen: () => Promise.reject(notAlone()),
    renew() {},
    lend: (principal) => scope.guard.lend(principal),
    accept: (stream, who) => streams.accept(stream, who),
    workersOverNats: (options) => nats.open(options),
    close(graceMs) {
      ended ??= (async () => {
        await site.stop();
        const empty = new Promise<void>((resolve) => (whenEmpty = resolve));
        closing.abort();
        gateway.close();
        const cut = setTimeout(() => {
          for (const response of open) response.destroy();
        }, graceMs);
        if (open.size > 0) await empty;
        clearTimeout(cut);
        gateway.terminate();
        site.end();
      })();
      return ended;
    },
  };
}
