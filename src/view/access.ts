/** Tokens and the audit log, as rows of tables. */
import type { AuditView, TokenView } from "../protocol/access.ts";
import type { Column } from "./table.ts";
import { relative } from "./time.ts";

export function tokenColumns(now: number): Column<TokenView>[] {
  return [
    { title: "ID", cell: ({ id }) => id },
    { title: "NAME", cell: ({ name }) => name, max: 40 },
    { title: "ROLE", cell: ({ role }) => role },
    { title: "FOR", cell: scopeText, max: 60 },
    {
      title: "STATE",
      cell: ({ state }) => state,
      colour: ({ state }) => (state === "active" ? "green" : "grey"),
    },
    { title: "CREATED", cell: ({ createdAt }) => relative(createdAt, now) },
    { title: "EXPIRES", cell: ({ expiresAt }) => (expiresAt === undefined ? "never" : relative(expiresAt, now)) },
    { title: "LAST USED", cell: lastUse(now) },
  ];
}

function scopeText({ arms, worker }: TokenView): string {
  return [arms === undefined ? "" : `arms ${arms.join(", ")}`, worker === undefined ? "" : `worker ${worker}`]
    .filter(Boolean)
    .join("; ");
}

function lastUse(now: number): (token: TokenView) => string {
  return ({ lastUsedAt, lastAddress }) =>
    lastUsedAt === undefined ? "" : `${relative(lastUsedAt, now)} from ${lastAddress}`;
}

export function auditColumns(now: number, isOfCluster = false): Column<AuditView>[] {
  return [
    { title: "WHEN", cell: ({ at }) => relative(at, now) },
    { title: "WHO", cell: ({ who }) => who, max: 40 },
    { title: "FROM", cell: ({ address }) => address ?? "", max: 45 },
    {
      title: "ACTION",
      cell: ({ action }) => action,
      colour: ({ outcome }) => (outcome === "done" ? "cyan" : "red"),
    },
    { title: "SUBJECT", cell: ({ subject }) => subject ?? "", max: 60 },
    { title: "OUTCOME", cell: ({ outcome, times }) => (times === 1 ? outcome : `${outcome}, ${times} times`) },
    { title: "DETAIL", cell: ({ detail }) => detail ?? "", max: 80 },
    // In a cluster alone.
    ...(isOfCluster ? [{ title: "AT", cell: ({ server }: AuditView) => server ?? "", max: 40 }] : []),
  ];
}
