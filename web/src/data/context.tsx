/** What every screen has at hand: the queries, the stream, who is signed in. */
import { focusManager, MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useSyncExternalStore } from "react";
import { OctopusError } from "@octopus/base/errors.ts";
import type { FeedEvent } from "@octopus/protocol/feed.ts";
import { readUnlessGone } from "./gone.ts";
import { type Connection, Live } from "./live.ts";
import { keys } from "./keys.ts";
import { Stale } from "./stale.ts";

const TRIES_MAX = 3;

/** What no event tells of is read when somebody comes back to it: to the tab, or to the window beside another. */
export const READ_ON_FOCUS = { refetchOnWindowFocus: "always", refetchOnMount: "always" } as const;

function followFocus(): void {
  focusManager.setEventListener((handle) => {
    const look = (): void => handle();
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  });
}

export function createQueries(): QueryClient {
  followFocus();
  /** A token that is over is over for all, and so is a namespace: who is here is asked again, which tells. */
  const onError = (error: unknown): void => {
    if (error instanceof OctopusError && (error.code === "unauthorized" || error.code === "no_namespace"))
      void queries.invalidateQueries({ queryKey: keys.session }, { cancelRefetch: false });
  };
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error, { queryKey }) => queryKey[0] !== keys.session[0] && onError(error) }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        // The stream says when something is stale; time alone does not.
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: true,
        retry: (count, error) => count < TRIES_MAX && error instanceof OctopusError && error.retryable,
        networkMode: "always",
        // Made for what keeps answers elsewhere: it stands between a query and its reading.
        persister: readUnlessGone,
      },
      mutations: { networkMode: "always" },
    },
  });
  return queries;
}

const LiveContext = createContext<Live | undefined>(undefined);

export function DataProvider({ queries, children }: { queries: QueryClient; children: ReactNode }) {
  return <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
}

/** Opens the stream for what is inside; nothing is open while nobody is signed in. */
export function LiveProvider({ live, children }: { live: Live; children: ReactNode }) {
  useEffect(() => live.start(), [live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function createLive(queries: QueryClient): Live {
  return new Live(new Stale(queries));
}

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error("useLive stands outside of a LiveProvider");
  return live;
}

export function useConnection(): Connection {
  const live = useLive();
  return useSyncExternalStore(live.watch, () => live.connection);
}

/** Hears every event while the component is there. `listener` may change with each render. */
export function useFeed(listener: (event: FeedEvent) => void): void {
  const live = useLive();
  useEffect(() => live.listen(listener), [live, listener]);
}

/** Calls some time after something has happened, whatever it was; once for all that happens meanwhile. */
export function useAfterEvents(ms: number, call: () => void): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const held = useRef(call);
  held.current = call;
  const listener = useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      if (!document.hidden) held.current();
    }, ms);
  }, [ms]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useFeed(listener);
}
