/**
 * Where this page lies: `/ui/…` of a server, `/ns/<name>/ui/…` of one of its namespaces, either behind whatever prefix a proxy
 * has put before it. All addresses of the dashboard begin with one of these.
 */
const FOUND = /^(?<before>.*?)(?:\/ns\/(?<name>[^/]+))?\/ui(?:\/|$)/;

const { before = "", name } = FOUND.exec(window.location.pathname)?.groups ?? {};

/** What holds where no namespace is named. */
export const DEFAULT_NAMESPACE = "default";

/** The namespace that this page shows. */
export const namespace = name ?? DEFAULT_NAMESPACE;

/** Where a namespace lies, without a slash at its end: the address of its API. */
export function addressOf(of: string): string {
  return of === DEFAULT_NAMESPACE
    ? window.location.origin + before
    : `${window.location.origin}${before}/ns/${encodeURIComponent(of)}`;
}

/** Where the API of this page's namespace is, which is what a command is given as `--server`. */
export const address = addressOf(namespace);

/** The path of this dashboard, without a slash at its end. */
export const uiPath = `${new URL(address).pathname.replace(/\/$/, "")}/ui`;

/** What commands name it by; undefined where it need not be named. */
export const namespaceSaid = namespace === DEFAULT_NAMESPACE ? undefined : namespace;

/** What a command is given after its name, to work here. */
export const cliOption = namespaceSaid === undefined ? "" : ` --namespace ${namespaceSaid}`;

/** The full address of a path that a server told, which begins with the namespace or after it. */
export function reach(path: string): string {
  return (path.startsWith("/ns/") ? addressOf(DEFAULT_NAMESPACE) : address) + path;
}

/** An address of the server, as workers and commands of this namespace are given it. */
export function inNamespace(url: string): string {
  if (namespaceSaid === undefined || /\/ns\/[^/]+\/?$/.test(url)) return url;
  return `${url.replace(/\/$/, "")}/ns/${encodeURIComponent(namespace)}`;
}

/** Of what a browser keeps, what belongs to one namespace: its drafts, its views, what was looked at. */
export function keptPlace(place: string): string {
  return namespace === DEFAULT_NAMESPACE ? place : `${place}@${namespace}`;
}
