/**
 * Every setting there is: its kind of value, its default and what it is for. The loader, the list of environment
 * variables and docs/reference/config.md are all read off this schema. Durations are held as milliseconds, sizes as
 * bytes, paths as absolute paths.
 */
import { z } from "zod";
import {
  address,
  amounts,
  duration,
  labels,
  line,
  list,
  orNone,
  rate,
  RATE_FORM,
  shaped,
  size,
  whole,
  word,
  yesNo,
  zone,
} from "./values.ts";

/** What the reference says of a setting beside its name. */
export interface About {
  description: string;
  /** The default as people read it. */
  shown: string;
  /** The value is a path, or a list of paths: relative ones are read from the folder of the file that names them. */
  path?: true;
  /** The value is shown to nobody. */
  secret?: true;
}

/** Names of arms and workers, as the protocol has them. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$/;
export const NAME_FORM = "a name that begins with a letter or _ and holds at most 128 letters, digits and _ . : / -";
const MiB = 1024 ** 2;
const DAY = 86_400_000;

function setting<S extends z.ZodType>(schema: S, shown: string, description: string, extra: Partial<About> = {}): S {
  return schema.meta({ ...extra, shown, description });
}

/** Settings of one arm. `none` is what the arm has when nobody says anything. */
export const ArmConfigSchema = z.strictObject({
  enabled: setting(yesNo(), "true", "Whether tasks of this arm may start; false pauses it."),
  draining: setting(yesNo(), "false", "Whether it takes no new tasks, while those that wait still run."),
  maxParallel: setting(
    orNone(whole(1, 1_000_000), "a whole number from 1 to 1000000"),
    "none",
    "Most tasks of this arm that run at once.",
  ),
  weight: setting(whole(1, 1000), "1", "Its share of the slots when several arms have work."),
  maxQueued: setting(
    orNone(whole(1, 1_000_000_000), "a whole number from 1 to 1000000000"),
    "none",
    "Most tasks that wait in it; beyond it submissions are refused.",
  ),
  rate: setting(orNone(rate(), RATE_FORM), "none", "Most starts in a stretch of time: `10/1s`, `100/1m/20`."),
  aging: setting(
    orNone(duration(), "a duration such as 5m"),
    "none",
    "A waiting task counts as one priority higher for each such time; none and 0s are strict.",
  ),
  timeout: setting(
    orNone(duration(1), "a duration such as 90s or 1h30m"),
    "none",
    "Longest time of its tasks that name none.",
  ),
  retries: setting(
    orNone(whole(0, 1000), "a whole number from 0 to 1000"),
    "none",
    "Retries of its tasks that name none.",
  ),
  handler: setting(
    orNone(shaped(NAME_FORM, NAME), NAME_FORM),
    "none",
    "Function that runs its tasks that have only a type.",
  ),
  types: setting(
    orNone(list("a list of names", NAME), "a list of names"),
    "none",
    "Types whose tasks come to this arm when they name none.",
  ),
});
export type ArmConfig = z.output<typeof ArmConfigSchema>;

/** A pool of workers that grows and shrinks with the work that waits for it. */
export const PoolConfigSchema = z.strictObject({
  labels: setting(labels(), "none", "Labels that its workers have; those with all of them belong to it."),
  min: setting(whole(0, 10_000), "0", "Workers that are always there."),
  max: setting(whole(1, 10_000), "1", "Most workers."),
  slots: setting(whole(1, 10_000), "2 x cores, at least 4", "Slots of one of its workers, while none is there to ask."),
  resources: setting(amounts(NAME), "none", "Resources of one of its workers, while none is there to ask."),
  wait: setting(duration(1000), "1m", "Time in which the work that waits should be done."),
  idle: setting(duration(), "5m", "Time without need before a worker is let go."),
  cooldown: setting(duration(), "30s", "Least time between two changes."),
  scaleUp: setting(
    orNone(line("a command"), "a command"),
    "none",
    "Command that starts one worker; it finds `OCTOPUS_POOL`, `OCTOPUS_WORKER_NAME`, `OCTOPUS_WORKER_LABELS` in its environment.",
  ),
  scaleDown: setting(
    orNone(line("a command"), "a command"),
    "none",
    "Command that ends one worker after it was drained; none is: the worker is told to stop.",
  ),
});
export type PoolConfig = z.output<typeof PoolConfigSchema>;

/** One named secret. */
export const SecretSchema = setting(line("a text"), "none", "Signs webhooks that name this secret.", { secret: true });

