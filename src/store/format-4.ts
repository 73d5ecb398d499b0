/**
 * Format 4: many machines. What workers offer and where they are, the units that attempts have, tokens, keys of workers, and
 * the id by which workers know this data directory from others.
 */
import { time } from "./sql-words.ts";

export const FORMAT_4 = `
ALTER TABLE meta ADD COLUMN cluster TEXT NOT NULL DEFAULT '';

-- By resource the units of its worker that the attempt has.
ALTER TABLE running ADD COLUMN units TEXT;

ALTER TABLE worker ADD COLUMN units TEXT;
ALTER TABLE worker ADD COLUMN labels TEXT;
ALTER TABLE worker ADD COLUMN arms TEXT;
ALTER TABLE worker ADD COLUMN address TEXT;
ALTER TABLE worker ADD COLUMN link INTEGER;
-- When it was last heard, once it has left.
ALTER TABLE worker ADD COLUMN seen_at INTEGER;
-- A person has drained these, connected or not.
CREATE TABLE drained (
  worker TEXT PRIMARY KEY
) WITHOUT ROWID;

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

CREATE TABLE worker_key (
  worker TEXT NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  by TEXT,
  PRIMARY KEY (worker, key)
) WITHOUT ROWID;

CREATE VIEW tokens AS
SELECT token, name, role, arms, worker, ${time("created_at")} AS created_at, created_by,
  ${time("expires_at")} AS expires_at, ${time("revoked_at")} AS revoked_at
FROM token;
`;
