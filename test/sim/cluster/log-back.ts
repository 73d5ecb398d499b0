/**
 * The end of a simulated log goes back: records that it had acknowledged are gone, as after a crash of machines that do not
 * flush. Somebody has to have applied all of it and to be known for that: what nobody has, or nobody knows of (a server tells
 * how far it is once a second, MB1), is lost, and no server could tell.
 */
import type { Member } from "../../../src/cluster/member.ts";
import type { World } from "../world.ts";
import type { Judge } from "./judge.ts";
import { type ClusterNode, SHARD } from "./node.ts";
import type { Service } from "./service.ts";

const LOST_MAX = 8;

/** False: no record can be lost now without losing what was acknowledged. */
export function logGoesBack(world: World, service: Service, judge: Judge, nodes: readonly ClusterNode[]): boolean {
  const log = service.log(SHARD);
  if (judge.isBack || log.last <= log.first) return false;
  const known = nodes.flatMap((node) => {
    const applied = node.position();
    if (applied.chain !== judge.chain) return [];
    const text = service.values.get(`members/${node.name}`);
    const said = text === undefined ? undefined : (JSON.parse(text) as Member).shards[SHARD];
    return said?.epoch === applied.epoch && said.seq === applied.seq ? [said.seq] : [];
  });
  const most = Math.max(0, ...known) - 1;
  if (most < log.first) return false;
  const last = Math.max(log.first, most - world.prng.int(LOST_MAX));
  world.tell(() => `the log goes back from ${log.last} to ${last}`);
  judge.wentBack(log.get(last)!, log.records.slice(last + 1 - log.first));
  log.goBackTo(last);
  return true;
}
