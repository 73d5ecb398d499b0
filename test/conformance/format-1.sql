PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_task INTEGER NOT NULL,
  last_run INTEGER NOT NULL,
  counts TEXT NOT NULL,
  run_counts TEXT NOT NULL,
  arms TEXT NOT NULL
);
INSERT INTO meta VALUES(1,8,1,'{"blocked":1,"scheduled":1,"queued":1,"running":1,"succeeded":2,"failed":1,"cancelled":1,"expired":0,"skipped":0,"upstream_failed":0}','{"queued":0,"running":1,"succeeded":0,"failed":0,"cancelled":0,"partial":0}','{"gpu":[2,0,1700000000016],"off":[0,0,0],"default":[2,1,1700000000018]}');
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
INSERT INTO task VALUES(1,4,1700000000004,'f',0,'{"kind":"shell","shell":{"command":"a"}}',2,0,2,1700000000016,1700000000017,5,'{"x":1}',NULL,1,NULL,NULL,NULL,'{"message":"no","kind":"exit"}',1,0,1700000000016,NULL,'no',NULL,NULL,1,'a',NULL,NULL,'gpu',NULL,'{"timeoutMs":5000,"retryLimit":1,"backoff":"fixed","delayMs":5,"maxDelayMs":5,"jitter":0,"onLost":"fail","startDelayMs":0}',NULL,NULL,'["t"]');
INSERT INTO task VALUES(2,2,1700000000004,'f',0,'{"kind":"shell","shell":{"command":"b"}}',0,NULL,-1,1700000000004,1700000000004,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1700000000017,NULL,NULL,NULL,NULL,1,'b',NULL,NULL,NULL,NULL,NULL,NULL,'[1]',NULL);
INSERT INTO task VALUES(3,0,1700000000004,'f',0,'{"kind":"shell","shell":{"command":"c"}}',0,NULL,-1,1700000000004,1700000000004,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'c',NULL,NULL,NULL,10,NULL,NULL,'[2]',NULL);
INSERT INTO task VALUES(4,6,1700000000018,'f',0,'{"kind":"shell","shell":{"command":"k"}}',0,NULL,-1,1700000000018,1700000000021,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'enough','k','1',NULL,NULL,NULL,'v',NULL,NULL,NULL,1700001000017,NULL,NULL);
INSERT INTO task VALUES(5,4,1700000000018,'f',0,'{"kind":"shell","shell":{"command":"plain"}}',1,0,2,1700000000018,1700000000019,NULL,'1',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(6,5,1700000000018,'f',0,'{"kind":"shell","shell":{"command":"fails"}}',1,1,2,1700000000018,1700000000020,NULL,NULL,NULL,3,NULL,NULL,NULL,'{"message":"exited with code 3","kind":"exit"}',1,0,NULL,NULL,'exited with code 3','gone','2',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(7,2,1700000000018,'f',0,'{"kind":"shell","shell":{"command":"off"}}',0,NULL,-1,1700000000018,1700000000018,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'off',NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(8,1,1700000000022,'f',0,'{"kind":"shell","shell":{"command":"later"}}',0,NULL,-1,1700000000022,1700000000022,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1700001000021,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE worker_name (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
INSERT INTO worker_name VALUES(2,'w');
CREATE TABLE running (
  task INTEGER PRIMARY KEY,
  attempt INTEGER NOT NULL,
  worker TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  cancel TEXT
);
INSERT INTO running VALUES(2,1,'w',1700000000017,NULL);
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
INSERT INTO attempt VALUES(1,1,1,2,1700000000004,1700000000005,NULL,NULL,NULL,1,NULL,NULL,NULL,'{"message":"no","kind":"exit"}');
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
INSERT INTO run VALUES(1,'flow',1,0,1700000000004,1700000000004,NULL,'{"a":[1]}','name: flow',NULL);
CREATE TABLE arm (
  name TEXT PRIMARY KEY,
  enabled INTEGER NOT NULL DEFAULT 1,
  max_parallel INTEGER
) WITHOUT ROWID;
INSERT INTO arm VALUES('gpu',1,2);
INSERT INTO arm VALUES('off',0,NULL);
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
INSERT INTO worker VALUES('w',3,'["shell"]','["f"]','h',1,'0.1.0',1700000000003,NULL,NULL);
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT
);
INSERT INTO audit VALUES(1,1700000000001,'configure arm','gpu','enabled true, maxParallel 2');
INSERT INTO audit VALUES(2,1700000000002,'configure arm','off','enabled false, maxParallel none');
CREATE UNIQUE INDEX task_key ON task (key) WHERE key IS NOT NULL;
CREATE INDEX task_run ON task (run, seq) WHERE run IS NOT NULL;
CREATE INDEX task_result_ref ON task (result_ref) WHERE result_ref IS NOT NULL;
CREATE INDEX task_state ON task (state, seq) WHERE state <> 4;
CREATE INDEX attempt_result_ref ON attempt (result_ref) WHERE result_ref IS NOT NULL;
CREATE INDEX run_open ON run (seq) WHERE state < 2;
CREATE VIEW tasks AS
SELECT coalesce(key, 't' || seq) AS id, seq, name, type, CASE kind WHEN 0 THEN 'shell' WHEN 1 THEN 'http' WHEN 2 THEN 'call' END AS kind,
  CASE WHEN running.task IS NOT NULL THEN 'running' ELSE CASE state WHEN 0 THEN 'blocked' WHEN 1 THEN 'scheduled' WHEN 2 THEN 'queued' WHEN 3 THEN 'running' WHEN 4 THEN 'succeeded' WHEN 5 THEN 'failed' WHEN 6 THEN 'cancelled' WHEN 7 THEN 'expired' WHEN 8 THEN 'skipped' WHEN 9 THEN 'upstream_failed' END END AS state, reason,
  coalesce(running.attempt, task.attempt) AS attempt,
  coalesce(running.worker, (SELECT worker_name.name FROM worker_name WHERE id = task.worker)) AS worker,
  coalesce(arm, 'default') AS arm, coalesce(priority, 5) AS priority, 'r' || run AS run, tags, needs,
  strftime('%Y-%m-%dT%H:%M:%fZ', (created_at) / 1000.0, 'unixepoch') AS created_at, strftime('%Y-%m-%dT%H:%M:%fZ', (coalesce(ready_at, CASE WHEN due_at IS NULL AND needs IS NULL THEN created_at END)) / 1000.0, 'unixepoch') AS ready_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (due_at) / 1000.0, 'unixepoch') AS due_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (coalesce(running.started_at, CASE WHEN outcome IS NOT NULL THEN task.started_at END)) / 1000.0, 'unixepoch') AS started_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (CASE WHEN running.task IS NULL AND state > 3 THEN ended_at END) / 1000.0, 'unixepoch') AS ended_at, exit_code, work, result, error
FROM task LEFT JOIN running ON running.task = task.seq;
CREATE VIEW attempts AS
SELECT coalesce(task.key, 't' || task.seq) AS task, past.attempt, CASE past.outcome WHEN 0 THEN 'succeeded' WHEN 1 THEN 'failed' WHEN 2 THEN 'timed_out' WHEN 3 THEN 'cancelled' WHEN 4 THEN 'lost' WHEN 5 THEN 'refused' WHEN 6 THEN 'interrupted' END AS outcome,
  (SELECT worker_name.name FROM worker_name WHERE id = past.worker) AS worker, strftime('%Y-%m-%dT%H:%M:%fZ', (past.started_at) / 1000.0, 'unixepoch') AS started_at, strftime('%Y-%m-%dT%H:%M:%fZ', (past.ended_at) / 1000.0, 'unixepoch') AS ended_at, past.duration_ms,
  past.exit_code, past.signal, past.cpu_ms, past.max_rss_bytes, past.error, past.result, past.result_ref
FROM (
  SELECT task, attempt, outcome, worker, started_at, ended_at, duration_ms, result, result_ref, exit_code, signal, cpu_ms, max_rss_bytes, error FROM attempt
  UNION ALL
  SELECT seq, attempt, outcome, worker, started_at, ended_at, duration_ms, result, result_ref, exit_code, signal, cpu_ms, max_rss_bytes, error FROM task WHERE outcome IS NOT NULL
) AS past JOIN task ON task.seq = past.task;
CREATE VIEW executions AS SELECT * FROM attempts;
CREATE VIEW runs AS
SELECT 'r' || seq AS id, workflow, CASE state WHEN 0 THEN 'queued' WHEN 1 THEN 'running' WHEN 2 THEN 'succeeded' WHEN 3 THEN 'failed' WHEN 4 THEN 'cancelled' WHEN 5 THEN 'partial' END AS state, strftime('%Y-%m-%dT%H:%M:%fZ', (created_at) / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (started_at) / 1000.0, 'unixepoch') AS started_at, strftime('%Y-%m-%dT%H:%M:%fZ', (ended_at) / 1000.0, 'unixepoch') AS ended_at, params, counts
FROM run;
COMMIT;
PRAGMA user_version=1;
