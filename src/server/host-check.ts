/**
 * The guard against other web sites. A page anywhere may make a browser send requests to 127.0.0.1, under a host name
 * of its own (DNS rebinding) or under ours; the Host and Origin headers give it away, and no page can forge them.
 */
import type { IncomingHttpHeaders } from "node:http";
import { OctopusError } from "../base/errors.ts";
import { show } from "../protocol/parse.ts";

const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** True for an address that only this machine can reach. */
export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Throws `forbidden` when the request comes from, or believes it goes to, another site. */
export function checkHost(headers: IncomingHttpHeaders, loopbackOnly: boolean): void {
  const { host, origin } = headers;
  if (loopbackOnly && (host === undefined || !LOOPBACK_HOST.test(host))) {
    throw new OctopusError(
      "forbidden",
      `the Host header is ${host === undefined ? "missing" : show(host)}; this server listens on the loopback ` +
        "address and answers only to localhost, 127.0.0.1 and [::1]",
    );
  }
  if (origin !== undefined && !sameHost(origin, host)) {
    throw new OctopusError(
      "forbidden",
      `the Origin header is ${show(origin)}, which is another site than ${show(host)}`,
    );
  }
}

function sameHost(origin: string, host: string | undefined): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin);
  return match !== null && match[1]!.toLowerCase() === host?.toLowerCase();
}
