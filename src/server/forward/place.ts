/**
 * Which requests a replica answers itself. Reads come from its own tables and its hot state; what changes something, and
 * what only the memory of the leader holds, goes there. The one table of it; no route knows.
 */
import { HOOKS_PATH } from "../hooks.ts";
import { BASE } from "../route.ts";

/** `here`: this server answers whoever leads. `leader`: the leader does. */
export type Place = "here" | "leader";

const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** What changes nothing but this server. */
const OWN_COMMANDS: ReadonlySet<string> = new Set([
  `${BASE}/backup`,
  `${BASE}/cluster/snapshot`,
  `${BASE}/cluster/repair`,
]);

/** Sessions of workers, what they use, what pools want, the last hour of each arm: nothing of it is in the log. */
const OF_LEADER = ["/status", "/workers", "/usage", "/pools", "/history", "/triggers"].map((path) => BASE + path);
const EXPLAIN = new RegExp(`^${BASE}/(?:tasks|runs)/[^/]+/explain$`);
const CLIENTS = "/clients";
/** Lists of the API before the first version, at the root. */
const CLASSIC = ["/tasks", "/executions", CLIENTS, "/plugins"];

export function placeOf(method: string, url: string): Place {
  const [path = "/"] = url.split("?", 1);
  if (path.startsWith(HOOKS_PATH)) return "leader";
  if (!READING.has(method)) return OWN_COMMANDS.has(path) ? "here" : "leader";
  if (path === CLIENTS || EXPLAIN.test(path)) return "leader";
  return OF_LEADER.some((one) => path === one || path.startsWith(`${one}/`)) ? "leader" : "here";
}

/** What is about this very server, or part of the pages: asked even while nobody leads and nothing is known. */
const OWN = ["/cluster", "/namespaces", "/server", "/settings", "/audit"].map((path) => BASE + path);

/** What one server asks of another that need not lead: its own rows. */
export function isAskedOfEach(method: string, url: string): boolean {
  return method === "GET" && url.split("?", 1)[0] === `${BASE}/audit`;
}

export function isOwnAffair(method: string, url: string): boolean {
  const [path = "/"] = url.split("?", 1);
  if (!READING.has(method)) return OWN_COMMANDS.has(path);
  if (OWN.includes(path)) return true;
  return !path.startsWith(`${BASE}/`) && !CLASSIC.some((one) => path === one || path.startsWith(`${one}/`));
}
