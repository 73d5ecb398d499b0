/** Search parameters as plain text, so that a URL reads as it was meant: `?q=state:failed arm:batch`. */
import { useNavigate, useSearch } from "@tanstack/react-router";

export type Search = Record<string, string | undefined>;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const entries = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
  const text = entries.map(([key, value]) => `${key}=${soft(String(value))}`).join("&");
  return text === "" ? "" : `?${text}`;
}

/** As little escaped as may be: colons, commas and slashes stay readable. */
function soft(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%3A", ":")
    .replaceAll("%2C", ",")
    .replaceAll("%2F", "/")
    .replaceAll("%20", "+");
}

/** One parameter of the URL, and how to change it. `replace` by default: the Back key leads to the screen before. */
export function useSearchText(
  name: string,
): [string, (value: string | undefined, options?: { push?: boolean }) => void] {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (value: string | undefined, { push = false } = {}): void => {
    void navigate({
      to: ".",
      search: ((before: Search) => ({ ...before, [name]: value === "" ? undefined : value })) as never,
      replace: !push,
      // What is scrolled on the page stays where it is.
      resetScroll: push,
    });
  };
  return [search[name] ?? "", set];
}
