/** What a server of a cluster is told about what it keeps in NATS, and the names under which a cluster keeps its things there. */
import { OctopusError } from "../../base/errors.ts";
import type { NatsSettings } from "../../nats/settings.ts";

/** What a cluster keeps in NATS, and how. */
export interface NatsClusterSettings extends NatsSettings {
  /** Letters, digits, `-`. */
  cluster: string;
  /** Name of this server in the cluster. */
  server: string;
  /** How many NATS servers hold each record: 1, 3 or 5. `auto`: as those that are there do, else 3 where so many can. */
  replicas: number | "auto";
  /** NATS servers older than 2.10 are refused unless this is set. */
  allowOldNats?: boolean;
  /** Address of NATS's monitoring, such as `http://10.0.0.4:8222`; without it port 8222 of the server is asked. */
  monitor?: string;
  /** How long the first connection is tried for before it is given up. */
  connectWithinMs?: number;
  /** Bounds of the output that the cluster keeps, of each shard. */
  outputBytesMax?: number;
  outputAgeMsMax?: number;
  /** Words for the log of the server: what went wrong at NATS and is mended, or needs an operator. */
  say?: (level: "info" | "warn" | "error", words: string) => void;
}

const NAME = /^[A-Za-z0-9-]{1,64}$/;

/** One token of a subject from any text, in the characters that the keys of a KV bucket may have. */
export function token(text: string): string {
  const plain = [...new TextEncoder().encode(text)].map((byte) =>
    /[A-Za-z0-9_-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  );
  return plain.length === 0 ? "=" : plain.join("");
}

/** The text that `token` was given. */
export function untoken(text: string): string {
  const bytes = text === "=" ? "" : text.replace(/=([0-9A-F]{2})/g, (_, hex: string) => `%${hex}`);
  return decodeURIComponent(bytes);
}

/** `members/a.b` becomes `members.a=2Eb`: a level of the name is a token, so that NATS filters by them. */
export function tokens(name: string): string {
  return name.split("/").map(token).join(".");
}

export function untokens(subject: string): string {
  return subject.split(".").map(untoken).join("/");
}

/** Every name that a cluster has in NATS. Documented in docs/reference: permissions are given by them. */
export class NatsNames {
  readonly cluster: string;
  /** The bucket of seats and values, and that of objects. */
  readonly bucket: string;
  readonly kvStream: string;
  readonly objectStream: string;
  /** What subjects of the cluster begin with. */
  readonly root: string;

  constructor(cluster: string) {
    this.cluster = checked("cluster", cluster);
    this.bucket = `octopus_${cluster}`;
    this.kvStream = `KV_${this.bucket}`;
    this.objectStream = `OBJ_${this.bucket}`;
    this.root = `octopus.${cluster}`;
  }

  logStream(shard: string): string {
    return `OCTOPUS_${this.cluster}_${checked("shard", shard)}`;
  }

  logSubject(shard: string): string {
    return `${this.root}.${checked("shard", shard)}.log`;
  }

  outputStream(shard: string): string {
    return `OCTOPUS_${this.cluster}_${checked("shard", shard)}_OUT`;
  }

  outputSubject(shard: string): string {
    return `${this.root}.${checked("shard", shard)}.output`;
  }

  /** Subject of a key of the bucket. */
  key(name: string): string {
    return `$KV.${this.bucket}.${name}`;
  }

  /** Words between servers, by topic. */
  bus(topic: string): string {
    return `${this.root}.bus.${tokens(topic)}`;
  }

  /** Streams of bytes to a server. */
  tunnel(server: string): string {
    return `${this.root}.tunnel.${token(server)}`;
  }
}

function checked(what: string, name: string): string {
  if (NAME.test(name)) return name;
  throw new OctopusError(
    "invalid",
    `a ${what} cannot be named "${name}": 1 to 64 letters, digits and "-" are allowed, as NATS names streams by it`,
  );
}
