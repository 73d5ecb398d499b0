/**
 * The namespaces of the server, which only `default` tells of, and the way from one to the other: each is a page of its own,
 * at an address of its own, so that nothing of one is ever shown in the other.
 */
import { useQuery } from "@tanstack/react-query";
import type { NamespaceView } from "@octopus/protocol/namespace.ts";
import { mainClient } from "./client.ts";
import { addressOf, DEFAULT_NAMESPACE, namespace, namespaceSaid, uiPath } from "./here.ts";
import { keys } from "./keys.ts";
import { useSession } from "./session.ts";

const PULSE_MS = 30_000;
const PLACE = "octopus.filters";

/** May ask which there are: in `default` everybody, elsewhere those who are admins there. */
export function useMayAsk(): boolean {
  const { isOpen, isOperator } = useSession();
  return namespace === DEFAULT_NAMESPACE || isOpen || isOperator === true;
}

/** Undefined while they are not known, or are nobody's business here. */
export function useNamespaces(): readonly NamespaceView[] | undefined {
  const enabled = useMayAsk();
  const { data } = useQuery({
    queryKey: keys.namespaces,
    queryFn: () => mainClient.namespaces(),
    enabled,
    refetchInterval: PULSE_MS,
    retry: false,
  });
  return data;
}

/** What a person is told before what cannot be undone, where there is more than one; undefined: there is no doubt. */
export function useNamespaceInDoubt(): string | undefined {
  const { data } = useQuery<NamespaceView[]>({ queryKey: keys.namespaces, enabled: false });
  return namespaceSaid ?? ((data?.length ?? 0) > 1 ? namespace : undefined);
}

/** The same list in another namespace, as it was filtered there last; a thing of one is not in the other. */
export function pageIn(name: string): string {
  const [, section = ""] = window.location.pathname.slice(uiPath.length).split("/", 2);
  return `${addressOf(name)}/ui/${section}${kept(name)[section] ?? ""}`;
}

/** A list was filtered. */
export function noteFilter(pathname: string, search: string): void {
  const [, section = "", thing] = pathname.split("/", 3);
  if (thing !== undefined && thing !== "") return;
  const filters = kept(namespace);
  // Forms that are open are nothing to come back to.
  if (search === "" || /[?&](create|new|edit|run)=/.test(search)) delete filters[section];
  else filters[section] = search;
  try {
    sessionStorage.setItem(`${PLACE}@${namespace}`, JSON.stringify(filters));
  } catch {
    // A browser that keeps nothing.
  }
}

function kept(name: string): Record<string, string | undefined> {
  try {
    return JSON.parse(sessionStorage.getItem(`${PLACE}@${name}`) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}
