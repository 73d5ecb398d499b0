/** Several servers that are one: what they share their log through, and what this one is called among them. */
import { hashText } from "../../base/hash.ts";
import { Refusal, type Reader, setting } from "../setting.ts";
import { line, list, orNone, shaped, whole, yesNo } from "../values.ts";

const NAME_CHARS_MAX = 32;
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const PLAIN_FORM = "a name of at most 32 letters, digits, - and _";

/** Of a NATS server: `nats://10.0.0.1:4222`, `tls://…`, or host and port. */
export const NATS_ADDRESS = /^(?:(?:nats|tls):\/\/)?[^\s,/]+$/;

function journal(): Reader<string> {
  return (value) => {
    if (typeof value === "string" && /^postgres(?:ql)?:\/\/./.test(value)) return value;
    return new Refusal("must be an address such as postgres://octopus@db.example.com/octopus");
  };
}

/** `auto`: three where there are three servers of NATS. */
function replicas(): Reader<1 | 3 | 5 | "auto"> {
  const count = whole(1, 5);
  return (value) => {
    const read = value === "auto" ? value : count(value);
    return read === 1 || read === 3 || read === 5 || read === "auto" ? read : new Refusal("must be 1, 3, 5 or auto");
  };
}

const text = (what: string) => orNone(line(what), what);

export const clusterSection = {
  nats: setting(
    orNone(list("a list of addresses such as nats://10.0.0.1:4222", NATS_ADDRESS), "a list of addresses"),
    "none",
    "Servers of NATS JetStream through which the servers of a cluster share their log; none: this server stands alone.",
  ),
  journal: setting(
    orNone(journal(), "an address such as postgres://…"),
    "none",
    "PostgreSQL database through which they share it instead.",
    { secret: true },
  ),
  name: setting(shaped(PLAIN_FORM, PLAIN_NAME), "main", "Name of the cluster; several can share one NATS."),
  server: setting(
    shaped(PLAIN_FORM, PLAIN_NAME),
    "the host's name",
    "Name of this server in the cluster; no two have the same.",
  ),
  replicas: setting(
    replicas(),
    "auto",
    "Servers of NATS that keep each record; auto is three where there are three, else one.",
  ),
  copies: setting(
    whole(1, 9),
    "3",
    "Servers of the cluster that keep a copy of each namespace; of `default` each server keeps one.",
  ),
  creds: setting(text("a path"), "none", "File with a JWT and its key (`.creds`), for NATS.", { path: true }),
  nkey: setting(text("a path"), "none", "File with the seed of an nkey, for NATS.", { path: true }),
  user: setting(text("a name"), "none", "User at NATS."),
  password: setting(text("a text"), "none", "Password of that user.", { secret: true }),
  token: setting(text("a text"), "none", "Token that NATS asks for.", { secret: true }),
  ca: setting(text("a path"), "none", "Certificate authority (PEM) of NATS, or of PostgreSQL.", { path: true }),
  cert: setting(text("a path"), "none", "Certificate (PEM) by which this server shows who it is to NATS.", {
    path: true,
  }),
  key: setting(text("a path"), "none", "Private key (PEM) of that certificate.", { path: true }),
  events: setting(
    yesNo(),
    "false",
    "Publish what becomes of tasks and runs on subjects of NATS, for watching: `octopus.<cluster>.<shard>.tasks.<state>`.",
  ),
  monitor: setting(
    text("an address such as http://10.0.0.1:8222"),
    "port 8222 of NATS",
    "Monitoring of a NATS server, which tells whether it syncs each write.",
  ),
  port: setting(
    whole(0, 65_535),
    "0",
    "With PostgreSQL: port on which other servers of the cluster reach this one; 0 takes any free one.",
  ),
  advertise: setting(
    text("a host name or an IP address"),
    "none",
    "With PostgreSQL: host under which they reach it, where that is not `server.host`.",
  ),
  oldNats: setting(yesNo(), "false", "Take a NATS server older than 2.10, which can lose what it has acknowledged."),
};

/**
 * The server is called as its host is. Of a name that is too long the beginning may be that of all its siblings, as names of
 * pods are: a few digits tell them apart.
 */
function serverNameFrom(hostname: string): string {
  const safe = hostname.replace(/[^A-Za-z0-9_-]/g, "-");
  const name = safe.length <= NAME_CHARS_MAX ? safe : `${safe.slice(0, 23)}-${hashText(hostname).slice(0, 8)}`;
  return PLAIN_NAME.test(name) ? name : "server";
}

export function clusterDefaults(hostname: string): Record<string, unknown> {
  return {
    ...Object.fromEntries(Object.keys(clusterSection).map((key) => [`cluster.${key}`, null])),
    "cluster.name": "main",
    "cluster.server": serverNameFrom(hostname),
    "cluster.replicas": "auto",
    "cluster.copies": 3,
    "cluster.events": false,
    "cluster.port": 0,
    "cluster.oldNats": false,
  };
}
