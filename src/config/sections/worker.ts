/** The worker of this machine, its connection, and who gets which task. */
import { NATS_ADDRESS } from "./cluster.ts";
import { NAME, setting, WORKER_NAME, WORKER_NAME_FORM } from "../setting.ts";
import { workerPolicySection } from "./policy.ts";
import { duration, folders, labels, line, list, offers, orNone, shaped, size, whole, word } from "../values.ts";

export const workerSection = {
  name: setting(
    shaped(WORKER_NAME_FORM, WORKER_NAME),
    "the host's name",
    "Name of the worker; two workers of one server differ in it.",
  ),
  slots: setting(whole(1, 10_000), "2 x cores, at least 4", "Tasks that the worker runs at once."),
  functions: setting(list("a list of paths"), "none", "Modules whose exported functions `call` tasks may use.", {
    path: true,
  }),
  executors: setting(list("a list of paths"), "none", "Modules whose exported executors tasks with `uses` may use.", {
    path: true,
  }),
  grace: setting(duration(), "10s", "Time that running tasks get to end when the worker is stopped."),
  resources: setting(
    offers(NAME),
    "cpu and memory of the machine",
    "All that it offers to tasks that ask for resources: `cpu=4,memory=8GiB,gpu=2`; a list names units that are told apart: `gpu=[0,2]`.",
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
  timeout: setting(
    orNone(duration(1), "a duration such as 90s or 1h30m"),
    "none",
    "Longest time of an attempt on this worker, whatever its task says.",
  ),
  spool: setting(size(), "256MiB", "Most bytes of results and output that it keeps while the server is away."),
  python: setting(
    orNone(line("a program"), "a program such as python3.12 or /usr/bin/python3"),
    "python3",
    "Python interpreter of plugins, 3.9 or later: a name in its PATH, or a path.",
  ),
  venvs: setting(
    folders(NAME),
    "none",
    "Virtual environments of Python that plugins may name (`venv`): `ml=/opt/venvs/ml`. It is labelled `venv.ml`.",
    { path: true },
  ),
  plugins: {
    idle: setting(duration(1), "60s", "How long a process that runs a plugin stays when it has nothing to do."),
  },
  docker: {
    mode: setting(
      word(["auto", "on", "off"]),
      "auto",
      "Run `docker` tasks: auto does when a container engine answers, on also says so when none does, off does not.",
    ),
    host: setting(
      orNone(line("an address such as unix:///var/run/docker.sock"), "an address such as unix:///var/run/docker.sock"),
      "DOCKER_HOST, then the usual places",
      "Where the container engine listens: `unix:///run/podman/podman.sock`, `tcp://engine:2376`.",
    ),
    volumes: setting(
      list("a list of absolute paths"),
      "none",
      "Folders of this machine that containers may use, with all that is in them; `:ro` behind one: to read only.",
      { path: true },
    ),
  },
  policy: workerPolicySection,
  wasm: {
    dirs: setting(
      list("a list of absolute paths"),
      "none",
      "Folders of this machine that WebAssembly modules may use, with all that is in them; `:ro` behind one: to read only.",
      { path: true },
    ),
    memory: setting(size(65_536), "512MiB", "Most memory of a WebAssembly module whose task says nothing else."),
  },
};

export const placementSection = {
  policy: setting(
    word(["spread", "pack"]),
    "spread",
    "Which of the workers that fit gets a task: spread takes the emptiest, pack the fullest that has room.",
  ),
  reserveAfter: setting(
    orNone(duration(), "a duration such as 30s"),
    "30s",
    "Time after which a task that no worker has room for, as smaller ones take what becomes free, gets a worker kept free for it; none = never.",
  ),
};

export const linkSection = {
  nats: setting(
    orNone(list("a list of addresses such as nats://10.0.0.1:4222", NATS_ADDRESS), "a list of addresses"),
    "none",
    "Servers of NATS over which workers may come, too, to a server that stands alone; one of a cluster has `cluster.nats`. What NATS asks for is set as for a cluster.",
  ),
  lease: setting(
    duration(1000),
    "30s",
    "Time after which the tasks of a worker that has vanished start again elsewhere.",
  ),
  heartbeat: setting(duration(100), "5s", "Time between two signs of life of a worker."),
};
