PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  last_task INTEGER NOT NULL,
  last_run INTEGER NOT NULL,
  counts TEXT NOT NULL,
  run_counts TEXT NOT NULL,
  arms TEXT NOT NULL
, last_due INTEGER NOT NULL DEFAULT 0, last_bulk INTEGER NOT NULL DEFAULT 0);
INSERT INTO meta VALUES(1,11,3,'{"blocked":2,"scheduled":1,"queued":0,"running":2,"succeeded":3,"failed":2,"cancelled":0,"expired":0,"skipped":0,"upstream_failed":1}','{"queued":0,"running":2,"succeeded":0,"failed":1,"cancelled":0,"partial":0}','{"deploy":[0,0,0],"batch":[0,0,0],"streams":[0,0,0],"secrets":[0,0,0],"builds":[0,0,0],"watchers":[0,0,0],"cleanup":[0,0,0],"analytics":[0,0,0],"default":[5,2,1700000000021],"gpu":[1,0,1700000000003]}',0,1);
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
, dead INTEGER);
INSERT INTO task VALUES(1,4,1700000000003,'f',0,'{}',1,0,2,1700000000003,1700000000004,NULL,'{"rows":3}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'extract',NULL,NULL,'gpu',NULL,NULL,NULL,NULL,'["x"]',NULL);
INSERT INTO task VALUES(2,5,1700000000003,'f',0,'{}',1,1,2,1700000000004,1700000000005,NULL,NULL,NULL,2,NULL,NULL,NULL,'{"message":"no"}',1,0,1700000000004,NULL,'no',NULL,NULL,1,'load',NULL,NULL,NULL,NULL,NULL,NULL,'[1]',NULL,1);
INSERT INTO task VALUES(3,9,1700000000003,'f',0,'{}',0,NULL,-1,1700000000003,1700000000005,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'needs load, which is failed',NULL,NULL,1,'report',NULL,NULL,NULL,NULL,NULL,NULL,'[2]',NULL,NULL);
INSERT INTO task VALUES(4,2,1700000000006,'f',0,'{}',0,NULL,-1,1700000000006,1700000000006,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2,'extract',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(5,0,1700000000006,'f',0,'{}',0,NULL,-1,1700000000006,1700000000006,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2,'load',NULL,NULL,NULL,9,NULL,NULL,'[4]',NULL,NULL);
INSERT INTO task VALUES(6,0,1700000000006,'f',0,'{}',0,NULL,-1,1700000000006,1700000000006,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1700086400005,NULL,NULL,NULL,2,'report',NULL,NULL,NULL,NULL,NULL,NULL,'[4,5]',NULL,NULL);
INSERT INTO task VALUES(7,2,1700000000007,'f',0,'{}',0,NULL,-1,1700000000007,1700000000007,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,3,'a',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(8,1,1700000000008,'f',0,'{}',0,NULL,-1,1700000000008,1700000000008,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1700086400007,NULL,'mine','1',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(9,4,1700000000008,'f',0,'{}',1,0,2,1700000000008,1700000000009,NULL,'"cached"',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO task VALUES(10,5,1700000000008,'f',0,'{}',2,1,2,1700000000021,1700000000022,NULL,NULL,NULL,3,NULL,NULL,NULL,'{"message":"twice"}',2,0,1700000000021,NULL,'twice',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"timeoutMs":5000,"retryLimit":1,"backoff":"fixed","delayMs":5,"maxDelayMs":5,"jitter":0,"onLost":"fail","startDelayMs":0}',NULL,NULL,NULL,1);
INSERT INTO task VALUES(11,4,1700000000008,'f',0,'{}',1,0,2,1700000000008,1700000000023,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO running VALUES(4,1,'w',1700000000006,NULL);
INSERT INTO running VALUES(7,1,'w',1700000000007,NULL);
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
INSERT INTO attempt VALUES(10,1,1,2,1700000000008,1700000000010,NULL,NULL,NULL,1,NULL,NULL,NULL,'{"message":"once"}');
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
, deadline_at INTEGER, planner TEXT, planned INTEGER, timed_out INTEGER, result TEXT, reason TEXT, origin TEXT, schedule TEXT GENERATED ALWAYS AS (origin ->> '$.schedule') VIRTUAL);
INSERT INTO run VALUES(1,'etl',3,0,1700000000003,1700000000003,1700000000005,'{"day":7}','name: etl','{"succeeded":1,"failed":1,"upstream_failed":1}',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO run VALUES(2,'etl',1,0,1700000000006,1700000000006,NULL,'{"day":8}','name: etl',NULL,1700086400006,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO run VALUES(3,'plan',1,0,1700000000007,1700000000007,NULL,NULL,'{}',NULL,NULL,'p',NULL,NULL,NULL,NULL,'{"type":"schedule","schedule":"nightly","tick":5000}');
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
, resources TEXT) WITHOUT ROWID;
INSERT INTO worker VALUES('w',8,'["shell"]','[]','h',1,'test',1700000000002,NULL,NULL,'{"cpu":2000}');
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT
);
INSERT INTO audit VALUES(1,1700000000001,'configure arm','gpu','{"enabled":true,"draining":false,"maxParallel":2,"weight":3,"agingMs":0,"types":[]}');
INSERT INTO audit VALUES(2,1700000000001,'set quota','ada','{"concurrent":2}');
INSERT INTO audit VALUES(3,1700000000024,'set schedule','nightly',NULL);
INSERT INTO audit VALUES(4,1700000000024,'set calendar','holidays',NULL);
INSERT INTO audit VALUES(5,1700000000025,'bulk cancel','b1','{"owner":"ada"}');
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
INSERT INTO ask VALUES(9,'{"owner":"ada","mutex":["m"],"cache":{"hash":"c1","ttlMs":86400000}}',NULL,'c1',NULL,'ada',NULL,NULL,NULL,NULL);
INSERT INTO ask VALUES(11,'{"unique":{"key":"u","scope":"period","periodMs":25920000000,"policy":"return"}}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE IF NOT EXISTS "arm" (
  name TEXT PRIMARY KEY,
  settings TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO arm VALUES('gpu','{"enabled":true,"draining":false,"maxParallel":2,"weight":3,"agingMs":0,"types":[]}');
CREATE TABLE quota (
  owner TEXT PRIMARY KEY,
  quota TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO quota VALUES('ada','{"concurrent":2}');
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
INSERT INTO unique_key VALUES('u',11,1725920000008);
CREATE TABLE cache (
  key TEXT PRIMARY KEY,
  task INTEGER NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO cache VALUES('c1',9,1700086400009);
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
INSERT INTO schedule VALUES('nightly','{"rule":{"everyMs":86400000,"anchor":0,"zone":"UTC","seed":"n"},"overlap":"skip","catchUp":{"policy":"latest","windowMs":86400000,"max":10},"jitterMs":0,"paused":false}','{"of":"nightly"}',1700006400000,NULL,0,1700000000024);
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
INSERT INTO calendar VALUES('holidays','["2027-01-01"]');
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
INSERT INTO bulk VALUES(1,'cancel','{"owner":"ada"}',1,0,0,0,'running',1700000000025,NULL);
CREATE TABLE artifact (
  task INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (task, attempt, path)
) WITHOUT ROWID;
INSERT INTO artifact VALUES(1,1,'a.csv','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',5);
CREATE UNIQUE INDEX task_key ON task (key) WHERE key IS NOT NULL;
CREATE INDEX task_run ON task (run, seq) WHERE run IS NOT NULL;
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
CREATE VIEW tasks AS
SELECT coalesce(key, 't' || seq) AS id, seq, name, type, CASE kind WHEN 0 THEN 'shell' WHEN 1 THEN 'http' WHEN 2 THEN 'call' END AS kind,
  CASE WHEN running.task IS NOT NULL THEN 'running' ELSE CASE state WHEN 0 THEN 'blocked' WHEN 1 THEN 'scheduled' WHEN 2 THEN 'queued' WHEN 3 THEN 'running' WHEN 4 THEN 'succeeded' WHEN 5 THEN 'failed' WHEN 6 THEN 'cancelled' WHEN 7 THEN 'expired' WHEN 8 THEN 'skipped' WHEN 9 THEN 'upstream_failed' END END AS state, reason,
  coalesce(running.attempt, task.attempt) AS attempt,
  coalesce(running.worker, (SELECT worker_name.name FROM worker_name WHERE id = task.worker)) AS worker,
  coalesce(arm, 'default') AS arm, coalesce(priority, 5) AS priority, 'r' || run AS run, tags, needs,
  strftime('%Y-%m-%dT%H:%M:%fZ', (created_at) / 1000.0, 'unixepoch') AS created_at, strftime('%Y-%m-%dT%H:%M:%fZ', (coalesce(ready_at, CASE WHEN due_at IS NULL AND needs IS NULL THEN created_at END)) / 1000.0, 'unixepoch') AS ready_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (due_at) / 1000.0, 'unixepoch') AS due_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (coalesce(running.started_at, CASE WHEN outcome IS NOT NULL THEN task.started_at END)) / 1000.0, 'unixepoch') AS started_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (CASE WHEN running.task IS NULL AND state > 3 THEN ended_at END) / 1000.0, 'unixepoch') AS ended_at, exit_code, work, result, error,
  owner, concurrency_key, dead, CASE WHEN cached_from IS NOT NULL THEN coalesce((SELECT other.key FROM task AS other WHERE other.seq = cached_from), 't' || cached_from) END AS cached_from,
  CASE WHEN callback_of IS NOT NULL THEN coalesce((SELECT other.key FROM task AS other WHERE other.seq = callback_of), 't' || callback_of) END AS callback_of, schedule,
  CASE WHEN schedule IS NOT NULL THEN strftime('%Y-%m-%dT%H:%M:%fZ', (tick) / 1000.0, 'unixepoch') END AS tick, asks
FROM task LEFT JOIN running ON running.task = task.seq LEFT JOIN ask ON ask.task = task.seq;
CREATE VIEW dead_letters AS
SELECT id, seq, name, type, arm, owner, run, attempt, created_at, ended_at, exit_code, reason, error
FROM tasks WHERE dead = 1;
CREATE VIEW runs AS
SELECT 'r' || seq AS id, workflow, CASE state WHEN 0 THEN 'queued' WHEN 1 THEN 'running' WHEN 2 THEN 'succeeded' WHEN 3 THEN 'failed' WHEN 4 THEN 'cancelled' WHEN 5 THEN 'partial' END AS state, strftime('%Y-%m-%dT%H:%M:%fZ', (created_at) / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', (started_at) / 1000.0, 'unixepoch') AS started_at, strftime('%Y-%m-%dT%H:%M:%fZ', (ended_at) / 1000.0, 'unixepoch') AS ended_at, params, counts, reason, result,
  strftime('%Y-%m-%dT%H:%M:%fZ', (deadline_at) / 1000.0, 'unixepoch') AS deadline_at, schedule, CASE WHEN schedule IS NOT NULL THEN strftime('%Y-%m-%dT%H:%M:%fZ', (origin ->> '$.tick') / 1000.0, 'unixepoch') END AS tick
FROM run;
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
COMMIT;
PRAGMA user_version=2;
