/**
 * The tabs of one browser share one cookie: who signs in or out in one of them does so in all. Also owns what is forgotten
 * then, for somebody else may see less.
 */
import type { QueryClient } from "@tanstack/react-query";
import { hub } from "./hub-link.ts";
import { keys } from "./keys.ts";
import { forgetLists } from "./keyset.ts";

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("octopus.session");

/** Somebody has signed in or out here. */
export function tellTabs(): void {
  // What is read for all tabs was asked for as the one before.
  hub.tell({ type: "anew" });
  channel?.postMessage("changed");
}

export function forgetAll(queries: QueryClient): void {
  forgetLists();
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
}

/** For as long as the page is there. */
export function followTabs(queries: QueryClient): void {
  channel?.addEventListener("message", () => void askAgain(queries));
}

async function askAgain(queries: QueryClient): Promise<void> {
  await queries.invalidateQueries({ queryKey: keys.session });
  forgetLists();
  // What is shown is read again as who is here now; nobody: the form has taken its place.
  await queries.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
}
