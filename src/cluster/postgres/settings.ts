/** What a server of a cluster is told about what it keeps in PostgreSQL, and the names there. */
import { OctopusError } from "../../base/errors.ts";

export interface PostgresClusterSettings {
  /** `postgres://user:password@host:port/database`. */
  url: string;
  /** Name of the cluster: letters, digits, `-`, `_`. */
  cluster: string;
  /** Name of this server in the cluster. */
  server: string;
  /** Where other servers of the cluster reach this one, by streams of bytes; port 0 = any that is free. */
  listen: { host: string; port: number };
  /** Host under which the others reach it, where that is another one. */
  advertise?: string | undefined;
  /** Certificate authority of the database server, PEM. */
  ca?: string | undefined;
  /** How long the first connection is tried for before it is given up. */
  connectWithinMs?: number;
  /** Bounds of the output that the cluster keeps, of each shard. */
  outputBytesMax?: number;
  outputAgeMsMax?: number;
  /** Words for the log of the server: what went wrong and is mended, or needs an operator. */
  say?: (level: "info" | "warn" | "error", words: string) => void;
}

const NAME = /^[A-Za-z0-9_-]{1,48}$/;

/** The schema in which a cluster keeps its tables, quoted. */
export function schemaOf(cluster: string): string {
  if (!NAME.test(cluster)) {
    throw new OctopusError(
      "invalid",
      `a cluster cannot be named "${cluster}": 1 to 48 letters, digits, "-" and "_" are allowed, as its schema in PostgreSQL is named by it`,
    );
  }
  return `"octopus_${cluster}"`;
}

/** The address without what is secret in it, for people. */
export function addressOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgres://${host}${pathname}`;
  } catch {
    return "postgres://?";
  }
}
