/** Options that several commands share. */
import { MODES } from "./output.ts";
import type { OptionSpec } from "./command.ts";

export const OUTPUT: OptionSpec = {
  flags: "-o, --output <form>",
  about: "form of the answer: table, json or quiet (ids only)",
  choices: MODES,
};
export const CONFIG: OptionSpec = {
  flags: "--config <file>",
  about: "configuration file, instead of the nearest octopus.yaml",
};
export const NAMESPACE: OptionSpec = {
  flags: "--namespace <name>",
  about: "namespace that is asked; default is `default`",
  setting: "namespace",
};
export const SERVER: OptionSpec = { flags: "--server <url>", about: "address of the server", setting: "server.url" };
export const DATA: OptionSpec = { flags: "--data <dir>", about: "data directory", setting: "data.dir" };
export const TIMEOUT: OptionSpec = { flags: "--timeout <duration>", about: "give up after this time" };

/** For commands that ask a server. */
export const ASKING: readonly OptionSpec[] = [SERVER, NAMESPACE, CONFIG, OUTPUT];

/** For commands that run workflows. */
export const PARAMS: readonly OptionSpec[] = [
  { flags: "-p, --param <key=value...>", about: "value of a parameter, read as JSON where it is JSON" },
  { flags: "--params-file <file>", about: "YAML or JSON with values of parameters; -p wins over it" },
];

/** For commands that serve. */
export const LISTENING: readonly OptionSpec[] = [
  { flags: "--host <address>", about: "address to listen on", setting: "server.host" },
  { flags: "-p, --port <number>", about: "port to listen on", setting: "server.port" },
];

/** How NATS is reached, for servers of a cluster and for workers. */
export const NATS: readonly OptionSpec[] = [
  { flags: "--nats <addresses>", about: "servers of NATS JetStream that a cluster shares", setting: "cluster.nats" },
  { flags: "--nats-creds <file>", about: "file with a JWT and its key for NATS", setting: "cluster.creds" },
  { flags: "--nats-nkey <file>", about: "file with the seed of an nkey for NATS", setting: "cluster.nkey" },
  { flags: "--nats-user <name>", about: "user at NATS", setting: "cluster.user" },
  { flags: "--nats-password <text>", about: "password of that user", setting: "cluster.password" },
  { flags: "--nats-token <text>", about: "token that NATS asks for", setting: "cluster.token" },
  { flags: "--nats-ca <file>", about: "certificate authority of NATS (PEM)", setting: "cluster.ca" },
  { flags: "--nats-cert <file>", about: "certificate for NATS (PEM)", setting: "cluster.cert" },
  { flags: "--nats-key <file>", about: "private key of that certificate (PEM)", setting: "cluster.key" },
];

/** For servers of a cluster. */
export const CLUSTER: readonly OptionSpec[] = [
  ...NATS,
  { flags: "--journal <url>", about: "PostgreSQL database that a cluster shares instead", setting: "cluster.journal" },
  { flags: "--cluster <name>", about: "name of the cluster", setting: "cluster.name" },
  { flags: "--server-name <name>", about: "name of this server in the cluster", setting: "cluster.server" },
  {
    flags: "--replicas <number>",
    about: "servers of NATS that keep each record: 1, 3, 5 or auto",
    setting: "cluster.replicas",
  },
  { flags: "--allow-old-nats", about: "take a NATS server older than 2.10", setting: "cluster.oldNats" },
];

/** For commands that run tasks. */
export const WORKING: readonly OptionSpec[] = [
  { flags: "--slots <number>", about: "tasks that run at once", setting: "worker.slots" },
  { flags: "--max-jobs <number>", about: "the same as --slots", setting: "worker.slots" },
  {
    flags: "--functions <module...>",
    about: "modules whose exported functions tasks may call",
    setting: "worker.functions",
  },
  {
    flags: "--executors <module...>",
    about: "modules whose exported executors tasks with uses may use",
    setting: "worker.executors",
  },
  {
    flags: "--docker <mode>",
    about: "run docker tasks: auto (when an engine answers), on or off",
    setting: "worker.docker.mode",
  },
  {
    flags: "--resources <amounts>",
    about: "what it offers to tasks that ask for resources: cpu=4,memory=8GiB,gpu=1",
    setting: "worker.resources",
  },
  {
    flags: "--labels <labels>",
    about: "what it is, for tasks that choose by that: zone=attic,disk=ssd",
    setting: "worker.labels",
  },
  { flags: "--arms <names>", about: "the only arms whose tasks it takes", setting: "worker.arms" },
];

/** By which a worker finds its server, and the server the worker. */
export const JOINING: readonly OptionSpec[] = [
  SERVER,
  NAMESPACE,
  { flags: "--join <token>", about: "join token of the server, or @file that holds one", setting: "worker.join" },
  {
    flags: "--cluster <name>",
    about: "name of the server that is meant, where several are heard; of the cluster, with --nats",
  },
  {
    flags: "--trust <fingerprint>",
    about: "trust the server with this fingerprint, and no other",
    setting: "access.fingerprint",
  },
  { flags: "--trust-first", about: "trust whatever server answers first, and remember it" },
  { flags: "--dir <folder>", about: "folder for its key and for results that wait", setting: "worker.dir" },
  { flags: "--spool <size>", about: "most bytes that wait there while the server is away", setting: "worker.spool" },
];

export const LOGGING: readonly OptionSpec[] = [
  { flags: "--log-level <level>", about: "least important messages to write", setting: "log.level" },
  { flags: "--log-format <form>", about: "auto, text or json", setting: "log.format" },
];
