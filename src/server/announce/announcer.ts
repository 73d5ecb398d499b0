/**
 * Tells the local network that there is a server: mDNS, `_octopus._tcp`. What it says is public; that a server announces
 * itself is no reason to trust it.
 *
 * AN1  One responder for each interface: a socket of all of them sends by one only, or by none where there is no route.
 * AN2  Nothing that fails here is fatal: the server serves, and workers that are told its address find it.
 * AN3  Interfaces that come and go are noticed; at the end a goodbye is said, so that nobody keeps looking for it.
 */
import type { Bonjour } from "bonjour-service";
import type { Log } from "../options.ts";
import { type Outlet, outletsOf, type Where } from "./interfaces.ts";

/** Between two looks at the interfaces of the machine. */
const LOOK_MS = 30_000;
/** Time for the goodbyes to leave. */
const GOODBYE_MS_MAX = 500;
/** An mDNS label has room for 63 bytes. */
const NAME_CHARS_MAX = 40;
/** Version of what stands in the TXT record. */
const TXT_VERSION = "1";

export interface Announcement extends Where {
  /** What people call this server. */
  name: string;
  /** Id of its data directory. */
  cluster: string;
  /** Of its certificate authority; absent without TLS. */
  fingerprint?: string | undefined;
  port: number;
  log: Log;
  /** Port of mDNS; tests take another one. */
  multicastPort?: number;
}

export interface Announcer {
  /** Where it is announced now. */
  outlets(): readonly Outlet[];
  /** Says goodbye. */
  stop(): Promise<void>;
}

/** Announces the server from now on. The library is loaded here, since most servers never announce themselves. */
export async function announce(announcement: Announcement): Promise<Announcer> {
  const { Bonjour: Responder } = await import("bonjour-service");
  const speakers = new Map<string, Speaker>();
  const look = (): void => {
    const now = new Map(outletsOf(announcement).map((outlet) => [keyOf(outlet), outlet]));
    for (const [key, speaker] of speakers) {
      if (now.has(key)) continue;
      speakers.delete(key);
      void speaker.stop();
    }
    for (const [key, outlet] of now) {
      if (!speakers.has(key)) speakers.set(key, new Speaker(Responder, outlet, announcement));
    }
  };
  look();
  const timer = setInterval(look, LOOK_MS).unref();
  const where = [...speakers.values()].map(({ outlet }) => `${outlet.name} (${outlet.address})`);
  if (where.length === 0)
    announcement.log.warn({}, "there is no network interface on which the server can be announced");
  else announcement.log.info({ name: announcement.name, interfaces: where }, "announced by mDNS");
  return {
    outlets: () => [...speakers.values()].map(({ outlet }) => outlet),
    async stop() {
      clearInterval(timer);
      await Promise.all([...speakers.values()].map((speaker) => speaker.stop()));
    },
  };
}

function keyOf({ name, addresses }: Outlet): string {
  return [name, ...addresses].join(" ");
}

class Speaker {
  readonly outlet: Outlet;
  readonly #bonjour: Bonjour;

  constructor(Responder: typeof Bonjour, outlet: Outlet, announcement: Announcement) {
    this.outlet = outlet;
    const { log, multicastPort } = announcement;
    const told = (error: Error): void =>
      log.warn({ err: error, interface: outlet.name }, "mDNS failed on an interface");
    // `interface` alone binds to that address, where no multicast arrives; `bind` alone sends by any interface.
    const where: object = {
      interface: outlet.address,
      bind: "0.0.0.0",
      ...(multicastPort !== undefined && { port: multicastPort }),
    };
    this.#bonjour = new Responder(where, told);
    // An error that nobody listens to would end the process.
    (this.#bonjour as unknown as { server: { mdns: NodeJS.EventEmitter } }).server.mdns.on("error", told);
    this.#bonjour.publish(serviceOf(outlet, announcement));
  }

  /** Says goodbye, and lets the interface go. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#bonjour.destroy(() => resolve());
      };
      const timer = setTimeout(end, GOODBYE_MS_MAX);
      this.#bonjour.unpublishAll(end);
    });
  }
}

function serviceOf({ addresses }: Outlet, { name, cluster, fingerprint, port }: Announcement) {
  const short = cluster.slice(0, 8);
  return {
    // With the id in it no two servers have the same name, so nothing has to be probed for a second.
    name: `${name.slice(0, NAME_CHARS_MAX)} ${short}`,
    probe: false,
    type: "octopus",
    host: `octopus-${short}.local`,
    port,
    disableIPv6: true,
    txt: {
      ...{ v: TXT_VERSION, id: cluster, name, port: String(port), addr: addresses.join(",") },
      ...(fingerprint !== undefined && { fp: fingerprint }),
    },
  };
}
