/** What becomes of the wish to publish a plugin, or to remove one. */
import type { Command } from "../command.ts";
import { DONE, type Reply, refuse } from "../reply.ts";
import type { Turn } from "../turn.ts";
import { surplusVersions } from "./plugins.ts";

export type PluginCommand = Extract<Command, { type: "PublishPlugin" | "RemovePlugin" }>;

const IGNORED: Reply = Object.freeze({ ok: true, ignored: true });

export function decidePlugin(turn: Turn, command: PluginCommand): Reply {
  return command.type === "PublishPlugin" ? publish(turn, command) : remove(turn, command);
}

/** What is published as it is already changes nothing; one that was removed and is the same again has its old version. */
function publish(turn: Turn, command: Extract<PluginCommand, { keep: number }>): Reply {
  const { type: _, plugin: name, keep, ...release } = command;
  const known = turn.state.plugins.get(name);
  const isSame = known?.newest.hash === release.hash;
  if (isSame && known.removedAt === 0) return IGNORED;
  const newest = known?.newest.version ?? 0;
  const version = isSame ? newest : newest + 1;
  // The one that is about to come counts among those that are kept.
  const dropped = isSame ? [] : surplusVersions(turn.state, name, keep - 1);
  turn.emit({
    ...{ type: "PluginPublished", plugin: name, ...release, version },
    ...(dropped.length > 0 && { dropped }),
  });
  return DONE;
}

function remove(turn: Turn, { plugin: name, by }: Extract<PluginCommand, { type: "RemovePlugin" }>): Reply {
  const known = turn.state.plugins.get(name);
  if (known === undefined || known.removedAt !== 0) return refuse({ type: "PluginNotFound", plugin: name });
  turn.emit({ type: "PluginRemoved", plugin: name, by });
  return DONE;
}
