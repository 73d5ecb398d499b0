/**
 * Settings of namespaces other than `default`: below `namespaces.NAME` stands what else stands at the top. What belongs to a
 * namespace alone (its arms, pools, adapters, triggers, its folder of plugins) is there or nowhere; of the rest of what can be
 * said for a namespace, such as what is refused of commands, the top says what is not said there.
 */
import type { Layer } from "./layer.ts";
import { NAMED } from "./schema.ts";

/** What can be said for a namespace, by the beginning of the keys. */
const OF_NAMESPACE: readonly string[] = [
  ...Object.keys(NAMED),
  ...["plugins", "placement", "tasks", "schedules", "callbacks", "policy", "logs"],
  // What is kept of one that is deleted, the server says.
  ...["data.keep.count", "data.keep.age", "data.keep.workers"],
];

/** What is its own: the top's is that of `default`. */
const OWN: readonly string[] = [...Object.keys(NAMED), "plugins.dir"];

/** Below which namespaces are named. */
export const NAMESPACES = "namespaces";

export interface NamespaceKey {
  name: string;
  /** As it stands at the top; empty: the namespace itself. */
  inner: string;
}

/** A key of a namespace, taken apart; undefined for others. */
export function namespaceKeyOf(key: string): NamespaceKey | undefined {
  const match = /^namespaces\.([^.]+)(?:\.(.+))?$/s.exec(key);
  return match ? { name: match[1]!, inner: match[2] ?? "" } : undefined;
}

/** A key of the top, or the beginning of one, may stand in a namespace. */
export function isOfNamespace(key: string): boolean {
  return isAmong(OF_NAMESPACE, key) || OF_NAMESPACE.some((one) => one.startsWith(`${key}.`));
}

function isAmong(beginnings: readonly string[], key: string): boolean {
  return beginnings.some((one) => key === one || key.startsWith(`${one}.`));
}

/** What is said of each namespace: its own words, and where it has none, those of the top that count for it. */
export function layersOfNamespaces(said: Layer): Map<string, { own: Layer; all: Layer }> {
  const owns = new Map<string, Layer>();
  for (const [key, value] of said) {
    const found = namespaceKeyOf(key);
    if (found === undefined) continue;
    const own = owns.get(found.name) ?? new Map();
    owns.set(found.name, own);
    if (found.inner !== "") own.set(found.inner, value);
  }
  const shared = [...said].filter(([key]) => namespaceKeyOf(key) === undefined && !isAmong(OWN, key));
  return new Map([...owns].map(([name, own]) => [name, { own, all: new Map([...shared, ...own]) }]));
}
