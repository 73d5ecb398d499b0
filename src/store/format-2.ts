/**
 * Format 2: keys, caches, callbacks, dead letters, schedules, settings of arms, quotas, bulk actions, files of attempts.
 *
 * A task that asks for nothing pays one byte: wishes stand in a table of their own, because every index on `task`, also
 * one that holds no row of it, would cost each insert a tenth of its time.
 */
import { RUN_STATES, TASK_KINDS, TASK_STATES } from "../base/words.ts";
import { names, time } from "./sql-words.ts";

/** Id of a task by its number, as people see it. */
const idOf = (seq: string): string =>
  `coalesce((SELECT other.key FROM task AS other WHERE other.seq = ${seq}), 't' || ${seq})`;

export const FORMAT_2 = `
ALTER TABLE meta ADD COLUMN last_due INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN last_bulk INTEGER NOT NULL DEFAULT 0;

-- Failed with no try left, and nobody has done anything about it.
ALTER TABLE task ADD COLUMN dead INTEGER;
-- What failed before there were dead letters waits for somebody as well.
UPDATE task SET dead = 1 WHERE state = ${TASK_STATES.indexOf("failed")} AND state <> 4;

-- What tasks ask for beyond their arm and their policy. What lists filter by stands in columns of its own as well: virtual
-- ones, read out of \`asks\`, would take no room and cost half as much again for each insert.
CREATE TABLE ask (
  task INTEGER PRIMARY KEY,
  asks TEXT NOT NULL,
  callbacks TEXT,
  cache_key TEXT,
  cached_from INTEGER,
  owner TEXT,
  concurrency_key TEXT,
  schedule TEXT,
  tick INTEGER,
  callback_of INTEGER
);
CREATE INDEX ask_owner ON ask (owner, task) WHERE owner IS NOT NULL;
CREATE INDEX ask_concurrency_key ON ask (concurrency_key, task) WHERE concurrency_key IS NOT NULL;
CREATE INDEX ask_schedule ON ask (schedule, task) WHERE schedule IS NOT NULL;
CREATE INDEX ask_callback_of ON ask (callback_of, task) WHERE callback_of IS NOT NULL;

ALTER TABLE run ADD COLUMN deadline_at INTEGER;
ALTER TABLE run ADD COLUMN planner TEXT;
ALTER TABLE run ADD COLUMN planned INTEGER;
ALTER TABLE run ADD COLUMN timed_out INTEGER;
ALTER TABLE run ADD COLUMN result TEXT;
ALTER TABLE run ADD COLUMN reason TEXT;
ALTER TABLE run ADD COLUMN origin TEXT;
ALTER TABLE run ADD COLUMN schedule TEXT GENERATED ALWAYS AS (origin ->> '$.schedule') VIRTUAL;
CREATE INDEX run_schedule ON run (schedule, seq) WHERE schedule IS NOT NULL;

ALTER TABLE worker ADD COLUMN resources TEXT;

-- All settings of an arm as one JSON object (ArmSettings); only arms that somebody registered or set.
CREATE TABLE arm_settings (
  name TEXT PRIMARY KEY,
  settings TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO arm_settings SELECT name, json_patch(
  json_object('enabled', json(iif(enabled, 'true', 'false')), 'draining', json('false'), 'maxParallel', max_parallel,
    'weight', 1, 'agingMs', 0), json('{"types":[]}')) FROM arm;
UPDATE arm_settings SET settings = json_remove(settings, '$.maxParallel')
  WHERE json_type(settings, '$.maxParallel') = 'null';
DROP TABLE arm;
ALTER TABLE arm_settings RENAME TO arm;

CREATE TABLE quota (
  owner TEXT PRIMARY KEY,
  quota TEXT NOT NULL
) WITHOUT ROWID;

-- What limits over time have used, while they are not back to full.
CREATE TABLE meter (
  name TEXT PRIMARY KEY,
  at REAL NOT NULL,
  used REAL NOT NULL
) WITHOUT ROWID;

-- Unique keys that are taken for a time, whatever becomes of their tasks.
CREATE TABLE unique_key (
  key TEXT PRIMARY KEY,
  task INTEGER NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX unique_key_task ON unique_key (task);

-- Whose result may be taken for tasks of equal content; until 0 = as long as that task is kept.
CREATE TABLE cache (
  key TEXT PRIMARY KEY,
  task INTEGER NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX cache_task ON cache (task);

-- Callbacks whose moment has come and whose tasks were not made yet.
CREATE TABLE due (
  due INTEGER PRIMARY KEY,
  task INTEGER NOT NULL,
  moment TEXT NOT NULL,
  state INTEGER NOT NULL,
  attempt INTEGER NOT NULL
);

-- \`definition\` is what core reads (ScheduleDefinition), \`target\` what is submitted and how it was written.
CREATE TABLE schedule (
  name TEXT PRIMARY KEY,
  definition TEXT NOT NULL,
  target TEXT NOT NULL,
  next_at INTEGER,
  last_tick INTEGER,
  pruned_to INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- \`open\`: it waits, or its target was not made yet.
CREATE TABLE tick (
  schedule TEXT NOT NULL,
  tick INTEGER NOT NULL,
  action TEXT NOT NULL,
  at INTEGER NOT NULL,
  manual TEXT,
  made TEXT,
  reason TEXT,
  count INTEGER,
  open INTEGER,
  PRIMARY KEY (schedule, tick)
) WITHOUT ROWID;
CREATE INDEX tick_open ON tick (schedule, tick) WHERE open = 1;

CREATE TABLE calendar (
  name TEXT PRIMARY KEY,
  days TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE bulk (
  bulk INTEGER PRIMARY KEY,
  action TEXT NOT NULL,
  filter TEXT NOT NULL,
  total INTEGER NOT NULL,
  done INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER
);

-- Files that attempts left behind; their content lies in artifacts/ under its hash.
CREATE TABLE artifact (
  task INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (task, attempt, path)
) WITHOUT ROWID;
CREATE INDEX artifact_hash ON artifact (hash);

DROP VIEW tasks;
CREATE VIEW tasks AS
SELECT coalesce(key, 't' || seq) AS id, seq, name, type, ${names("kind", TASK_KINDS)} AS kind,
  CASE WHEN running.task IS NOT NULL THEN 'running' ELSE ${names("state", TASK_STATES)} END AS state, reason,
  coalesce(running.attempt, task.attempt) AS attempt,
  coalesce(running.worker, (SELECT worker_name.name FROM worker_name WHERE id = task.worker)) AS worker,
  coalesce(arm, 'default') AS arm, coalesce(priority, 5) AS priority, 'r' || run AS run, tags, needs,
  ${time("created_at")} AS created_at, ${time("coalesce(ready_at, CASE WHEN due_at IS NULL AND needs IS NULL THEN created_at END)")} AS ready_at,
  ${time("due_at")} AS due_at,
  ${time("coalesce(running.started_at, CASE WHEN outcome IS NOT NULL THEN task.started_at END)")} AS started_at,
  ${time("CASE WHEN running.task IS NULL AND state > 3 THEN ended_at END")} AS ended_at, exit_code, work, result, error,
  owner, concurrency_key, dead, CASE WHEN cached_from IS NOT NULL THEN ${idOf("cached_from")} END AS cached_from,
  CASE WHEN callback_of IS NOT NULL THEN ${idOf("callback_of")} END AS callback_of, schedule,
  CASE WHEN schedule IS NOT NULL THEN ${time("tick")} END AS tick, asks
FROM task LEFT JOIN running ON running.task = task.seq LEFT JOIN ask ON ask.task = task.seq;

CREATE VIEW dead_letters AS
SELECT id, seq, name, type, arm, owner, run, attempt, created_at, ended_at, exit_code, reason, error
FROM tasks WHERE dead = 1;

DROP VIEW runs;
CREATE VIEW runs AS
SELECT 'r' || seq AS id, workflow, ${names("state", RUN_STATES)} AS state, ${time("created_at")} AS created_at,
  ${time("started_at")} AS started_at, ${time("ended_at")} AS ended_at, params, counts, reason, result,
  ${time("deadline_at")} AS deadline_at, schedule, CASE WHEN schedule IS NOT NULL THEN ${time("origin ->> '$.tick'")} END AS tick
FROM run;

CREATE VIEW arms AS
SELECT names.name, coalesce(settings ->> '$.enabled', 1) AS enabled, coalesce(settings ->> '$.draining', 0) AS draining,
  settings ->> '$.maxParallel' AS max_parallel, coalesce(settings ->> '$.weight', 1) AS weight,
  settings ->> '$.maxQueued' AS max_queued, settings -> '$.rate' AS rate, coalesce(settings ->> '$.agingMs', 0) AS aging_ms,
  settings ->> '$.timeoutMs' AS timeout_ms, settings ->> '$.retries' AS retries, settings ->> '$.handler' AS handler,
  settings -> '$.types' AS types, coalesce(totals.value ->> 0, 0) AS processed, coalesce(totals.value ->> 1, 0) AS failed,
  CASE WHEN totals.value ->> 2 > 0 THEN ${time("totals.value ->> 2")} END AS last_run_at
FROM (SELECT name FROM arm UNION SELECT key FROM meta, json_each(meta.arms)) AS names
  LEFT JOIN arm ON arm.name = names.name
  LEFT JOIN (SELECT key, value FROM meta, json_each(meta.arms)) AS totals ON totals.key = names.name;

CREATE VIEW schedules AS
SELECT name, definition -> '$.rule.crons' AS crons, definition ->> '$.rule.everyMs' AS every_ms,
  definition -> '$.rule.at' AS at, definition ->> '$.rule.zone' AS zone, definition ->> '$.overlap' AS overlap,
  definition ->> '$.catchUp.policy' AS catch_up, definition ->> '$.jitterMs' AS jitter_ms,
  definition ->> '$.paused' AS paused, ${time("next_at")} AS next_at, ${time("last_tick")} AS last_tick,
  ${time("created_at")} AS created_at, target
FROM schedule;

CREATE VIEW ticks AS
SELECT schedule, ${time("tick")} AS tick, action, ${time("at")} AS at, manual, made, reason, count
FROM tick;

CREATE VIEW artifacts AS
SELECT ${idOf("artifact.task")} AS task, attempt, path, bytes, hash AS sha256
FROM artifact;
`;
