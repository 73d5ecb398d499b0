/**
 * How a worker reaches its server: its link, its files, its signs of life. One kind is loaded, the other is not: a worker
 * is to stay small.
 */
import type { Agent } from "./agent.ts";
import type { LinkOptions, Reached } from "./link.ts";
import type { WorkerSettings } from "./settings.ts";
import type { WorkParts } from "./work.ts";
import type { WorkerKey } from "./worker-key.ts";
import type { Welcome } from "./agent-options.ts";

export interface WayLinkOptions extends Omit<LinkOptions, "server"> {
  agent: Agent;
  key?: { name: string; key: WorkerKey } | undefined;
}

/** The part of a link that its process uses. */
export interface WayLink {
  start(): void;
  stop(): void;
  waitOnce(ms: number): void;
}

/** Beats for a session from its welcome on, instead of the one before. */
export interface WayHeart {
  beat(welcome: Welcome): void;
  stop(): void;
}

export interface Way {
  readonly server: Pick<Reached, "url">;
  readonly files: Pick<WorkParts, "fetch" | "keep">;
  link(options: WayLinkOptions): WayLink;
  /** Signs of life from a thread, for workers that run code of their own. */
  startHeart(): WayHeart;
  /** The last words are out. */
  leave(): Promise<void>;
}

export async function wayTo(settings: WorkerSettings): Promise<Way> {
  if (settings.nats === undefined) return (await import("./way-http.ts")).overHttp(settings);
  return (await import("./nats/way.ts")).overNats(settings, settings.nats);
}
