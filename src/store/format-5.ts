/**
 * Format 5: plugins, the versions of workflows, and what a replica in a cluster has applied. The contents of plugins lie
 * with the other files, by hash (`artifacts.ts`); here is what names them. And the view of tasks again: those of earlier
 * formats print the kinds that there were when they were made.
 */
import { TASK_KINDS, TASK_STATES } from "../base/words.ts";
import { names, time } from "./sql-words.ts";

/** Id of a task by its number, as people see it. */
const idOf = (seq: string): string =>
  `coalesce((SELECT other.key FROM task AS other WHERE other.seq = ${seq}), 't' || ${seq})`;

export const FORMAT_5 = `
CREATE TABLE plugin (
  name TEXT PRIMARY KEY,
  removed_at INTEGER,
  removed_by TEXT
) WITHOUT ROWID;

-- The versions that are kept; the newest is the one with the highest number.
CREATE TABLE plugin_version (
  plugin TEXT NOT NULL,
  version INTEGER NOT NULL,
  hash TEXT NOT NULL,
  language TEXT NOT NULL,
  manifest TEXT,
  actions TEXT NOT NULL,
  source TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  published_by TEXT,
  PRIMARY KEY (plugin, version)
) WITHOUT ROWID;

CREATE TABLE plugin_file (
  plugin TEXT NOT NULL,
  version INTEGER NOT NULL,
  -- The entry is the first.
  place INTEGER NOT NULL,
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (plugin, version, place)
) WITHOUT ROWID;
-- What a version names is kept.
CREATE INDEX plugin_file_content ON plugin_file (sha256);

-- The definitions that a registered workflow has had, while there are not too many (project-workflows.ts).
CREATE TABLE workflow_version (
  workflow TEXT NOT NULL,
  hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (workflow, hash)
) WITHOUT ROWID;
CREATE INDEX workflow_version_hash ON workflow_version (hash);
INSERT INTO workflow_version SELECT name, hash, updated_at FROM workflow;

-- What an attempt waited for: since when it was ready, and since when nothing but a worker was missing, where that was later.
-- The row of a task has the first of the two in ready_at until it is ready once more, then in was_ready_at.
ALTER TABLE running ADD COLUMN admitted_at INTEGER;
ALTER TABLE task ADD COLUMN admitted_at INTEGER;
ALTER TABLE task ADD COLUMN was_ready_at INTEGER;
ALTER TABLE attempt ADD COLUMN admitted_at INTEGER;
ALTER TABLE attempt ADD COLUMN ready_at INTEGER;

-- One row in a data directory that is a replica in a cluster: of what, and how far it has come. None in an embedded one.
CREATE TABLE replica (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  cluster TEXT NOT NULL,
  shard TEXT NOT NULL,
  seq INTEGER NOT NULL,
  term INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  chain TEXT NOT NULL
);

CREATE VIEW plugins AS
SELECT name, version, language, (SELECT sum(bytes) FROM plugin_file AS file WHERE file.plugin = name AND file.version = newest.version) AS bytes,
  hash, actions, source, ${time("published_at")} AS published_at, published_by, ${time("removed_at")} AS removed_at, removed_by
FROM plugin JOIN plugin_version AS newest
  ON newest.plugin = name AND newest.version = (SELECT max(version) FROM plugin_version AS other WHERE other.plugin = name);

DROP VIEW dead_letters;
DROP VIEW tasks;
CREATE VIEW tasks AS
SELECT coalesce(key, 't' || seq) AS id, seq, name, type, ${names("kind", TASK_KINDS)} AS kind,
  CASE WHEN running.task IS NOT NULL THEN 'running' ELSE ${names("state", TASK_STATES)} END AS state, reason,
  coalesce(running.attempt, task.attempt) AS attempt,
  coalesce(running.worker, (SELECT worker_name.name FROM worker_name WHERE id = task.worker)) AS worker,
  coalesce(arm, 'default') AS arm, coalesce(priority, 5) AS priority, 'r' || run AS run, tags, needs,
  ${time("created_at")} AS created_at, ${time(`coalesce(ready_at, CASE WHEN due_at IS NULL AND needs IS NULL AND rule ->> '$.role' IS NULL THEN created_at END,
    running.started_at, CASE WHEN outcome IS NOT NULL THEN task.started_at END)`)} AS ready_at,
  ${time("CASE WHEN running.task IS NULL AND state < 2 THEN due_at END")} AS due_at,
  ${time("coalesce(running.started_at, CASE WHEN outcome IS NOT NULL OR total IS NOT NULL THEN task.started_at END)")} AS started_at,
  ${time("CASE WHEN running.task IS NULL AND state > 3 THEN ended_at END")} AS ended_at, exit_code, work, result, error,
  owner, concurrency_key, dead, CASE WHEN cached_from IS NOT NULL THEN ${idOf("cached_from")} END AS cached_from,
  CASE WHEN callback_of IS NOT NULL THEN ${idOf("callback_of")} END AS callback_of, schedule,
  CASE WHEN schedule IS NOT NULL THEN ${time("tick")} END AS tick, asks,
  CASE WHEN inside IS NOT NULL THEN ${idOf("inside")} END AS inside, CASE WHEN kind = ${TASK_KINDS.indexOf("each")} THEN total END AS members, allowed,
  rule ->> '$.trigger' AS "trigger", rule ->> '$.role' AS role,
  (SELECT other.name FROM task AS other WHERE other.seq = undoes) AS compensates,
  CASE WHEN verdict IS NOT NULL THEN verdict WHEN asked = 1 AND state = 2 THEN 'waiting' END AS approval,
  verdict_by AS approval_by, verdict_note AS approval_note, marked, marked_by, marked_note
FROM task LEFT JOIN running ON running.task = task.seq LEFT JOIN ask ON ask.task = task.seq
  LEFT JOIN node ON node.task = task.seq;

CREATE VIEW dead_letters AS
SELECT id, seq, name, type, arm, owner, run, attempt, created_at, ended_at, exit_code, reason, error
FROM tasks WHERE dead = 1;
`;
