/** What each setting is when nobody says anything, in the form a file would give it. */
const MiB = 1024 ** 2;
const DAY = 86_400_000;

/** What the machine has to say to that. */
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
    "worker.timeout": null,
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

/** Host names may begin with a digit and hold signs that a worker's name may not. */
function workerNameFrom(hostname: string): string {
  const safe = hostname.replace(/[^A-Za-z0-9_.-]/g, "-").slice(0, 120);
  return /^[A-Za-z_]/.test(safe) ? safe : `host-${safe}`;
}
