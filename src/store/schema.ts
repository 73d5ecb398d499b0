/**
 * The database, as migrations that are numbered, never edited, and applied in order. Tables (singular, compact: states as
 * numbers, defaults as NULL) are for the program; the views of the same name in the plural are for people and documented
 * in docs/reference/database.md.
 */
import { ATTEMPT_OUTCOMES, RUN_STATES, TASK_KINDS, TASK_STATES } from "../base/words.ts";
import { FORMAT_2 } from "./format-2.ts";
import { FORMAT_3 } from "./format-3.ts";
import { FORMAT_4 } from "./format-4.ts";
import { FORMAT_5 } from "./format-5.ts";
import { names, time } from "./sql-words.ts";

/** What is known of an attempt that ended; the same columns in `attempt` and in `task`. */
export const ATTEMPT_COLUMNS =
  "attempt, outcome, worker, started_at, ended_at, duration_ms, result, result_ref, exit_code, signal, cpu_ms, max_rss_bytes, error";

/** Migration n brings `user_version` from n to n + 1. */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_task INTEGER NOT NULL,
  last_run INTEGER NOT NULL,
  counts TEXT NOT NULL,
  run_counts TEXT NOT NULL,
  arms TEXT NOT NULL
);
INSERT INTO meta VALUES (1, 0, 0, '{}', '{}', '{}');

-- A task, with its newest ended attempt. Earlier attempts are in \`attempt\`, one that runs now is in \`running\`: so the
-- common life of a task is one insert, one small insert and delete, and one update. A row is written with placeholders in
-- the columns of its attempt, of the size that the real values will have: an update that does not make the row longer is
-- done in place, and takes half as long. Until \`outcome\` is set they mean nothing (\`ended_at\`: until the state is an end).
CREATE TABLE task (
  seq INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  type TEXT NOT NULL,
  kind INTEGER NOT NULL,
  work TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  outcome INTEGER,
  worker INTEGER NOT NULL DEFAULT -1,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  duration_ms INTEGER,
  result TEXT,
  result_ref TEXT,
  exit_code INTEGER,
  signal TEXT,
  cpu_ms INTEGER,
  max_rss_bytes INTEGER,
  error TEXT,
  tries INTEGER,
  losses INTEGER,
  ready_at INTEGER,
  due_at INTEGER,
  reason TEXT,
  key TEXT,
  hash TEXT,
  run INTEGER,
  name TEXT,
  handler TEXT,
  only_worker TEXT,
  arm TEXT,
  priority INTEGER,
  policy TEXT,
  expires_at INTEGER,
  needs TEXT,
  tags TEXT
);
CREATE UNIQUE INDEX task_key ON task (key) WHERE key IS NOT NULL;
CREATE INDEX task_run ON task (run, seq) WHERE run IS NOT NULL;
CREATE INDEX task_result_ref ON task (result_ref) WHERE result_ref IS NOT NULL;
-- Everything but the success stories: the live tasks for recovery, the failed ones for lists.
CREATE INDEX task_state ON task (state, seq) WHERE state <> 4;

-- Names of workers, as \`task\` and \`attempt\` hold them; the first is 2, so that most take one byte.
CREATE TABLE worker_name (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- Attempts on a worker now; their tasks keep the state that they had before.
CREATE TABLE running (
  task INTEGER PRIMARY KEY,
  attempt INTEGER NOT NULL,
  worker TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  cancel TEXT
);

-- Attempts before the newest one.
CREATE TABLE attempt (
  task INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  worker INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  duration_ms INTEGER,
  result TEXT,
  result_ref TEXT,
  exit_code INTEGER,
  signal TEXT,
  cpu_ms INTEGER,
  max_rss_bytes INTEGER,
  error TEXT,
  PRIMARY KEY (task, attempt)
) WITHOUT ROWID;
CREATE INDEX attempt_result_ref ON attempt (result_ref) WHERE result_ref IS NOT NULL;

CREATE TABLE run (
  seq INTEGER PRIMARY KEY,
  workflow TEXT NOT NULL,
  state INTEGER NOT NULL,
  cancelled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  params TEXT,
  definition TEXT,
  counts TEXT
);
CREATE INDEX run_open ON run (seq) WHERE state < 2;

CREATE TABLE arm (
  name TEXT PRIMARY KEY,
  enabled INTEGER NOT NULL DEFAULT 1,
  max_parallel INTEGER
) WITHOUT ROWID;

CREATE TABLE worker (
  name TEXT PRIMARY KEY,
  slots INTEGER NOT NULL,
  kinds TEXT NOT NULL,
  functions TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  octopus TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  left_at INTEGER,
  left_reason TEXT
) WITHOUT ROWID;

-- Who changed what: every command of a person, kept with the tasks.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT
);

CREATE VIEW tasks AS
SELECT coalesce(key, 't' || seq) AS id, seq, name, type, ${names("kind", TASK_KINDS)} AS kind,
  CASE WHEN running.task IS NOT NULL THEN 'running' ELSE ${names("state", TASK_STATES)} END AS state, reason,
  coalesce(running.attempt, task.attempt) AS attempt,
  coalesce(running.worker, (SELECT worker_name.name FROM worker_name WHERE id = task.worker)) AS worker,
  coalesce(arm, 'default') AS arm, coalesce(priority, 5) AS priority, 'r' || run AS run, tags, needs,
  ${time("created_at")} AS created_at, ${time("coalesce(ready_at, CASE WHEN due_at IS NULL AND needs IS NULL THEN created_at END)")} AS ready_at,
  ${time("due_at")} AS due_at,
  ${time("coalesce(running.started_at, CASE WHEN outcome IS NOT NULL THEN task.started_at END)")} AS started_at,
  ${time("CASE WHEN running.task IS NULL AND state > 3 THEN ended_at END")} AS ended_at, exit_code, work, result, error
FROM task LEFT JOIN running ON running.task = task.seq;

CREATE VIEW attempts AS
SELECT coalesce(task.key, 't' || task.seq) AS task, past.attempt, ${names("past.outcome", ATTEMPT_OUTCOMES)} AS outcome,
  (SELECT worker_name.name FROM worker_name WHERE id = past.worker) AS worker, ${time("past.started_at")} AS started_at, ${time("past.ended_at")} AS ended_at, past.duration_ms,
  past.exit_code, past.signal, past.cpu_ms, past.max_rss_bytes, past.error, past.result, past.result_ref
FROM (
  SELECT task, ${ATTEMPT_COLUMNS} FROM attempt
  UNION ALL
  SELECT seq, ${ATTEMPT_COLUMNS} FROM task WHERE outcome IS NOT NULL
) AS past JOIN task ON task.seq = past.task;

-- The word that users of other systems look for.
CREATE VIEW executions AS SELECT * FROM attempts;

CREATE VIEW runs AS
SELECT 'r' || seq AS id, workflow, ${names("state", RUN_STATES)} AS state, ${time("created_at")} AS created_at,
  ${time("started_at")} AS started_at, ${time("ended_at")} AS ended_at, params, counts
FROM run;
`,
  FORMAT_2,
  FORMAT_3,
  FORMAT_4,
  FORMAT_5,
];
