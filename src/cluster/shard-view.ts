/** What an operator is shown of one shard by a server that has it: what it knows, what is shared, and how far the others are. */
import type { Leadership } from "./ports.ts";
import { inTime } from "./in-time.ts";
import type { Applied } from "./replica-tables.ts";
import type { ShardOptions, ShardView } from "./shard-options.ts";
import type { ShardState } from "./shard-state.ts";
import type { SnapshotKeeper } from "./snapshot-keeper.ts";
import { listSnapshots, type Manifest } from "./snapshot.ts";

/** How long a view waits for what is shared: who asks while that does not answer is to see what this server knows. */
const VIEW_MS = 1500;
/** How long it waits for the others to say how far they are. */
const HEARD_MS = 300;

type Shared = Pick<ShardOptions, "shard" | "shared" | "backend" | "members" | "journal" | "clock">;

/** What this server knows of the shard. */
interface Known {
  told: ShardState;
  leader(): Leadership | undefined;
  fences: ShardView["fences"];
  snapshots: SnapshotKeeper;
  position(): Applied;
}

export async function viewOfShard(options: Shared, known: Known): Promise<ShardView> {
  const { shard, shared, members, journal, clock } = options;
  const { snapshots, told } = known;
  // How far the others are is asked after the end of the log: who has applied all of it is not shown as behind.
  const [[log, all], snapshot] = await Promise.all([
    inTime(clock, VIEW_MS, shared.log.range(), undefined).then(
      async (range) => [range, await inTime(clock, VIEW_MS, members.ask(HEARD_MS, shard), undefined)] as const,
    ),
    inTime(clock, VIEW_MS, newestSnapshot(options, snapshots), snapshots.newest),
  ]);
  const { role, notReady: trouble, troubles } = told;
  return {
    ...{ shard, role, leader: known.leader(), position: known.position(), log },
    ...{ ready: trouble === undefined, trouble, members: all ?? (await members.all(0)), snapshot },
    ...{ appends: { ...journal.counts }, fences: { ...known.fences }, troubles: [...troubles] },
  };
}

async function newestSnapshot({ backend, shard }: Shared, snapshots: SnapshotKeeper): Promise<Manifest | undefined> {
  const [newest] = await listSnapshots(backend.objects, shard).catch(() => []);
  return newest ?? snapshots.newest;
}
