/**
 * The database, as migrations that are numbered, never edited, and applied in order. Tables (singular, compact: states as
 * numbers, defaults as NULL) are for the program; the views of the same name in the plural are for people and documented
 * in docs/reference/database.md.
 */
import { ATTEMPT_OUTCOMES, RUN_STATES, TASK_KINDS, TASK_STATES } from "../base/words.ts";

/** Migration n brings `user_version` from n to n + 1. */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_task INTEGER NOT NULL,
  last_run INTEGER NOT NULL,
  counts TEXT NOT NULL,
  run_counts TEXT NOT NULL
);
INSERT INTO meta VALUES (1, 0, 0, '{}', '{}');

CREATE TABLE task (
  seq INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  attempt INTEGER,
  tries INTEGER,
  losses INTEGER,
  created_at INTEGER NOT NULL,
  ready_at INTEGER,
  due_at INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  on_worker TEXT,
  reason TEXT,
  cancel TEXT,
  key TEXT,
  hash TEXT,
  run INTEGER,
  name TEXT,
  type TEXT NOT NULL,
  kind INTEGER NOT NULL,
  handler TEXT,
  worker TEXT,
  arm TEXT,
  priority INTEGER,
  policy TEXT,
  expires_at INTEGER,
  needs TEXT,
  tags TEXT,
  work TEXT NOT NULL
);
CREATE UNIQUE INDEX task_key ON task (key) WHERE key IS NOT NULL;
CREATE INDEX task_run ON task (run, seq) WHERE run IS NOT NULL;
-- Everything but the success stories: the live tasks for recovery, the failed ones for lists.
CREATE INDEX task_state ON task (state, seq) WHERE state <> 4;

CREATE TABLE attempt (
  task INTEGER NOT NULL,
  n INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  worker TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  duration_ms INTEGER,
  exit_code INTEGER,
  signal TEXT,
  cpu_ms INTEGER,
  max_rss_bytes INTEGER,
  error TEXT,
  result TEXT,
  result_ref TEXT,
  PRIMARY KEY (task, n)
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
  max_parallel INTEGER,
  processed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  last_run_at INTEGER NOT NULL DEFAULT 0
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
  ${names("state", TASK_STATES)} AS state, reason, coalesce(attempt, 0) AS attempt, on_worker AS worker,
  coalesce(arm, 'default') AS arm, coalesce(priority, 5) AS priority, 'r' || run AS run, tags, needs,
  ${time("created_at")} AS created_at, ${time("coalesce(ready_at, CASE WHEN due_at IS NULL AND needs IS NULL THEN created_at END)")} AS ready_at,
  ${time("due_at")} AS due_at, ${time("started_at")} AS started_at, ${time("ended_at")} AS ended_at,
  work, (SELECT result FROM attempt WHERE attempt.task = task.seq AND attempt.n = task.attempt) AS result
FROM task;

CREATE VIEW attempts AS
SELECT coalesce(task.key, 't' || task.seq) AS task, n AS attempt, ${names("attempt.outcome", ATTEMPT_OUTCOMES)} AS outcome,
  attempt.worker, ${time("attempt.started_at")} AS started_at, ${time("attempt.ended_at")} AS ended_at, duration_ms,
  exit_code, signal, cpu_ms, max_rss_bytes, error, result, result_ref
FROM attempt JOIN task ON task.seq = attempt.task;

-- The word that users of other systems look for.
CREATE VIEW executions AS SELECT * FROM attempts;

CREATE VIEW runs AS
SELECT 'r' || seq AS id, workflow, ${names("state", RUN_STATES)} AS state, ${time("created_at")} AS created_at,
  ${time("started_at")} AS started_at, ${time("ended_at")} AS ended_at, params, counts
FROM run;
`,
];

/** A column of numbers as words, by their place in the list. */
function names(column: string, words: readonly string[]): string {
  const cases = words.map((word, index) => `WHEN ${index} THEN '${word}'`).join(" ");
  return `CASE ${column} ${cases} END`;
}

/** Epoch milliseconds as ISO 8601 in UTC. */
function time(column: string): string {
  return `strftime('%Y-%m-%dT%H:%M:%fZ', (${column}) / 1000.0, 'unixepoch')`;
}
