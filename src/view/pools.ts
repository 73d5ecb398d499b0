/** Pools of workers as rows of a table. */
import type { PoolView } from "../protocol/worker-views.ts";
import { spanText } from "./limits.ts";
import type { Column } from "./table.ts";
import { relative } from "./time.ts";

export function poolColumns(now: number): Column<PoolView>[] {
  return [
    { title: "POOL", cell: (pool) => pool.name, max: 20 },
    { title: "WORKERS", cell: workersText },
    { title: "WANTED", cell: (pool) => String(pool.desired), side: "right" },
    { title: "MIN-MAX", cell: (pool) => `${pool.min}-${pool.max}`, side: "right" },
    { title: "WAITING", cell: (pool) => (pool.backlog === 0 ? "" : String(pool.backlog)), side: "right" },
    { title: "WORK", cell: (pool) => (pool.backlog === 0 ? "" : spanText(pool.backlogSeconds * 1000)), side: "right" },
    { title: "CHANGED", cell: (pool) => relative(pool.lastScaledAt, now) },
    {
      title: "WHY",
      cell: (pool) => pool.lastError ?? pool.reason,
      colour: (pool) => (pool.lastError === undefined ? undefined : "red"),
      max: 60,
    },
  ];
}

/** `3 (1 starting, 2 leaving)`. */
function workersText({ workers, starting, draining }: PoolView): string {
  const more = [starting > 0 ? `${starting} starting` : "", draining > 0 ? `${draining} leaving` : ""].filter(Boolean);
  return more.length === 0 ? String(workers) : `${workers} (${more.join(", ")})`;
}