export const ConfigSchema = z.strictObject({
  server: z.strictObject({
    host: setting(line("a host name or an IP address"), "127.0.0.1", "Address that the server listens on."),
    port: setting(whole(0, 65_535), "8000", "Port that the server listens on; 0 takes any free one."),
    url: setting(address(), "from host and port", "Where commands and workers find the server."),
    name: setting(shaped(NAME_FORM, NAME), "the host's name", "Name under which workers on the same network find it."),
    announce: setting(
      word(["auto", "on", "off"]),
      "auto",
      "Whether it is announced by mDNS; auto does so when it listens beyond the loopback address.",
    ),
    interfaces: setting(
      list("a list of names or addresses of network interfaces"),
      "none",
      "Interfaces on which it is announced, and on which workers look for it; none is all of them.",
    ),
  }),
  tls: z.strictObject({
    mode: setting(
      word(["auto", "on", "off"]),
      "auto",
      "Whether connections are encrypted; auto does so when the server listens beyond the loopback address.",
    ),
    cert: setting(orNone(line("a path"), "a path"), "none", "Certificate chain (PEM); none is one of its own making.", {
      path: true,
    }),
    key: setting(orNone(line("a path"), "a path"), "none", "Private key (PEM) of that certificate.", { path: true }),
    names: setting(
      list("a list of host names and addresses"),
      "none",
      "Names beyond those of the machine that its own certificate holds for.",
    ),
  }),
  access: z.strictObject({
    mode: setting(
      word(["auto", "on", "off"]),
      "auto",
      "Whether tokens are needed; auto does so when the server listens beyond the loopback address.",
    ),
    token: setting(orNone(line("a text"), "a text"), "none", "Token with which commands ask the server.", {
      secret: true,
    }),
    fingerprint: setting(
      orNone(line("SHA-256 in hex"), "SHA-256 in hex"),
      "none",
      "Fingerprint of the certificate authority that the server must have.",
    ),
    workers: setting(
      orNone(list("a list of names", NAME), "a list of names"),
      "none",
      "The only names that workers may have; none is any name.",
    ),
    audit: setting(duration(), "90d", "Time that rows of the audit log are kept."),
  }),
  data: z.strictObject({
    dir: setting(line("a path"), ".octopus", "Folder that holds the database, the logs and the results.", {
      path: true,
    }),
    keep: z.strictObject({
      count: setting(whole(0, Number.MAX_SAFE_INTEGER), "100000", "Ended tasks that are kept; the oldest go first."),
      age: setting(duration(), "30d", "Time that an ended task is kept."),
    }),
  }),
  logs: z.strictObject({
    keep: z.strictObject({
      age: setting(duration(), "7d", "Time that the output of tasks is kept."),
      size: setting(size(), "1GiB", "Most bytes of output that are kept; the oldest goes first."),
    }),
  }),
  log: z.strictObject({
    level: setting(
      word(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
        warning: "warn",
        critical: "fatal",
        off: "silent",
      }),
      "info",
      "Least important messages of Octopus itself that are written.",
    ),
    format: setting(
      word(["auto", "text", "json"]),
      "auto",
      "Form of those messages; auto is text on a terminal and json elsewhere.",
    ),
    file: setting(orNone(line("a path"), "a path"), "none", "File for those messages; none is standard error.", {
      path: true,
    }),
  }),
  worker: z.strictObject({
    name: setting(
      shaped(NAME_FORM, NAME),
      "the host's name",
      "Name of the worker; two workers of one server differ in it.",
    ),
    slots: setting(whole(1, 10_000), "2 x cores, at least 4", "Tasks that the worker runs at once."),
    functions: setting(list("a list of paths"), "none", "Modules whose exported functions `call` tasks may use.", {
      path: true,
    }),
    grace: setting(duration(), "10s", "Time that running tasks get to end when the worker is stopped."),
    resources: setting(
      amounts(NAME),
      "cpu and memory of the machine",
      "All that it offers to tasks that ask for resources: `cpu=4,memory=8GiB,gpu=1`.",
    ),
    labels: setting(labels(), "none", "What it is, for tasks that choose by that: `zone=attic,disk=ssd`."),
    arms: setting(
      orNone(list("a list of names", NAME), "a list of names"),
      "none",
      "The only arms whose tasks it takes; none is all of them.",
    ),
    join: setting(
      orNone(line("a join token"), "a join token"),
      "none",
      "Join token: where the server is, and the right to work for it.",
      {
        secret: true,
      },
    ),
    dir: setting(
      orNone(line("a path"), "a path"),
      "a folder of the user's state",
      "Folder for its key, and for results that the server has not taken yet.",
      { path: true },
    ),
    spool: setting(size(), "256MiB", "Most bytes of results and output that it keeps while the server is away."),
  }),
  placement: z.strictObject({
    policy: setting(
      word(["spread", "pack"]),
      "spread",
      "Which of the workers that fit gets a task: spread takes the emptiest, pack the fullest that has room.",
    ),
  }),
  tasks: z.strictObject({
    timeout: setting(
      orNone(duration(1), "a duration such as 90s or 1h30m"),
      "none",
      "Longest time that a task may run unless it says otherwise.",
    ),
    retries: setting(whole(0, 1000), "0", "Further tries of a failed task unless it says otherwise."),
    grace: setting(
      duration(),
      "5s",
      "Time between TERM and KILL when a command is stopped, unless its task says otherwise.",
    ),
  }),
  schedules: z.strictObject({
    zone: setting(zone(), "the machine's zone", "Time zone of schedules that name none."),
  }),
  callbacks: z.strictObject({
    secret: setting(
      orNone(line("a text"), "a text"),
      "one drawn at the first start",
      "Signs webhooks that name no other secret; several between spaces sign with each, the newest first.",
      { secret: true },
    ),
    secrets: z.record(z.string().regex(NAME), SecretSchema),
  }),
  limits: z.strictObject({
    body: setting(size(1024), "64MiB", "Largest request that the server reads."),
    task: setting(size(1024), "1MiB", "Largest single task."),
    result: setting(size(), "256KiB", "Largest result kept in the database; larger ones become files beside it."),
    artifact: setting(size(1), "1GiB", "Largest single file that a task may leave."),
    connections: setting(whole(1, 1_000_000), "1000", "Most connections of one address, the loopback address aside."),
    requests: setting(
      orNone(rate(), RATE_FORM),
      "none",
      "Most requests of one token or address, the loopback address aside: `1000/1s`.",
    ),
    refusals: setting(rate(), "20/1m", "Wrong tokens of one address; beyond it the address is told to wait."),
  }),
  link: z.strictObject({
    lease: setting(
      duration(1000),
      "30s",
      "Time after which the tasks of a worker that has vanished start again elsewhere.",
    ),
    heartbeat: setting(duration(100), "5s", "Time between two signs of life of a worker."),
  }),
  arms: z.record(z.string().regex(NAME), ArmConfigSchema),
  pools: z.record(z.string().regex(NAME), PoolConfigSchema),
});

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
/** All settings, complete and frozen. */
export type Config = Frozen<z.output<typeof ConfigSchema>>;

