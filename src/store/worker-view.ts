/** Workers that were ever here, as the database knows them: not connected, as far as that goes. */
import type { TaskKind } from "../base/words.ts";
import type { WorkerView } from "../protocol/worker-views.ts";
import { compact, iso } from "./views.ts";

export interface WorkerRow {
  name: string;
  slots: number;
  kinds: string;
  functions: string;
  host: string;
  pid: number;
  octopus: string;
  resources: string | null;
  units: string | null;
  labels: string | null;
  arms: string | null;
  address: string | null;
  link: number | null;
  joined_at: number;
  left_at: number | null;
  left_reason: string | null;
  seen_at: number | null;
}

export function workerView(row: WorkerRow): WorkerView {
  const { name, slots, host, pid, octopus } = row;
  const seenAt = row.seen_at ?? row.left_at;
  return compact({
    ...{ name, slots, host, pid, octopus, state: "offline" as const, active: 0 },
    kinds: JSON.parse(row.kinds) as TaskKind[],
    functions: JSON.parse(row.functions) as string[],
    labels: parsed(row.labels) as Record<string, string> | undefined,
    arms: parsed(row.arms) as string[] | undefined,
    address: row.address ?? undefined,
    link: row.link ?? undefined,
    leftReason: row.left_reason ?? undefined,
    lastSeenAt: seenAt === null ? undefined : iso(seenAt),
    resources: resourcesOf(row),
  });
}

function resourcesOf(row: WorkerRow): WorkerView["resources"] {
  const totals = parsed(row.resources) as Record<string, number> | undefined;
  if (totals === undefined) return undefined;
  const units = (parsed(row.units) ?? {}) as Record<string, string[]>;
  return Object.fromEntries(
    Object.entries(totals).map(([name, milli]) => {
      const names = units[name];
      return [name, { total: milli / 1000, used: 0, ...(names !== undefined && { units: names }) }];
    }),
  );
}

function parsed(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}
