/**
 * Addresses of namespaces: that of a server, and behind it `/ns/NAME`; `default` has none of that. An address is written
 * without a slash at its end.
 */
import { OctopusError } from "./errors.ts";

/** What a namespace's name looks like; whether it can be one, `protocol/namespace-name.ts` says. */
export const NAMESPACE_SHAPE = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
export const NAMESPACE_FORM = 'a name of at most 40 small letters, digits and "-" inside';

const DEFAULT = "default";
const END = /\/ns\/([^/?#]*)\/*$/;

/** The name in it; undefined: it is that of a server, and means `default`. */
export function namespaceOfUrl(url: string): string | undefined {
  return END.exec(url)?.[1];
}

/** Of its server. */
export function withoutNamespace(url: string): string {
  return url.replace(END, "").replace(/\/+$/, "");
}

/**
 * The address in a namespace. One that says a namespace already keeps it, and must not say another one. `said`: where the
 * name was said, for the refusal.
 */
export function inNamespace(url: string, name: string | null | undefined, said = "namespace"): string {
  if (name === null || name === undefined) return url;
  if (!NAMESPACE_SHAPE.test(name))
    throw new OctopusError("invalid", `${said} must be ${NAMESPACE_FORM}, not ${JSON.stringify(name)}`);
  const own = namespaceOfUrl(url);
  if (own === undefined) return name === DEFAULT ? url : `${url.replace(/\/+$/, "")}/ns/${name}`;
  if (own === name) return url;
  throw new OctopusError(
    "invalid",
    `the address ${url} is that of namespace ${own}, and ${said} says ${name}: leave out one`,
  );
}

/** A path of the API below an address, whatever stands in that. */
export function below(url: string, path: string): string {
  return url.replace(/\/+$/, "") + path;
}
