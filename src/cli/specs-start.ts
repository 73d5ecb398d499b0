/** Commands that start something and stay. */
import type { CommandSpec } from "./command.ts";
import { CLUSTER, CONFIG, DATA, JOINING, LISTENING, LOGGING, NATS, WORKING } from "./options.ts";

const group = "Start";

export const START: readonly CommandSpec[] = [
  {
    name: "up",
    group,
    about: "start a server and a worker on this machine",
    details: "Prints the address and serves until Ctrl-C. The data directory is created when it does not exist.",
    options: [
      ...LISTENING,
      DATA,
      ...WORKING,
      { flags: "--name <name>", about: "name of the worker", setting: "worker.name" },
      { flags: "--no-demo", about: "leave out the example that runs once on a new data directory" },
      ...CLUSTER,
      ...LOGGING,
      CONFIG,
    ],
    examples: ["octopus up", "octopus up --port 9000 --data ./state --functions ./functions.ts"],
    load: () => import("./commands/up.ts"),
  },
  {
    name: "server",
    aliases: ["dispatcher", "d"],
    group,
    about: "start a server without a worker",
    options: [...LISTENING, DATA, ...CLUSTER, ...LOGGING, CONFIG],
    examples: [
      "octopus server --host 127.0.0.1 --port 8000",
      "octopus server --nats nats://10.0.0.1:4222,nats://10.0.0.2:4222,nats://10.0.0.3:4222 --server-name a",
    ],
    load: () => import("./commands/server.ts"),
  },
  {
    name: "worker",
    aliases: ["w"],
    group,
    about: "start a worker for a server",
    details:
      "Finds its server by a join token, by an address, on this machine, or on the network, in this order. A server that was\nonly heard has to be trusted, and one that wants a token has to let the worker in: see docs/guide/workers.md.\nWith --nats it reaches no server itself: it finds the one that leads --cluster, and another one when that is gone.",
    options: [
      ...JOINING,
      ...NATS,
      ...WORKING,
      { flags: "--name <name>", about: "name of the worker", setting: "worker.name" },
      { flags: "--timeout <duration>", about: "longest time of an attempt here", setting: "worker.timeout" },
      ...LOGGING,
      CONFIG,
    ],
    examples: [
      "octopus worker",
      "octopus worker --join @join-token --slots 8",
      "octopus worker --server http://127.0.0.1:8000 --name gpu-box --labels zone=attic --arms builds,tests",
      "octopus worker --nats nats://10.0.0.1:4222,nats://10.0.0.2:4222 --cluster main",
    ],
    load: () => import("./commands/worker.ts"),
  },
];