/** What each setting is when nobody says anything, in the form a file would give it. */
export interface Surroundings {
  hostname: string;
  cores: number;
  memoryBytes: number;
  zone: string;
}

/** The default of each key. `server.url` follows from host and port and is built by the loader. */
export function defaultsFor({ hostname, cores, memoryBytes, zone: ownZone }: Surroundings): Record<string, unknown> {
  return {
    "server.host": "127.0.0.1",
    "server.port": 8000,
    "server.name": workerNameFrom(hostname),
    "server.announce": "auto",
    "server.interfaces": [],
    "tls.mode": "auto",
    "tls.cert": null,
    "tls.key": null,
    "tls.names": [],
    "access.mode": "auto",
    "access.token": null,
    "access.fingerprint": null,
    "access.workers": null,
    "access.audit": `${90 * DAY}ms`,
    "data.dir": ".octopus",
    "data.keep.count": 100_000,
    "data.keep.age": `${30 * DAY}ms`,
    "logs.keep.age": `${7 * DAY}ms`,
    "logs.keep.size": 1024 * MiB,
    "log.level": "info",
    "log.format": "auto",
    "log.file": null,
    "worker.name": workerNameFrom(hostname),
    "worker.slots": Math.max(4, 2 * cores),
    "worker.functions": [],
    "worker.grace": "10s",
    "worker.resources": { cpu: cores, memory: memoryBytes },
    "worker.labels": {},
    "worker.arms": null,
    "worker.join": null,
    "worker.dir": null,
    "worker.spool": 256 * MiB,
    "placement.policy": "spread",
    "tasks.timeout": null,
    "tasks.retries": 0,
    "tasks.grace": "5s",
    "schedules.zone": ownZone,
    "callbacks.secret": null,
    "limits.body": 64 * MiB,
    "limits.task": MiB,
    "limits.result": 256 * 1024,
    "limits.artifact": 1024 * MiB,
    "limits.connections": 1000,
    "limits.requests": null,
    "limits.refusals": "20/1m",
    "link.lease": "30s",
    "link.heartbeat": "5s",
  };
}

/** Defaults within one arm. */
export const ARM_DEFAULTS: Record<keyof ArmConfig, unknown> = {
  enabled: true,
  draining: false,
  maxParallel: null,
  weight: 1,
  maxQueued: null,
  rate: null,
  aging: null,
  timeout: null,
  retries: null,
  handler: null,
  types: null,
};

/** Defaults within one pool. */
export function poolDefaults({ cores }: Pick<Surroundings, "cores">): Record<keyof PoolConfig, unknown> {
  return {
    labels: {},
    min: 0,
    max: 1,
    slots: Math.max(4, 2 * cores),
    resources: {},
    wait: "1m",
    idle: "5m",
    cooldown: "30s",
    scaleUp: null,
    scaleDown: null,
  };
}

/** Host names may begin with a digit and hold signs that a worker's name may not. */
function workerNameFrom(hostname: string): string {
  const safe = hostname.replace(/[^A-Za-z0-9_.-]/g, "-").slice(0, 120);
  return /^[A-Za-z_]/.test(safe) ? safe : `host-${safe}`;
}
