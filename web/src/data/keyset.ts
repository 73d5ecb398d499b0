/**
 * Long lists of the server on a screen. Each filter has a list of its own, which outlives the screen for a while, so that
 * the Back key leads to where a person was.
 */
import { hashKey, useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { Keyset, type KeysetPage } from "@octopus/view/keyset.ts";
import type { Key } from "./keys.ts";

/** Lists that are kept: those of the filters looked at last. */
const LISTS_MAX = 8;

export interface KeysetView<Row> {
  list: Keyset<Row>;
  idOf(row: Row): string;
  /** It could not be read, or read again; what was there stays. */
  error: unknown;
  /** Nothing is there yet. */
  isLoading: boolean;
  retry(): void;
  place: RowsPlace;
}

/** Where a person was in the list when the screen was left. */
export interface RowsPlace {
  offset: number;
  activeId?: string | undefined;
  activeIndex?: number;
  hadFocus?: boolean;
}

interface Source<Row> {
  key: Key;
  idOf(row: Row): string;
  read(cursor: string | undefined, limit: number): Promise<KeysetPage<Row>>;
  /** Where no event tells of what is new: how often it is looked for. */
  everyMs?: number;
  /** Nothing is read. */
  isOff?: boolean;
}

interface Held {
  list: Keyset<never>;
  place: RowsPlace;
}

const lists = new Map<string, Held>();

/** The rows of `key`, which is what events of the feed make stale. */
export function useKeyset<Row>({ key, idOf, read, everyMs, isOff = false }: Source<Row>): KeysetView<Row> {
  const held = listOf(hashKey(key), { idOf, read });
  const list = held.list as unknown as Keyset<Row>;
  useSyncExternalStore(list.watch, () => list.version);
  const { error, refetch } = useQuery({
    queryKey: key,
    queryFn: async () => {
      await list.refresh();
      return list.version;
    },
    enabled: !isOff,
    refetchInterval: everyMs ?? false,
  });
  return { list, idOf, error, isLoading: list.isNew && error === null, retry: () => void refetch(), place: held.place };
}

/** Somebody else is here, who may see less. */
export function forgetLists(): void {
  lists.clear();
}

function listOf<Row>(hash: string, options: Pick<Source<Row>, "idOf" | "read">): Held {
  const held = lists.get(hash) ?? { list: new Keyset(options) as unknown as Keyset<never>, place: { offset: 0 } };
  // The one looked at last is the last to go.
  lists.delete(hash);
  lists.set(hash, held);
  for (const oldest of lists.keys()) {
    if (lists.size <= LISTS_MAX) break;
    lists.delete(oldest);
  }
  return held;
}
