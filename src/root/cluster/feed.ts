/**
 * Events of the feed that stand in no record, from the leader to the others: progress, bulk actions, workers that fall silent.
 * All else each server tells by itself when it has applied it, so that no screen hears of what it cannot read yet.
 */
import type { Bus } from "../../cluster/ports.ts";
import type { Shard } from "../../cluster/shard.ts";
import type { Engine } from "../../engine/engine.ts";
import type { FeedEvent } from "../../protocol/feed.ts";

const FLEETING: ReadonlySet<FeedEvent["type"]> = new Set(["progress", "bulk", "task_deleted"]);

/** Begins; the answer ends it. */
export function shareFeed(engine: Engine, shard: Shard, bus: Bus, name: string): () => void {
  const topic = `shard/${name}/feed`;
  const isFleeting = (event: FeedEvent): boolean =>
    FLEETING.has(event.type) || (event.type === "worker" && event.state === "idle");
  const waiting: FeedEvent[] = [];
  const ends = [
    bus.subscribe(topic, (word) => {
      if (shard.role === "leader") return;
      for (const event of word as unknown as FeedEvent[]) engine.told(event);
    }),
    engine.subscribeOthers((event) => {
      if (shard.role !== "leader" || !isFleeting(event)) return;
      if (waiting.push(event) === 1) queueMicrotask(() => bus.publish(topic, waiting.splice(0)));
    }),
  ];
  return () => ends.forEach((end) => end());
}
