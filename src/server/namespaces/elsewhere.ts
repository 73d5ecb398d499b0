/**
 * Namespaces that this server does not serve itself: those of which it keeps no copy, and those that are not open.
 *
 * NE1  What another server has passed on is not passed on again: whoever sent it is told that nobody leads here.
 * NE2  Who asks is judged by the server that answers. Only whoever it cannot know, because the token lives in this process
 *      alone or none is asked for here, is vouched for.
 */
import { duplexPair } from "node:stream";
import { OctopusError } from "../../base/errors.ts";
import { namespacePrefix } from "../../protocol/namespace-name.ts";
import { addressOf } from "../access/address.ts";
import { certificateOf } from "../forward/certificate.ts";
import { type Forwarded, forwardedOf } from "../forward/forwarded.ts";
import { Forwarder, type Way } from "../forward/forwarder.ts";
import type { Log } from "../options.ts";
import { sendProblem } from "../problem.ts";
import { refuseSocket } from "../refuse-socket.ts";
import type { MainServer, NamespaceHandler } from "./door.ts";
import { refuseNamespace } from "./refusal.ts";

export interface ElsewhereOptions {
  name: string;
  /** To the server that leads it. */
  way: Way;
  main: MainServer;
  log: Log;
}

/** A handler that holds connections. */
export interface PassingHandler extends NamespaceHandler {
  /** Nobody waits for a leader any more, and streams end. */
  close(): void;
}

/** Passes everything on to whoever leads the namespace. */
export function passOn({ name, way, main, log }: ElsewhereOptions): PassingHandler {
  const closing = new AbortController();
  const forwarder = new Forwarder({
    ...{ cluster: way, prefix: namespacePrefix(name), closing: closing.signal },
    // It came to be kept and led here while a request waited.
    loop: () => {
      const [here, there] = duplexPair();
      main.accept(there);
      return here;
    },
    fail: (response, error) => sendProblem(response, error, log),
  });
  const refusal = (): OctopusError =>
    new OctopusError(
      "not_leader",
      `the server ${way.server} keeps no copy of the namespace ${name}: nothing was done`,
      {
        retryable: true,
      },
    );
  const said = (request: Parameters<NamespaceHandler["request"]>[0]): Forwarded => {
    const certificate = certificateOf(request.socket);
    const principal = main.operators.voucherFor(request);
    return { address: addressOf(request), principal, ...(certificate !== "" && { certificate }) };
  };
  return {
    request(request, response) {
      if (forwardedOf(request) === undefined) return void forwarder.request(request, response, said(request));
      request.resume();
      sendProblem(response, refusal(), log);
    },
    upgrade(request, socket, head) {
      socket.on("error", () => socket.destroy());
      if (forwardedOf(request) !== undefined) return refuseSocket(socket, refusal(), log);
      forwarder
        .upgrade(request, socket, head, said(request))
        .catch((error: unknown) => refuseSocket(socket, error, log));
    },
    close() {
      closing.abort();
      forwarder.close();
    },
  };
}

/** Says that the namespace is not served now, and why: it is being opened, or could not be. */
export function unavailable(name: string, reason: () => string, log: Log): NamespaceHandler {
  const error = (): OctopusError =>
    new OctopusError("not_ready", `the namespace ${name} is not served now: ${reason()}`, { retryable: true });
  return {
    request(request, response) {
      refuseNamespace(request, response, { url: `/ns/${name}${request.url}`, error: error(), log });
    },
    upgrade(_, socket) {
      socket.on("error", () => socket.destroy());
      refuseSocket(socket, error(), log);
    },
  };
}
