/**
 * Format 3: what workflows are beyond tasks that need others: rules of nodes, members of an `each`, runs inside runs, pauses,
 * groups, definitions by their content, registered workflows.
 *
 * A plain task pays three bytes and an index that does not hold it. What makes a task more than one that needs others
 * stands in `node`, for the same reason as wishes stand in `ask`.
 */
import { RUN_STATES, TASK_KINDS, TASK_STATES } from "../base/words.ts";
import { names, time } from "./sql-words.ts";

/** Id of a task by its number, as people see it. */
const idOf = (seq: string): string =>
  `coalesce((SELECT other.key FROM task AS other WHERE other.seq = ${seq}), 't' || ${seq})`;

export const FORMAT_3 = `
-- The \`each\` that holds it.
ALTER TABLE task ADD COLUMN inside INTEGER;
-- Among the ready tasks of its run those with the highest rank are first.
ALTER TABLE task ADD COLUMN rank INTEGER;
-- It failed, and may; or it is a container, and something in it did.
ALTER TABLE task ADD COLUMN allowed INTEGER;

-- With \`inside\`, so that the tasks of a run that no \`each\` holds are found without a look at the rows of the others.
DROP INDEX task_run;
CREATE INDEX task_run ON task (run, seq, inside) WHERE run IS NOT NULL;
CREATE INDEX task_inside ON task (inside, seq) WHERE inside IS NOT NULL;

-- What a task of a workflow is beyond a task that needs others; only for tasks of which there is something to say.
CREATE TABLE node (
  task INTEGER PRIMARY KEY,
  -- What core reads (NodeRule), and what the engine does to prepare it (TaskSpec without its work).
  rule TEXT,
  spec TEXT,
  -- The task that it undoes.
  undoes INTEGER,
  -- It was evaluated; its work before that, where it is another one now; and what the person is asked.
  prepared INTEGER,
  template TEXT,
  message TEXT,
  -- It waits for a person, until then if there is an end to that; what they said, who they were and why.
  asked INTEGER,
  until INTEGER,
  verdict TEXT,
  verdict_by TEXT,
  verdict_note TEXT,
  -- A container that has begun: how many members it has, how many were made, why it is being cancelled.
  total INTEGER,
  made INTEGER,
  cancel TEXT,
  -- A person said how it ended.
  marked INTEGER,
  marked_by TEXT,
  marked_note TEXT,
  -- Number of its newest attempt when it was last opened again.
  reopened_at INTEGER
);
CREATE INDEX node_asked ON node (task) WHERE asked = 1;

-- It is being submitted in steps.
ALTER TABLE run ADD COLUMN open INTEGER;
ALTER TABLE run ADD COLUMN paused INTEGER;
ALTER TABLE run ADD COLUMN pause_reason TEXT;
-- It waits for a place in its group.
ALTER TABLE run ADD COLUMN waiting INTEGER;
ALTER TABLE run ADD COLUMN run_group TEXT;
ALTER TABLE run ADD COLUMN parent INTEGER;
ALTER TABLE run ADD COLUMN depth INTEGER;
ALTER TABLE run ADD COLUMN max_parallel INTEGER;
ALTER TABLE run ADD COLUMN outputs INTEGER;
ALTER TABLE run ADD COLUMN phase TEXT;
ALTER TABLE run ADD COLUMN outcome INTEGER;
ALTER TABLE run ADD COLUMN retry_of INTEGER;
-- Runs of before keep their text in \`definition\`.
ALTER TABLE run ADD COLUMN definition_hash TEXT;
ALTER TABLE run ADD COLUMN scope TEXT;
CREATE INDEX run_parent ON run (parent, seq) WHERE parent IS NOT NULL;
CREATE INDEX run_workflow ON run (workflow, seq);
CREATE INDEX run_definition ON run (definition_hash) WHERE definition_hash IS NOT NULL;

-- Texts of workflows by their content; they go with the last run or workflow that names them.
CREATE TABLE definition (
  hash TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  files TEXT
);

CREATE TABLE workflow (
  name TEXT PRIMARY KEY,
  description TEXT,
  hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

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

CREATE VIEW approvals AS
SELECT coalesce(key, 't' || seq) AS id, seq, name, 'r' || run AS run, message, ${time("until")} AS until
FROM node CROSS JOIN task ON task.seq = node.task WHERE asked = 1 AND state = 2;

DROP VIEW runs;
CREATE VIEW runs AS
SELECT 'r' || seq AS id, workflow, ${names("state", RUN_STATES)} AS state, ${time("created_at")} AS created_at,
  ${time("started_at")} AS started_at, ${time("ended_at")} AS ended_at, params, counts, reason, result,
  ${time("deadline_at")} AS deadline_at, schedule, CASE WHEN schedule IS NOT NULL THEN ${time("origin ->> '$.tick'")} END AS tick,
  CASE WHEN parent IS NOT NULL THEN ${idOf("parent")} END AS parent, paused, waiting, run_group ->> '$.name' AS "group",
  max_parallel, phase, ${names("outcome", RUN_STATES)} AS outcome, 'r' || retry_of AS retry_of, definition_hash
FROM run;

CREATE VIEW workflows AS
SELECT name, description, workflow.hash AS definition_hash, ${time("created_at")} AS created_at, ${time("updated_at")} AS updated_at,
  text AS definition, files
FROM workflow JOIN definition ON definition.hash = workflow.hash;
`;
