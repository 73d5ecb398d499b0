/**
 * The token of a signed-in browser, in a cookie that no script can read. Owns its form, and when it counts.
 *
 * CK1  A cookie counts only for what this server's own pages ask: a browser sends it along for others, too, with whatever
 *      another port of the same machine has it load. An address that a person typed counts for reading.
 * CK2  Servers of one machine, which share its cookies whatever their ports, have names of their own for theirs, and so has
 *      each namespace of one. All are for every path: behind a proxy nobody knows which one the browser sees.
 */
import type { IncomingMessage } from "node:http";

const NAME = "octopus_session";
/** A browser that is away for longer asks for the token again. */
const KEEP_S_MAX = 30 * 86_400;
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Whose cookie it is. */
export interface CookieOwner {
  cluster: string;
  /** Absent: `default`. */
  namespace?: string | undefined;
}

/** What the cookie of this server is called. */
export function cookieName({ cluster, namespace }: CookieOwner): string {
  const parts = [NAME, cluster, namespace ?? ""];
  return parts.filter((part) => part !== "").join("_");
}

/** The token in the cookie of a request, when there is one and it counts. */
export function readCookie(request: IncomingMessage, owner: () => CookieOwner): string | undefined {
  const { cookie } = request.headers;
  if (cookie === undefined || !isOwnPage(request)) return undefined;
  const name = cookieName(owner());
  for (const part of cookie.split(";")) {
    const at = part.indexOf("=");
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/** CK1. That an Origin, where there is one, is this server was checked before. */
function isOwnPage({ method = "", headers }: IncomingMessage): boolean {
  // Workers have tokens of their own, and nothing on a page opens one.
  if (headers.upgrade !== undefined) return false;
  const site = headers["sec-fetch-site"];
  const isSafe = SAFE_METHODS.has(method);
  if (site !== undefined) return site === "same-origin" || (site === "none" && isSafe);
  // Browsers say the site only where the connection is safe; the origin they say with every change.
  return isSafe || headers.origin !== undefined;
}

export interface CookieRule extends CookieOwner {
  /** Only over TLS. */
  isSecure: boolean;
}

/** The header that keeps a token; `keepMs`: how long it is good, at most. */
export function keepCookie(token: string, keepMs: number | undefined, rule: CookieRule): string {
  const seconds = keepMs === undefined ? KEEP_S_MAX : Math.min(KEEP_S_MAX, Math.max(1, Math.floor(keepMs / 1000)));
  return cookieText(token, seconds, rule);
}

/** The header that has it forgotten. */
export function dropCookie(rule: CookieRule): string {
  return cookieText("", 0, rule);
}

function cookieText(value: string, seconds: number, { isSecure, ...owner }: CookieRule): string {
  const parts = [`${cookieName(owner)}=${value}`, "Path=/", `Max-Age=${seconds}`, "HttpOnly", "SameSite=Strict"];
  return [...parts, ...(isSecure ? ["Secure"] : [])].join("; ");
}
