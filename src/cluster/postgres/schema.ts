/**
 * The tables of a cluster, in a schema of its own. Made by whoever comes first, and checked by everybody: a schema of a newer
 * version is refused.
 */
import { OctopusError } from "../../base/errors.ts";
import type { Database } from "./database.ts";

const VERSION = 1;
/** Of the lock under which the schema is made; any number will do, the same for all. */
const LOCK = 7_021_976;

function tables(schema: string): string {
  return `
CREATE TABLE ${schema}.version (version integer NOT NULL);
INSERT INTO ${schema}.version VALUES (${VERSION});

-- Who appends changes this row first: of two that come with the same number one waits for it, and finds another number then.
CREATE TABLE ${schema}.head (shard text PRIMARY KEY, last bigint NOT NULL) WITH (fillfactor = 10);
CREATE TABLE ${schema}.log (
  shard text NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  bytes bytea NOT NULL,
  PRIMARY KEY (shard, seq)
);
-- Records are packed already.
ALTER TABLE ${schema}.log ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE ${schema}.seat (shard text PRIMARY KEY, term bigint NOT NULL, server text NOT NULL, nonce text NOT NULL);
CREATE TABLE ${schema}.value (name text PRIMARY KEY, value text NOT NULL);

-- A file is an upload that a name points to; one that nothing points to was given up, or replaced.
CREATE TABLE ${schema}.upload (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), bytes bigint);
CREATE TABLE ${schema}.object (name text PRIMARY KEY, id uuid NOT NULL REFERENCES ${schema}.upload);
CREATE TABLE ${schema}.part (
  id uuid NOT NULL REFERENCES ${schema}.upload ON DELETE CASCADE,
  n integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (id, n)
);
ALTER TABLE ${schema}.part ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE ${schema}.output (
  n bigint GENERATED ALWAYS AS IDENTITY,
  shard text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  bytes bytea NOT NULL,
  PRIMARY KEY (shard, n)
);
ALTER TABLE ${schema}.output ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX output_at ON ${schema}.output (at);

-- Words that are too long for a notification; they are read at once, and go.
CREATE UNLOGGED TABLE ${schema}.word (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), word text NOT NULL);
-- Where the servers of the cluster reach each other.
CREATE TABLE ${schema}.peer (server text PRIMARY KEY, host text NOT NULL, port integer NOT NULL, instance text NOT NULL);
`;
}

export async function ensureSchema(database: Database, schema: string): Promise<void> {
  const version = await database.transaction("make the tables of the cluster", async (ask) => {
    await ask({ text: "SELECT pg_advisory_xact_lock($1)", values: [LOCK] });
    const [found] = await ask({ text: "SELECT to_regclass($1) AS there", values: [`${schema}.version`] });
    if (found!["there"] === null) {
      await ask({ text: `CREATE SCHEMA IF NOT EXISTS ${schema}` });
      await ask({ text: tables(schema) });
    }
    const [row] = await ask({ text: `SELECT version FROM ${schema}.version` });
    return row!["version"] as number;
  });
  if (version === VERSION) return;
  throw new OctopusError(
    "storage_newer",
    `the tables of the cluster in PostgreSQL (${schema}) have version ${version}, and this server knows ${VERSION}: ` +
      "a newer Octopus has made them; start that one",
  );
}
