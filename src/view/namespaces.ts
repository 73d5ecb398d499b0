/** Namespaces as rows of a table. */
import type { DeletedNamespaceView, NamespaceView } from "../protocol/namespace.ts";
import type { Column } from "./table.ts";
import { relative } from "./time.ts";

export function namespaceColumns(namespaces: readonly NamespaceView[], now: number): Column<NamespaceView>[] {
  const isCluster = namespaces.some(({ hosts }) => hosts !== undefined);
  return [
    { title: "NAMESPACE", cell: ({ name }) => name, max: 40 },
    {
      title: "STATE",
      cell: ({ state }) => state,
      colour: ({ state }) => (state === "failed" ? "red" : state === "starting" ? "yellow" : undefined),
    },
    ...(isCluster
      ? [
          { title: "LEADER", cell: ({ leader }: NamespaceView) => leader ?? "nobody", max: 40 },
          { title: "COPIES ON", cell: ({ hosts = [] }: NamespaceView) => hosts.join(", "), max: 60 },
        ]
      : []),
    { title: "MADE", cell: ({ createdAt }) => relative(createdAt, now) ?? "" },
    { title: "PATH", cell: ({ path }) => path },
  ];
}

export function deletedNamespaceColumns(now: number): Column<DeletedNamespaceView>[] {
  return [
    { title: "NAMESPACE", cell: ({ name }) => name, max: 40 },
    { title: "DELETED", cell: ({ deletedAt }) => relative(deletedAt, now) },
    { title: "GOES", cell: ({ keptUntil }) => relative(keptUntil, now) },
    { title: "MADE", cell: ({ createdAt }) => relative(createdAt, now) },
    { title: "ID", cell: ({ id }) => id, max: 80 },
  ];
}
