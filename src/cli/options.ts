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
export const SERVER: OptionSpec = { flags: "--server <url>", about: "address of the server", setting: "server.url" };
export const DATA: OptionSpec = { flags: "--data <dir>", about: "data directory", setting: "data.dir" };
export const TIMEOUT: OptionSpec = { flags: "--timeout <duration>", about: "give up after this time" };

/** For commands that ask a server. */
export const ASKING: readonly OptionSpec[] = [SERVER, CONFIG, OUTPUT];

/** For commands that serve. */
export const LISTENING: readonly OptionSpec[] = [
  { flags: "--host <address>", about: "address to listen on", setting: "server.host" },
  { flags: "-p, --port <number>", about: "port to listen on", setting: "server.port" },
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
  { flags: "--join <token>", about: "join token of the server, or @file that holds one", setting: "worker.join" },
  { flags: "--cluster <name>", about: "name of the server that is meant, where several are heard" },
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
