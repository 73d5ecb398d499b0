/** Rows of runs, and of the workers that were ever here. */
import { unreachable } from "../base/assert.ts";
import type { Event, WorkerJoined } from "../core/event.ts";
import { runStateCode } from "./codes.ts";
import { json, type Statements } from "./statements.ts";

type EventOf<T extends Event["type"]> = Extract<Event, { type: T }>;
export type RunEvent = EventOf<
  "RunCreated" | "RunStarted" | "RunCancelRequested" | "RunTimedOut" | "RunPlanned" | "RunEnded" | "RunReopened"
>;

export function projectRun(statements: Statements, event: RunEvent, at: number): void {
  const { run } = event;
  switch (event.type) {
    case "RunCreated":
      statements.run(
        `INSERT INTO run (seq, workflow, state, created_at, params, definition, deadline_at, planner, origin)
         VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?)`,
        run,
        event.workflow,
        at,
        json(event.params),
        event.definition ?? null,
        event.deadlineAt ?? null,
        event.planner ?? null,
        json(event.origin),
      );
      return;
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
        "UPDATE run SET state = ?, ended_at = ?, counts = ? WHERE seq = ?",
        runStateCode[event.state],
        at,
        JSON.stringify(event.counts),
        run,
      );
      return;
    case "RunReopened":
      // Its time is over or was never limited: what is tried again has all the time it needs.
      statements.run(
        `UPDATE run SET state = 1, cancelled = 0, ended_at = NULL, counts = NULL, timed_out = NULL, planned = NULL,
           result = NULL, reason = NULL, deadline_at = NULL WHERE seq = ?`,
        run,
      );
      return;
    default:
      unreachable(event);
  }
}

export function workerJoined(statements: Statements, event: WorkerJoined, at: number): void {
  statements.run(
    `INSERT INTO worker (name, slots, kinds, functions, host, pid, octopus, resources, joined_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET slots = excluded.slots, kinds = excluded.kinds, functions = excluded.functions,
       host = excluded.host, pid = excluded.pid, octopus = excluded.octopus, resources = excluded.resources,
       joined_at = excluded.joined_at, left_at = NULL, left_reason = NULL`,
    event.worker,
    event.slots,
    JSON.stringify(event.kinds),
    JSON.stringify(event.functions),
    event.host,
    event.pid,
    event.octopus,
    json(event.resources),
    at,
  );
}
