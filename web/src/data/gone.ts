/**
 * What this tab deletes. Its page stays for a moment after the server has forgotten it: until the answer is here, and the
 * screen that follows is loaded. Events that tell of it meanwhile are no reason to read it again: it would not be found.
 *
 * GO1  From the moment in which a deletion is sent, Stale does not read what stands under its key.
 * GO2  A deletion that is refused takes that back.
 * GO3  What no screen shows any more is forgotten, here and in the cache: another of that name begins anew.
 */
import { hashKey, type QueryClient } from "@tanstack/react-query";
import type { Key } from "./keys.ts";

const gone = new Map<string, Key>();

/** Answers the call that takes it back. */
export function deleting(key: Key): () => void {
  gone.set(hashKey(key), key);
  return () => gone.delete(hashKey(key));
}

export function isGone(queryKey: readonly unknown[]): boolean {
  for (const key of gone.values()) if (key.every((part, i) => part === queryKey[i])) return true;
  return false;
}

export function forgetUnseen(queries: QueryClient): void {
  for (const [hash, key] of gone) {
    if (queries.getQueryCache().findAll({ queryKey: key, type: "active" }).length > 0) continue;
    gone.delete(hash);
    queries.removeQueries({ queryKey: key });
  }
}
