/** URLs of namespaces: `/ns/NAME` and the path in it. Names are read as they stand: what is encoded is no name. */

/** What a URL is about. */
export interface Place {
  /** Empty: none is given. */
  name: string;
  /** The URL within the namespace; `""`, or a query alone, when not even a slash follows the name. */
  rest: string;
}

const START = "/ns";
/** A request may name the whole address, as those to a proxy do. */
const WHOLE = /^https?:\/\/[^/?#]*(\/.*)$/is;

/** Undefined: it is none of a namespace's. */
export function placeIn(url: string): Place | undefined {
  const path = url.startsWith("/") ? url : (WHOLE.exec(url)?.[1] ?? "");
  if (!path.startsWith(START) || !/^(?:[/?#]|$)/.test(path.slice(START.length))) return undefined;
  const [, name = "", rest = ""] = /^\/?([^/?#]*)(.*)$/s.exec(path.slice(START.length))!;
  return { name, rest };
}
