/**
 * The guard against other web sites. A page anywhere may make a browser send requests to 127.0.0.1, under a host name
 * of its own (DNS rebinding) or under ours; the Host and Origin headers give it away, and no page can forge them.
 */
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { show } from "../protocol/parse.ts";

export { isLoopback } from "../base/loopback.ts";

const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** Hosts that a server answers to. */
export interface HostRule {
  /** It listens on the loopback address only. */
  loopbackOnly: boolean;
  /** Names beyond addresses; absent = any host. */
  names?: ReadonlySet<string> | undefined;
}

export interface HostTrouble {
  action: "refused.host" | "refused.origin";
  message: string;
}

/** What is wrong when the request comes from, or believes it goes to, another site. */
export function hostTrouble({ host, origin }: IncomingHttpHeaders, rule: HostRule): HostTrouble | undefined {
  if (rule.loopbackOnly) {
    if (host === undefined || !LOOPBACK_HOST.test(host))
      return wrongHost(host, "listens on the loopback address and answers only to localhost, 127.0.0.1 and [::1]");
  } else if (rule.names !== undefined && !isKnown(host, rule.names))
    return wrongHost(host, "asks for no tokens and answers only to its addresses and names; tls.names adds names");
  if (origin === undefined || sameHost(origin, host)) return undefined;
  const message = `the Origin header is ${show(origin)}, which is another site than ${show(host)}`;
  return { action: "refused.origin", message };
}

function wrongHost(host: string | undefined, why: string): HostTrouble {
  const seen = host === undefined ? "missing" : show(host);
  return { action: "refused.host", message: `the Host header is ${seen}; this server ${why}` };
}

/** An address is nobody's to rebind: only names are. */
function isKnown(host: string | undefined, names: ReadonlySet<string>): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(host ?? "");
  if (match === null) return false;
  const name = match[1]!.toLowerCase().replace(/^\[|\]$/g, "");
  return isIP(name) !== 0 || names.has(name);
}

function sameHost(origin: string, host: string | undefined): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin);
  return match !== null && match[1]!.toLowerCase() === host?.toLowerCase();
}
