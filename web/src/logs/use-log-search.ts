/** Looks for a text in a log, on the server: page after page, until all was looked at or enough was found. */
import { useEffect, useState } from "react";
import type { LogHit } from "@octopus/protocol/log-views.ts";
import { client } from "../data/client.ts";

const HITS_MAX = 5000;
/** Somebody who types is not asked for after each letter. */
const PAUSE_MS = 200;

export interface Search {
  hits: readonly LogHit[];
  isBusy: boolean;
  /** There may be more than were counted. */
  isCut: boolean;
  /** The line up to which was looked. */
  readTo: number;
  error?: unknown;
}

const NOTHING: Search = { hits: [], isBusy: false, isCut: false, readTo: 0 };

export function useLogSearch(
  id: string,
  attempt: number | undefined,
  text: string,
  isExact: boolean,
  again: number,
): Search {
  const [search, setSearch] = useState(NOTHING);
  useEffect(() => {
    if (text === "") return setSearch(NOTHING);
    const stop = new AbortController();
    setSearch((before) => ({ ...before, isBusy: true }));
    const timer = setTimeout(() => {
      void run(id, { attempt, text, exact: isExact }, stop.signal, setSearch);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [id, attempt, text, isExact, again]);
  return search;
}

async function run(
  id: string,
  wanted: { attempt: number | undefined; text: string; exact: boolean },
  signal: AbortSignal,
  tell: (search: Search) => void,
): Promise<void> {
  const hits = new Map<number, LogHit>();
  let readTo = 0;
  try {
    for (let after: number | undefined; ;) {
      const found = await client.findInLog(id, { ...wanted, after }, signal);
      for (const hit of found.items) hits.set(hit.line, hit);
      readTo = found.readTo;
      after = found.next;
      const isCut = after !== undefined && hits.size >= HITS_MAX;
      const isBusy = after !== undefined && !isCut;
      tell({ hits: [...hits.values()], isBusy, isCut, readTo });
      if (!isBusy) return;
    }
  } catch (error) {
    if (!signal.aborted) tell({ hits: [...hits.values()], isBusy: false, isCut: false, readTo, error });
  }
}
