PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_task INTEGER NOT NULL,
  last_run INTEGER NOT NULL,
  counts TEXT NOT NULL,
  run_counts TEXT NOT NULL,
  arms TEXT NOT NULL
, last_due INTEGER NOT NULL DEFAULT 0, last_bulk INTEGER NOT NULL DEFAULT 0, cluster TEXT NOT NULL DEFAULT '');
INSERT INTO meta VALUES(1,7,1,'{"blocked":0,"scheduled":0,"queued":1,"running":2,"succeeded":1,"failed":0,"cancelled":2,"expired":0,"skipped":0,"upstream_failed":0}','{"queued":0,"running":0,"succeeded":0,"failed":0,"cancelled":1,"partial":0}','{"deploy":[0,0,0],"batch":[0,0,1700000001040],"streams":[0,0,0],"secrets":[0,0,0],"builds":[0,0,0],"watchers":[0,0,0],"cleanup":[0,0,0],"analytics":[0,0,0],"default":[2,0,1700000001022],"gpu":[2,0,1700000000016]}',0,0,'c-1');
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
, dead INTEGER, inside INTEGER, rank INTEGER, allowed INTEGER);
INSERT INTO task VALUES(1,4,1700000000003,'f',0,'{"ü":"☃"}',2,0,2,1700000000016,1700000000017,5,'{"x":1}',NULL,NULL,'SIGUSR1',3,4,NULL,2,0,1700000000016,NULL,NULL,NULL,NULL,1,'a',NULL,NULL,'gpu',NULL,'{"timeoutMs":5000,"retryLimit":1,"backoff":"fixed","delayMs":5,"maxDelayMs":5,"jitter":0,"onLost":"fail","startDelayMs":0}',NULL,NULL,'["t"]',NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(2,6,1700000000003,'f',0,'{}',2,4,2,1700000001022,1700000001025,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"message":"stop","kind":"lost"}',0,1,1700000001022,NULL,'stop',NULL,NULL,1,'b',NULL,NULL,NULL,NULL,NULL,NULL,'[1]',NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(3,6,1700000000003,'f',0,'{}',0,NULL,-1,1700000000003,1700000001023,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'stop',NULL,NULL,1,'c',NULL,NULL,NULL,10,NULL,NULL,'[2]',NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(5,2,1700000001040,'http',1,'{}',0,NULL,-1,1700000001040,1700000001040,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'batch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(6,2,1700000001040,'http',1,'{}',0,NULL,-1,1700000001040,1700000001040,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'batch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(7,2,1700000001040,'http',1,'{}',0,NULL,-1,1700000001040,1700000001040,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'batch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
, units TEXT);
INSERT INTO running VALUES(5,1,'g',1700000001040,NULL,'{"gpu":[0,1]}');
INSERT INTO running VALUES(6,1,'g',1700000001040,NULL,'{"gpu":[1]}');
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
INSERT INTO attempt VALUES(1,1,1,2,1700000000003,1700000000005,NULL,NULL,NULL,1,NULL,NULL,NULL,'{"message":"no","kind":"exit","stack":"at"}');
INSERT INTO attempt VALUES(2,1,3,2,1700000001018,1700000001020,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
, deadline_at INTEGER, planner TEXT, planned INTEGER, timed_out INTEGER, result TEXT, reason TEXT, origin TEXT, schedule TEXT GENERATED ALWAYS AS (origin ->> '$.schedule') VIRTUAL, open INTEGER, paused INTEGER, pause_reason TEXT, waiting INTEGER, run_group TEXT, parent INTEGER, depth INTEGER, max_parallel INTEGER, outputs INTEGER, phase TEXT, outcome INTEGER, retry_of INTEGER, definition_hash TEXT, scope TEXT);
INSERT INTO run VALUES(1,'flow',4,1,1700000000003,1700000000003,1700000001025,'{"a":[1,null,"x"]}','name: flow','{"succeeded":1,"cancelled":2}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
, resources TEXT, units TEXT, labels TEXT, arms TEXT, address TEXT, link INTEGER, seen_at INTEGER) WITHOUT ROWID;
INSERT INTO worker VALUES('g',9,'["http"]','[]','h',1,'test',1700000001039,NULL,NULL,'{"gpu":3000}','{"gpu":["0","1","5"]}','{"zone":"attic"}','["batch"]',NULL,NULL,NULL);
INSERT INTO worker VALUES('w',2,'["shell"]','[]','h',1,'test',1700000000002,1700000001025,'it said goodbye',NULL,NULL,NULL,NULL,NULL,NULL,1700000001025);
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT
);
INSERT INTO audit VALUES(1,1700000000001,'configure arm','gpu','{"enabled":true,"draining":false,"maxParallel":2,"weight":1,"agingMs":0,"types":[]}');
INSERT INTO audit VALUES(2,1700000001019,'cancel','t2','enough');
INSERT INTO audit VALUES(3,1700000001022,'retry','t2',NULL);
INSERT INTO audit VALUES(4,1700000001023,'cancel','r1',NULL);
INSERT INTO audit VALUES(5,1700000001023,'cancel','t2','stop');
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
INSERT INTO ask VALUES(5,'{"resources":{"gpu":1500},"target":{"labels":[{"label":"zone","op":"in","values":["attic","roof"]}],"prefer":[{"labels":[{"label":"ssd","op":"exists","values":[]}],"weight":2}],"spread":"zone"}}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO ask VALUES(6,'{"resources":{"gpu":500},"units":{"gpu":[1]},"target":{"apart":"db"}}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO ask VALUES(7,'{"resources":{"gpu":2000},"target":{"policy":"pack","near":true}}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE IF NOT EXISTS "arm" (
  name TEXT PRIMARY KEY,
  settings TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO arm VALUES('gpu','{"enabled":true,"draining":false,"maxParallel":2,"weight":1,"agingMs":0,"types":[]}');
CREATE TABLE quota (
  owner TEXT PRIMARY KEY,
  quota TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE meter (
  name TEXT PRIMARY KEY,
  at REAL NOT NULL,
  used REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE unique_key (
  key TEXT PRIMARY KEY,
  task INTEGER NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE cache (
  key TEXT PRIMARY KEY,
  task INTEGER NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE due (
  due INTEGER PRIMARY KEY,
  task INTEGER NOT NULL,
  moment TEXT NOT NULL,
  state INTEGER NOT NULL,
  attempt INTEGER NOT NULL
);
CREATE TABLE schedule (
  name TEXT PRIMARY KEY,
  definition TEXT NOT NULL,
  target TEXT NOT NULL,
  next_at INTEGER,
  last_tick INTEGER,
  pruned_to INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
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
CREATE TABLE artifact (
  task INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (task, attempt, path)
) WITHOUT ROWID;
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
CREATE TABLE drained (
  worker TEXT PRIMARY KEY
) WITHOUT ROWID;
INSERT INTO drained VALUES('away');
CREATE TABLE token (
  token TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  arms TEXT,
  worker TEXT,
  hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT,
  expires_at INTEGER,
  revoked_at INTEGER
) WITHOUT ROWID;
INSERT INTO token VALUES('ab12','ci','submitter','["batch"]',NULL,'00',1700000001029,'first start',1700000002028,NULL);
INSERT INTO token VALUES('cd34','box','worker',NULL,'box-1','11',1700000001030,NULL,NULL,1700000001031);
CREATE TABLE worker_key (
  worker TEXT NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  by TEXT,
  PRIMARY KEY (worker, key)
) WITHOUT ROWID;
INSERT INTO worker_key VALUES('box-1','k2',1700000001033,NULL);
CREATE UNIQUE INDEX task_key ON task (key) WHERE key IS NOT NULL;
CREATE INDEX task_result_ref ON task (result_ref) WHERE result_ref IS NOT NULL;
CREATE INDEX task_state ON task (state, seq) WHERE state <> 4;
CREATE INDEX attempt_result_ref ON attempt (result_ref) WHERE result_ref IS NOT NULL;
CREATE INDEX run_open ON run (seq) WHERE state < 2;
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
CREATE INDEX ask_owner ON ask (owner, task) WHERE owner IS NOT NULL;
CREATE INDEX ask_concurrency_key ON ask (concurrency_key, task) WHERE concurrency_key IS NOT NULL;
CREATE INDEX ask_schedule ON ask (schedule, task) WHERE schedule IS NOT NULL;
CREATE INDEX ask_callback_of ON ask (callback_of, task) WHERE callback_of IS NOT NULL;
CREATE INDEX run_schedule ON run (schedule, seq) WHERE schedule IS NOT NULL;
CREATE INDEX unique_key_task ON unique_key (task);
CREATE INDEX cache_task ON cache (task);
CREATE INDEX tick_open ON tick (schedule, tick) WHERE open = 1;
CREATE INDEX artifact_hash ON artifact (hash);
CREATE VIEW arms AS
SELECT names.name, coalesce(settings ->> '$.enabled', 1) AS enabled, coalesce(settings ->> '$.draining', 0) AS draining,
  settings ->> '$.maxParallel' AS max_parallel, coalesce(settings ->> '$.weight', 1) AS weight,
  settings ->> '$.maxQueued' AS max_queued, settings -> '$.rate' AS rate, coalesce(settings ->> '$.agingMs', 0) AS aging_ms,
  settings ->> '$.timeoutMs' AS timeout_ms, settings ->> '$.retries' AS retries, settings ->> '$.handler' AS handler,
  settings -> '$.types' AS types, coalesce(totals.value ->> 0, 0) AS processed, coalesce(totals.value ->> 1, 0) AS failed,
  CASE WHEN totals.value ->> 2 > 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ', (totals.value ->> 2) / 1000.0, 'unixepoch') END AS last_run_at
FROM (SELECT name FROM arm UNION SELECT key FROM meta, json_each(meta.arms)) AS names
  LEFT JOIN arm ON arm.name = names.name
  LEFT JOIN (SELECT key, value FROM meta, json_each(meta.arms)) AS totals ON totals.key = names.name;
CREATE VIEW schedules AS
SELECT name, definition -> '$.rule.crons' AS crons, definition ->> '$.rule.everyMs' AS every_ms,
  definition -> '$.rule.at' AS at, definition ->> '$.rule.zone' AS zone, definition ->> '$.overlap' AS overlap,
  definition ->> '$.catchUp.policy' AS catch_up, definition ->> '$.jitterMs' AS jitter_ms,
  definition ->> '$.paused' AS paused, strftime('%Y-%m-%dT%H:%M:%fZ', (next_at) / 1000.0, 'unixepoch') AS next_at, strftime('%Y-%m-%dT%H:%M:%fZ', (last_tick) / 1000.0, 'unixepoch') AS last_tick,
  strftime('%Y-%m-%dT%H:%M:%fZ', (created_at) / 1000.0, 'unixepoch') AS created_at, target
FROM schedule;
CREATE VIEW ticks AS
SELECT schedule, strftime('%Y-%m-%dT%H:%M:%fZ', (tick) / 1000.0, 'unixepoch') AS tick, action, strftime('%Y-%m-%dT%H:%M:%fZ', (at) / 1000.0, 'unixepoch') AS at, manual, made, reason, count
FROM tick;
CREATE VIEW artifacts AS
SELECT coalesce((SELECT other.key FROM task AS other WHERE other.seq = artifact.task), 't' || artifact.task) AS task, attempt, path, bytes, hash AS sha256
FROM artifact;
CREATE INDEX task_run ON task (run, seq, inside) WHERE run IS NOT NULL;
CREATE INDEX task_inside ON task (inside, seq) WHERE inside IS NOT NULL;
CREATE INDEX node_asked ON node (task) WHERE asked = 1;
CREATE INDEX run_parent ON run (parent, seq) WHERE parent IS NOT NULL;
CREATE INDEX run_workflow ON run (workflow, seq);
CREATE INDEX run_definition ON run (definition_hash) WHERE definition_hash IS NOT NULL;
CREATE VIEW tasks AS
SELECT coalesce(key, 't' || seq) AS id, seq, name, type, CASE kind WHEN 0 THEN 'shell' WHEN 1 THEN 'http' WHEN 2 THEN 'call' WHEN 3 THEN 'each' WHEN 4 THEN 'workflow' WHEN 5 THEN 'approval' END AS kind,
  CASE WHEN running.task IS NOT NULL THEN 'running' ELSE CASE state WHEN 0 THEN 'blocked' WHEN 1 THEN 'scheduled' WHEN 2 THEN 'queued' WHEN 3 THEN 'running' WHEN 4 THEN 'succeeded' WHEN 5 THEN 'failed' WHEN 6 THEN 'cancelled' WHEN 7 THEN 'expired' WHEN 8 THEN 'skipped' WHEN 9 THEN 'upstream_failed' END END AS state, reason,
  coalesce(running.attempt, task.attempt) AS attempt,
  coalesce(running.worker, (SELECT worker_name.name FROM worker_name WHERE id = task.worker)) AS worker,
  coalesce(arm, 'default') AS arm, coalesce(priority, 5) AS priority, 'r' || run AS run, tags, needs,
  strftime('%Y-%m-%dT%H:%M:%fZ', (created_at) / 1000.0, 'unixepoch') AS created_at, strftime('%Y-%m-%dT%H:%M:%fZ', (coalesce(ready_at, CASE WHEN due_at IS NULL AND needs IS NULL AND rule ->> '$.role' IS NULL THEN created_at END,
    running.started_at, CASE WHEN outcome IS NOT NULL THEN task.started_at END)) / 1000.0, 'unixepoch') AS ready_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (CASE WHEN running.task IS NULL AND state < 2 THEN due_at END) / 1000.0, 'unixepoch') AS due_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (coalesce(running.started_at, CASE WHEN outcome IS NOT NULL OR total IS NOT NULL THEN task.started_at END)) / 1000.0, 'unixepoch') AS started_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (CASE WHEN running.task IS NULL AND state > 3 THEN ended_at END) / 1000.0, 'unixepoch') AS ended_at, exit_code, work, result, error,
  owner, concurrency_key, dead, CASE WHEN cached_from IS NOT NULL THEN coalesce((SELECT other.key FROM task AS other WHERE other.seq = cached_from), 't' || cached_from) END AS cached_from,
  CASE WHEN callback_of IS NOT NULL THEN coalesce((SELECT other.key FROM task AS other WHERE other.seq = callback_of), 't' || callback_of) END AS callback_of, schedule,
  CASE WHEN schedule IS NOT NULL THEN strftime('%Y-%m-%dT%H:%M:%fZ', (tick) / 1000.0, 'unixepoch') END AS tick, asks,
  CASE WHEN inside IS NOT NULL THEN coalesce((SELECT other.key FROM task AS other WHERE other.seq = inside), 't' || inside) END AS inside, CASE WHEN kind = 3 THEN total END AS members, allowed,
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
SELECT coalesce(key, 't' || seq) AS id, seq, name, 'r' || run AS run, message, strftime('%Y-%m-%dT%H:%M:%fZ', (until) / 1000.0, 'unixepoch') AS until
FROM node CROSS JOIN task ON task.seq = node.task WHERE asked = 1 AND state = 2;
CREATE VIEW runs AS
SELECT 'r' || seq AS id, workflow, CASE state WHEN 0 THEN 'queued' WHEN 1 THEN 'running' WHEN 2 THEN 'succeeded' WHEN 3 THEN 'failed' WHEN 4 THEN 'cancelled' WHEN 5 THEN 'partial' END AS state, strftime('%Y-%m-%dT%H:%M:%fZ', (created_at) / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (started_at) / 1000.0, 'unixepoch') AS started_at, strftime('%Y-%m-%dT%H:%M:%fZ', (ended_at) / 1000.0, 'unixepoch') AS ended_at, params, counts, reason, result,
  strftime('%Y-%m-%dT%H:%M:%fZ', (deadline_at) / 1000.0, 'unixepoch') AS deadline_at, schedule, CASE WHEN schedule IS NOT NULL THEN strftime('%Y-%m-%dT%H:%M:%fZ', (origin ->> '$.tick') / 1000.0, 'unixepoch') END AS tick,
  CASE WHEN parent IS NOT NULL THEN coalesce((SELECT other.key FROM task AS other WHERE other.seq = parent), 't' || parent) END AS parent, paused, waiting, run_group ->> '$.name' AS "group",
  max_parallel, phase, CASE outcome WHEN 0 THEN 'queued' WHEN 1 THEN 'running' WHEN 2 THEN 'succeeded' WHEN 3 THEN 'failed' WHEN 4 THEN 'cancelled' WHEN 5 THEN 'partial' END AS outcome, 'r' || retry_of AS retry_of, definition_hash
FROM run;
CREATE VIEW workflows AS
SELECT name, description, workflow.hash AS definition_hash, strftime('%Y-%m-%dT%H:%M:%fZ', (created_at) / 1000.0, 'unixepoch') AS created_at, strftime('%Y-%m-%dT%H:%M:%fZ', (updated_at) / 1000.0, 'unixepoch') AS updated_at,
  text AS definition, files
FROM workflow JOIN definition ON definition.hash = workflow.hash;
CREATE VIEW tokens AS
SELECT token, name, role, arms, worker, strftime('%Y-%m-%dT%H:%M:%fZ', (created_at) / 1000.0, 'unixepoch') AS created_at, created_by,
  strftime('%Y-%m-%dT%H:%M:%fZ', (expires_at) / 1000.0, 'unixepoch') AS expires_at, strftime('%Y-%m-%dT%H:%M:%fZ', (revoked_at) / 1000.0, 'unixepoch') AS revoked_at
FROM token;
COMMIT;
PRAGMA user_version=4;
