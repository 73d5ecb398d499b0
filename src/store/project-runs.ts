/** Rows of runs, and of the workers that were ever here. */
import { unreachable } from "../base/assert.ts";
import type { Event } from "../core/event.ts";
import type { WorkerJoined } from "../core/fleet/events.ts";
import { runStateCode } from "./codes.ts";
import { deleteRuns, deleteTasks, keepDefinition } from "./project-removals.ts";
import { json, type Statements } from "./statements.ts";

type EventOf<T extends Event["type"]> = Extract<Event, { type: T }>;
export type RunEvent = EventOf<
  | "RunCreated"
  | "RunStarted"
  | "RunCancelRequested"
  | "RunTimedOut"
  | "RunPlanned"
  | "RunEnded"
  | "RunReopened"
  | "RunSealed"
  | "RunDropped"
  | "RunPaused"
  | "RunAdmitted"
  | "RunTurned"
>;

export function projectRun(statements: Statements, event: RunEvent, at: number): void {
  const { run } = event;
  switch (event.type) {
    case "RunCreated":
      return runCreated(statements, event, at);
    case "RunStarted":
      statements.run("UPDATE run SET state = 1, started_at = ? WHERE seq = ?", at, run);
      return;
    case "RunCancelRequested":
      statements.run("UPDATE run SET cancelled = 1 WHERE seq = ?", run);
      statements.audit(at, "cancel", `r${run}`);
      return;
    case "RunTimedOut":
      statements.run("UPDATE run SET timed_out = 1, reason = 'ran out of time' WHERE seq = ?", run);
      return;
    case "RunPlanned":
      statements.run(
        "UPDATE run SET planned = ?, result = ?, reason = coalesce(?, reason) WHERE seq = ?",
        runStateCode[event.state],
        event.result ?? null,
        event.reason ?? null,
        run,
      );
      return;
    case "RunEnded":
      statements.run(
        `UPDATE run SET state = ?, ended_at = ?, counts = ?, phase = NULL, outcome = NULL, paused = NULL, pause_reason = NULL,
           waiting = NULL WHERE seq = ?`,
        runStateCode[event.state],
        at,
        JSON.stringify(event.counts),
        run,
      );
      return;
    case "RunReopened":
      return runReopened(statements, event);
    case "RunSealed":
      statements.run("UPDATE run SET open = NULL WHERE seq = ?", run);
      return;
    case "RunDropped":
      return runDropped(statements, run);
    case "RunPaused": {
      const { paused, reason } = event;
      const sql = "UPDATE run SET paused = ?, pause_reason = ? WHERE seq = ?";
      statements.run(sql, paused ? 1 : null, paused ? (reason ?? null) : null, run);
      statements.audit(at, paused ? "pause" : "resume", `r${run}`, reason);
      return;
    }
    case "RunAdmitted":
      statements.run("UPDATE run SET waiting = NULL WHERE seq = ?", run);
      return;
    case "RunTurned":
      statements.run(
        "UPDATE run SET phase = ?, outcome = ? WHERE seq = ?",
        event.phase,
        runStateCode[event.state],
        run,
      );
      return;
    default:
      unreachable(event);
  }
}

function runCreated(statements: Statements, event: EventOf<"RunCreated">, at: number): void {
  const { definition = null, definitionHash = null } = event;
  statements.run(
    `INSERT INTO run (seq, workflow, state, created_at, params, definition, deadline_at, planner, origin, open, waiting,
       run_group, parent, depth, max_parallel, outputs, retry_of, definition_hash, scope)
     VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    event.run,
    event.workflow,
    at,
    json(event.params),
    definitionHash === null ? definition : null,
    event.deadlineAt ?? null,
    event.planner ?? null,
    json(event.origin),
    event.open === true ? 1 : null,
    // Until it has a place, which may be in this very turn.
    event.group === undefined ? null : 1,
    json(event.group),
    event.parent ?? null,
    event.depth ?? null,
    event.maxParallel ?? null,
    event.outputs === true ? 1 : null,
    event.retryOf ?? null,
    definitionHash,
    event.scope ?? null,
  );
  if (definitionHash !== null && definition !== null)
    keepDefinition(statements, definitionHash, definition, event.files);
}

/** Its time is over or was never limited: what is tried again has all the time it needs. */
function runReopened(statements: Statements, event: EventOf<"RunReopened">): void {
  const { run, from } = event;
  statements.run(
    `UPDATE run SET state = 1, cancelled = 0, ended_at = NULL, counts = NULL, timed_out = NULL, planned = NULL,
       result = NULL, reason = NULL, deadline_at = NULL, phase = NULL, outcome = NULL, params = coalesce(?, params)
     WHERE seq = ?`,
    json(event.params),
    run,
  );
  // One that had ended begins afresh, and waits for a place in its group.
  if (from === "queued" || from === "running") return;
  const sql =
    "UPDATE run SET paused = NULL, pause_reason = NULL, waiting = iif(run_group IS NULL, NULL, 1) WHERE seq = ?";
  statements.run(sql, run);
}

/** Everything of it goes. */
function runDropped(statements: Statements, run: number): void {
  const tasks = statements.get("SELECT json_group_array(seq) AS list FROM task WHERE run = ?", run) as { list: string };
  deleteTasks(statements, tasks.list);
  deleteRuns(statements, "seq = ?", run);
}

export function workerJoined(statements: Statements, event: WorkerJoined, at: number): void {
  statements.run(
    `INSERT INTO worker (name, slots, kinds, functions, host, pid, octopus, resources, units, labels, arms, address, link,
       joined_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET slots = excluded.slots, kinds = excluded.kinds, functions = excluded.functions,
       host = excluded.host, pid = excluded.pid, octopus = excluded.octopus, resources = excluded.resources,
       units = excluded.units, labels = excluded.labels, arms = excluded.arms, address = excluded.address,
       link = excluded.link, joined_at = excluded.joined_at, left_at = NULL, left_reason = NULL, seen_at = NULL`,
    event.worker,
    event.slots,
    JSON.stringify(event.kinds),
    JSON.stringify(event.functions),
    event.host,
    event.pid,
    event.octopus,
    json(event.resources),
    json(event.units),
    json(event.labels),
    json(event.arms),
    event.address ?? null,
    event.link ?? null,
    at,
  );
}
