/** What each setting is when nobody says anything, in the form a file would give it. */
import { clusterDefaults } from "./sections/cluster.ts";
import { POLICY_DEFAULTS } from "./sections/policy.ts";

const MiB = 1024 ** 2;
const DAY = 86_400_000;

/** What the machine has to say to that. */
export interface Surroundings {
  hostname: string;
  cores: number;
  memoryBytes: number;
}

/** The default of each key, but of two that the loader makes: `server.url` from host and port, and `schedules.zone`. */
export function defaultsFor({ hostname, cores, memoryBytes }: Surroundings): Record<string, unknown> {
  return {
    "server.host": "127.0.0.1",
    "server.port": 8000,
    "server.name": workerNameFrom(hostname),
    "server.announce": "auto",
    "server.interfaces": [],
    namespace: null,
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
    "data.keep.workers": `${7 * DAY}ms`,
    "data.keep.deleted": `${30 * DAY}ms`,
    ...clusterDefaults(hostname),
    "logs.keep.age": `${7 * DAY}ms`,
    "logs.keep.size": 1024 * MiB,
    "log.level": "info",
    "log.format": "auto",
    "log.file": null,
    "worker.name": workerNameFrom(hostname),
    "worker.slots": Math.max(4, 2 * cores),
    "worker.functions": [],
    "worker.executors": [],
    "worker.grace": "10s",
    "worker.resources": { cpu: cores, memory: memoryBytes },
    "worker.labels": {},
    "worker.arms": null,
    "worker.join": null,
    "worker.dir": null,
    "worker.timeout": null,
    "worker.spool": 256 * MiB,
    "worker.python": null,
    "worker.venvs": {},
    "worker.plugins.idle": "60s",
    "worker.docker.mode": "auto",
    "worker.docker.host": null,
    "worker.docker.volumes": [],
    "worker.wasm.dirs": [],
    "worker.wasm.memory": 512 * MiB,
    "plugins.dir": null,
    "plugins.watch": true,
    "plugins.keep": 20,
    "placement.policy": "spread",
    "placement.reserveAfter": "30s",
    "tasks.timeout": null,
    "tasks.retries": 0,
    "tasks.grace": "5s",
    "callbacks.secret": null,
    ...POLICY_DEFAULTS,
    "limits.body": 64 * MiB,
    "limits.task": MiB,
    "limits.result": 256 * 1024,
    "limits.artifact": 1024 * MiB,
    "limits.connections": 1000,
    "limits.requests": null,
    "limits.refusals": "20/1m",
    "link.nats": null,
    "link.lease": "30s",
    "link.heartbeat": "5s",
  };
}

/** Host names may begin with a digit and hold signs that a worker's name may not. */
function workerNameFrom(hostname: string): string {
  const safe = hostname.replace(/[^A-Za-z0-9_.-]/g, "-").slice(0, 120);
  return /^[A-Za-z_]/.test(safe) ? safe : `host-${safe}`;
}
