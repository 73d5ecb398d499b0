/** Who may do what, as rows: tokens, keys of workers, the id of the cluster; and which workers a person has drained. */
import { unreachable } from "../base/assert.ts";
import type { AccessEvent } from "../core/access/access.ts";
import type { WorkerDraining, WorkerForgotten, WorkerResumed } from "../core/fleet/events.ts";
import type { Statements } from "./statements.ts";

export function projectAccess(
  statements: Statements,
  event: AccessEvent | WorkerDraining | WorkerResumed | WorkerForgotten,
  at: number,
): void {
  switch (event.type) {
    case "ClusterFounded":
      return statements.run("UPDATE meta SET cluster = ?", event.cluster);
    case "TokenCreated":
      return statements.run(
        `INSERT INTO token (token, name, role, arms, worker, hash, created_at, created_by, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        event.token,
        event.name,
        event.role,
        event.arms === undefined ? null : JSON.stringify(event.arms),
        event.worker ?? null,
        event.hash,
        at,
        event.by ?? null,
        event.expiresAt ?? null,
      );
    case "TokenRevoked":
      return statements.run("UPDATE token SET revoked_at = ? WHERE token = ?", at, event.token);
    case "KeyTrusted":
      return statements.run(
        "INSERT INTO worker_key (worker, key, at, by) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        event.worker,
        event.key,
        at,
        event.by ?? null,
      );
    case "KeyUntrusted":
      return statements.run("DELETE FROM worker_key WHERE worker = ? AND key = ?", event.worker, event.key);
    case "WorkerDraining":
      if (event.held === true)
        statements.run("INSERT INTO drained (worker) VALUES (?) ON CONFLICT DO NOTHING", event.worker);
      return;
    case "WorkerResumed":
      return statements.run("DELETE FROM drained WHERE worker = ?", event.worker);
    case "WorkerForgotten":
      return statements.run("DELETE FROM worker WHERE name = ?", event.worker);
    default:
      unreachable(event);
  }
}
