/**
 * Who is asked: `default`, or the namespace that the URL names. Stands before everything else that reads a request.
 *
 * ND1  A namespace sees a request without its prefix, and only when Host and Origin are good. What its handler then looks at
 *      is its own: no path within it leads to another one.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { OctopusError } from "../../base/errors.ts";
import { DEFAULT_NAMESPACE, namespaceShapeFault } from "../../protocol/namespace-name.ts";
import { show } from "../../protocol/parse.ts";
import { SECURITY_HEADERS } from "../dashboard/headers.ts";
import type { Log } from "../options.ts";
import type { NamespaceDoor, NamespaceHandler } from "./door.ts";
import { type Place, placeIn } from "./prefix.ts";
import { isForPerson, refuseNamespace } from "./refusal.ts";

export interface DispatchOptions {
  door: NamespaceDoor;
  /** That of `default`. */
  own: NamespaceHandler;
  log: Log;
  /** Throws for what comes from another web site. */
  checkHost(request: IncomingMessage): void;
  /** Refuses a connection that is no HTTP any more. */
  refuseRaw(socket: Parameters<NamespaceHandler["upgrade"]>[1], error: unknown): void;
}

/** Hands each request on to whom it is for. */
export function dispatchByNamespace({ door, own, log, checkHost, refuseRaw }: DispatchOptions): NamespaceHandler {
  const handlerOf = (request: IncomingMessage, { name, rest }: Place): NamespaceHandler => {
    checkHost(request);
    const handler = name === DEFAULT_NAMESPACE ? undefined : door.find(name);
    if (handler === undefined) throw unknownNamespace(name);
    request.url = rest.startsWith("/") ? rest : `/${rest}`;
    return handler;
  };
  return {
    request(request, response) {
      const place = placeIn(request.url!);
      if (place === undefined) return own.request(request, response);
      const url = request.url!;
      try {
        const handler = handlerOf(request, place);
        if (!place.rest.startsWith("/") && isForPerson(request)) return toFolder(response, place);
        handler.request(request, response);
      } catch (error) {
        refuseNamespace(request, response, { url, error, log });
      }
    },
    upgrade(request, socket, head) {
      const place = placeIn(request.url!);
      if (place === undefined) return own.upgrade(request, socket, head);
      let handler: NamespaceHandler;
      try {
        handler = handlerOf(request, place);
      } catch (error) {
        socket.on("error", () => socket.destroy());
        return refuseRaw(socket, error);
      }
      handler.upgrade(request, socket, head);
    },
  };
}

/** The refusal of a name that there is not. */
export function unknownNamespace(name: string): OctopusError {
  if (name === "") return new OctopusError("no_namespace", "which namespace? its name follows: /ns/NAME/…");
  if (name === DEFAULT_NAMESPACE)
    return new OctopusError("no_namespace", "the namespace default has no prefix: leave out /ns/default");
  const fault = namespaceShapeFault(name);
  const why = fault === undefined ? "" : `, and cannot be, as that name ${fault}`;
  const message = `there is no namespace ${show(name)} here${why}; \`octopus namespace\` lists those that there are`;
  return new OctopusError("no_namespace", message);
}

/** Relative, so that it holds behind a proxy that strips a prefix. */
function toFolder(response: ServerResponse, { name, rest }: Place): void {
  const location = `./${name}/${rest}`;
  response.writeHead(302, { ...SECURITY_HEADERS, location, "cache-control": "no-store", "content-length": 0 }).end();
}
