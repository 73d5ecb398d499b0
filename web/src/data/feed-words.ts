/** What a tab and the hub of its feed say to each other. */
import type { FeedEntry } from "@octopus/protocol/feed.ts";
import type { LogExtent } from "@octopus/protocol/log-views.ts";

/** How often a tab says that it is looked at. */
export const SIGN_MS = 15_000;

export type LogNews = { id: string } & LogExtent;

export type ToHub =
  /** Somebody looks at this tab. Said anew as a sign of life, and when the logs that are shown change; answered each time. */
  | {
      type: "look";
      /** The last entry that it has. */
      after: string | undefined;
      /** Tasks whose output it shows. */
      logs: readonly string[];
    }
  | { type: "away" }
  /** Another person has signed in: what is open was opened by the one before. */
  | { type: "anew" };

export type FromHub =
  | { type: "entries"; entries: readonly FeedEntry[] }
  | { type: "state"; state: HubState }
  | { type: "log"; news: LogNews };

export type HubState = { is: "connecting" | "live" } | { is: "lost"; code: string; why: string };
