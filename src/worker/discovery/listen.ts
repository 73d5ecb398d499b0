/**
 * Listens for servers by mDNS, on each network that this machine is in. One responder per interface: a single one would ask
 * on the interface of the default route alone, and on none where there is no such route.
 */
import { networkInterfaces } from "node:os";
import { type Announced, merge, readAnnounced, SERVICE_TYPE } from "./announced.ts";

/** How often servers are asked to say that they are there. */
const ASK_EVERY_MS = 2000;
/** Nobody has so many; whoever shouts more is not heard. */
const SERVERS_MAX = 64;

export interface Interface {
  name: string;
  address: string;
}

export interface Listening {
  readonly interfaces: readonly Interface[];
  /** Interfaces on which nothing can be heard, and why. */
  readonly trouble: ReadonlyMap<string, string>;
  /** What has been heard so far. */
  servers(): readonly Announced[];
  /** Resolves with the next change of what has been heard. */
  changed(): Promise<void>;
  stop(): void;
}

/** Interfaces with an IPv4 address; `only` are names or addresses of those that are wanted, none = all. */
export function interfacesOf(only: readonly string[]): Interface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, address }) => family === "IPv4" && isWanted(name, address, only))
      .map(({ address }) => ({ name, address })),
  );
}

function isWanted(name: string, address: string, only: readonly string[]): boolean {
  return only.length === 0 || only.includes(name) || only.includes(address);
}

/** The library is loaded here and not before: most workers are told where their server is. */
export async function listen(interfaces: readonly Interface[]): Promise<Listening> {
  const { Bonjour } = await import("bonjour-service");
  const trouble = new Map<string, string>();
  let known: Announced[] = [];
  let change = Promise.withResolvers<void>();
  const hear = (txt: unknown, from: string | undefined): void => {
    const seen = readAnnounced((txt ?? {}) as Record<string, unknown>, from);
    if (seen === undefined) return;
    const next = merge(known, seen);
    if (next.length > SERVERS_MAX || JSON.stringify(next) === JSON.stringify(known)) return;
    known = next;
    change.resolve();
    change = Promise.withResolvers();
  };
  const listeners = interfaces.map(({ name, address }) => {
    const fail = (error: unknown): void =>
      void trouble.set(name, error instanceof Error ? error.message : String(error));
    // `bind` says where answers arrive: multicast does not arrive at the address of an interface.
    const options = { interface: address, bind: "0.0.0.0" } as object;
    const bonjour = new Bonjour(options, fail);
    // Its socket tells errors as events, which would end the process where nobody listens.
    const { mdns } = (bonjour as unknown as { server: { mdns: NodeJS.EventEmitter } }).server;
    mdns.on("error", fail);
    mdns.on("warning", () => undefined);
    const browser = bonjour.find({ type: SERVICE_TYPE });
    const take = (service: { txt?: unknown; referer?: { address?: string } }): void =>
      hear(service.txt, service.referer?.address);
    browser.on("up", take);
    browser.on("txt-update", take);
    return { bonjour, browser };
  });
  const timer = setInterval(() => {
    for (const { browser } of listeners) browser.update();
  }, ASK_EVERY_MS);
  return {
    interfaces,
    trouble,
    servers: () => known,
    changed: () => change.promise,
    stop() {
      clearInterval(timer);
      for (const { browser, bonjour } of listeners) {
        browser.stop();
        bonjour.destroy();
      }
    },
  };
}
