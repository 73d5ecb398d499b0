/**
 * What a namespace may be named. Its name stands in paths of URLs, in folders, in subjects and streams of NATS, so it is plain,
 * lower case, and nothing that has a meaning there already.
 */

/** The one that is always there; what has no namespace in front of it is its. */
export const DEFAULT_NAMESPACE = "default";

export const NAMESPACE_NAME_MAX = 40;

const SHAPE = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** By name what has it already. */
const TAKEN: ReadonlyMap<string, string> = new Map([
  // Second words of subjects: `octopus.<cluster>.<shard>…` stands beside them.
  ["bus", "words between the servers of a cluster go by it"],
  ["tunnel", "connections between the servers of a cluster go by it"],
  // First segments of paths: `/ns/ns/…` and `/ns/api/…` would be read wrongly by everybody.
  ["ns", "paths of namespaces begin with it"],
  ["api", "paths of the API begin with it"],
]);

/** What Windows takes for a device, whatever folder it lies in. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

/** Why this cannot name a namespace that is to be made, in words that follow the name; undefined: it can. */
export function namespaceNameFault(name: string): string | undefined {
  if (name === DEFAULT_NAMESPACE) return "is always there: everything without a namespace is in it";
  return namespaceShapeFault(name);
}

/** The same, where `default` is one as well. */
export function namespaceShapeFault(name: string): string | undefined {
  if (name.length === 0) return "is empty";
  if (name.length > NAMESPACE_NAME_MAX) return `has ${name.length} characters, and ${NAMESPACE_NAME_MAX} are allowed`;
  if (!SHAPE.test(name)) return 'may have small letters, digits and "-" inside, nothing else';
  // So that what a deleted namespace leaves is never taken for one that was made after it.
  if (name.includes("--")) return 'has "--", which stands before the number of a namespace that was made again';
  const taken = TAKEN.get(name);
  if (taken !== undefined) return `cannot be used: ${taken}`;
  if (DEVICE.test(name)) return "cannot be used: it names a device where a folder of this name is to be made";
  return undefined;
}

/** What stands before the paths of its URLs: `/ns/team-a`; nothing for `default`. */
export function namespacePrefix(name: string | undefined): string {
  return name === undefined || name === DEFAULT_NAMESPACE ? "" : `/ns/${name}`;
}
