/**
 * The way back leads to the link that one left by, too: the browser and the router bring back where a page was scrolled, but
 * not what had the focus. Lists of rows do so for themselves.
 */
import type { AnyRouter } from "@tanstack/react-router";

/** What was left by which link, by the entry of the history. */
const left = new Map<string, string>();
const LEFT_MAX = 100;
/** What a page shows comes with what it reads. */
const TRIES = 20;
const TRY_MS = 100;

export function keepFocusPlace(router: AnyRouter): void {
  router.subscribe("onBeforeNavigate", ({ fromLocation }) => {
    const link = document.activeElement?.closest("main a[href]")?.getAttribute("href");
    const entry = entryOf(fromLocation?.state);
    if (entry === undefined || link == null) return;
    left.delete(entry);
    left.set(entry, link);
    for (const oldest of left.keys()) {
      if (left.size <= LEFT_MAX) break;
      left.delete(oldest);
    }
  });
  router.subscribe("onRendered", ({ toLocation }) => {
    const entry = entryOf(toLocation.state);
    const link = entry === undefined ? undefined : left.get(entry);
    if (link !== undefined) bringBack(link, window.location.href, TRIES);
  });
}

function bringBack(link: string, at: string, tries: number): void {
  // Somebody is at something else already, or elsewhere.
  if (tries === 0 || window.location.href !== at || document.activeElement !== document.body) return;
  const found = document.querySelector<HTMLElement>(`main a[href="${CSS.escape(link)}"]`);
  if (found !== null) found.focus({ preventScroll: true });
  else setTimeout(() => bringBack(link, at, tries - 1), TRY_MS);
}

function entryOf(state: object | undefined): string | undefined {
  const { __TSR_key: entry } = (state ?? {}) as { __TSR_key?: string };
  return entry;
}
