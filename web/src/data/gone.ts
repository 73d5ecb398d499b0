/**
 * What this tab deletes. Its page stays for a moment after the server has forgotten it: until the answer is here, and the
 * screen that follows is loaded. Whoever would read it again meanwhile, for an event or by the clock, would not find it.
 *
 * GO1  From the moment in which a deletion is sent, what stands under its key is not read: what was there stays.
 * GO2  A deletion that is refused takes that back, and what was left out is read.
 * GO3  What no screen shows any more is forgotten, here and in the cache: another of that name begins anew.
 */
import { hashKey, type Query, type QueryClient, type QueryFunctionContext } from "@tanstack/react-query";
import type { Key } from "./keys.ts";

const gone = new Map<string, Key>();

/** Answers the call that takes it back. */
export function deleting(key: Key): () => void {
  gone.set(hashKey(key), key);
  return () => gone.delete(hashKey(key));
}

/** Stands before every reading (GO1). */
export function readUnlessGone<Data>(
  read: (context: QueryFunctionContext) => Data | Promise<Data>,
  context: QueryFunctionContext,
  { queryKey, state }: Query,
): Data | Promise<Data> {
  return state.data !== undefined && isGone(queryKey) ? (state.data as Data) : read(context);
}

function isGone(queryKey: readonly unknown[]): boolean {
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
