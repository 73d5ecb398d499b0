/**
 * Which of the servers that are heard is ours, and what a person reads while none is.
 *
 * SR1  Heard is not trusted: what comes out of here says who somebody claims to be.
 */
import { OctopusError } from "../../base/errors.ts";
import type { Announced } from "./announced.ts";
import { type Interface, type Listening } from "./listen.ts";

/** After the first answer others get this long. */
const OTHERS_MS = 600;
const SILENCE_MS = 5000;

export interface SearchOptions {
  /** Name of the server that is meant, or the beginning of its id. */
  cluster?: string | undefined;
  /** A server that was trusted before: among several it is the one. */
  isKnown: (server: Announced) => boolean;
  /** Lines for a person. */
  say: (text: string) => void;
  signal?: AbortSignal;
}

/** Resolves with the one server that can be meant; rejects when several can. Goes on until there is one. */
export async function search(listening: Listening, options: SearchOptions): Promise<Announced> {
  const { cluster, isKnown, say, signal } = options;
  const fits = (): Announced[] =>
    listening
      .servers()
      .filter(({ name, cluster: id }) => cluster === undefined || name === cluster || id.startsWith(cluster));
  const patience = setTimeout(() => say(nothingHeard(listening, cluster)), SILENCE_MS);
  try {
    while (fits().length === 0) await orAborted(listening.changed(), signal);
  } finally {
    clearTimeout(patience);
  }
  await orAborted(new Promise((resolve) => setTimeout(resolve, OTHERS_MS)), signal);
  const found = fits();
  if (found.length === 1) return found[0]!;
  const known = found.filter(isKnown);
  if (known.length === 1) return known[0]!;
  throw new OctopusError("conflict", severalFound(found));
}

function orAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => {
      signal.throwIfAborted();
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    }),
  ]);
}

/** On which interfaces it listens: `eth0 (192.168.1.7), lo (127.0.0.1)`. */
export function namesOf(interfaces: readonly Interface[]): string {
  const names = interfaces.map(({ name, address }) => `${name} (${address})`);
  return names.length === 0 ? "no interface: this machine has no IPv4 address that is wanted" : names.join(", ");
}

function nothingHeard({ interfaces, trouble, servers }: Listening, cluster: string | undefined): string {
  const others = servers().map(({ name }) => name);
  const lines = [
    others.length === 0
      ? `No server has answered within 5 s on ${namesOf(interfaces)}; still listening.`
      : `${others.join(", ")} answered, and none is called ${cluster}; still listening on ${namesOf(interfaces)}.`,
    ...[...trouble].map(([name, why]) => `  Nothing can be heard on ${name}: ${why}`),
    "What to try:",
    "  Is the server up, and does it listen beyond its own machine?   octopus server --host 0.0.0.0",
    "  Say where it is:                                               octopus worker --server https://HOST:8000",
    "  Paste what `octopus token create --role worker` printed:       octopus worker --join TOKEN",
    "  Multicast does not leave a network: not through routers, VLANs, Docker's bridge, WSL or most guest Wi-Fis.",
  ];
  return lines.join("\n");
}

function severalFound(found: readonly Announced[]): string {
  const lines = found.map(({ name, cluster, urls }) => `  ${name}  ${urls[0]}  ${cluster}`);
  return `several servers answer; say which one with --cluster NAME or --server URL:\n${lines.join("\n")}`;
}
