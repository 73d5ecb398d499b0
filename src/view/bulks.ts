/** Bulk actions as rows of tables and as one line. */
import type { Json } from "../base/words.ts";
import type { BulkView } from "../protocol/views.ts";
import type { Column } from "./table.ts";
import { elapsed, relative } from "./time.ts";

export function bulkColumns(now: number): Column<BulkView>[] {
  return [
    { title: "ID", cell: ({ id }) => id },
    { title: "ACTION", cell: ({ action }) => action },
    {
      title: "STATE",
      cell: ({ state }) => state,
      colour: ({ state }) => (state === "done" ? "green" : state === "running" ? "cyan" : "yellow"),
    },
    { title: "DONE", cell: ({ done, total }) => `${done}/${total}`, side: "right" },
    { title: "REFUSED", cell: ({ failed }) => (failed === 0 ? "" : String(failed)), side: "right" },
    { title: "CREATED", cell: ({ createdAt }) => relative(createdAt, now) },
    { title: "TOOK", cell: (one) => elapsed(one.createdAt, one.endedAt, now), side: "right" },
    { title: "WHICH", cell: ({ filter }) => filterText(filter), max: 40 },
  ];
}

/** `b1  cancel  running  420/1000, 3 refused`. */
export function bulkLine({ id, action, state, done, total, failed }: BulkView): string {
  return `${id}  ${action}  ${state}  ${done}/${total}${failed === 0 ? "" : `, ${failed} refused`}`;
}

/** `state=queued arm=builds`. */
export function filterText(filter: BulkView["filter"]): string {
  if (typeof filter !== "object" || filter === null || Array.isArray(filter)) return "";
  return Object.entries(filter)
    .map(([name, value]) =>
      Array.isArray(value) && value.length > 5 ? `${value.length} ${name}` : `${name}=${textOf(name, value)}`,
    )
    .join(" ");
}

function textOf(name: string, value: Json | undefined): string {
  if (Array.isArray(value)) return value.map(String).join(",");
  const isTime = (name === "from" || name === "to") && typeof value === "number";
  if (isTime) return new Date(value).toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
