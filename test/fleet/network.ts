/**
 * Hosts of their own on this one machine: a network namespace each, and a bridge between them in one more. Nothing of it
 * touches the machine's own network.
 *
 * N1  `close` removes every namespace, and with them what stood in them; those of a test that was killed go with the next.
 * N2  A host that is cut off notices nothing but silence, as with a pulled cable behind a switch: no carrier is lost, no
 *     connection is reset. The same holds for two that are parted: what they send each other goes to an address that nobody
 *     has, and what was on its way arrives when they are joined, as TCP sends it again.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const PREFIX = "octopus-test-";
/** At a link address that no host has. */
const LOST = ["lladdr", "02:00:00:00:00:fe", "nud", "permanent"];

export class Network {
  readonly hosts: readonly string[];
  readonly mark: string;

  /** `mark`: of one that another process made and will close. */
  constructor(hosts: readonly string[], mark?: string) {
    this.hosts = hosts;
    this.mark = mark ?? `${PREFIX}${process.pid}-`;
    if (mark !== undefined) return;
    sweep();
    const hub = this.#nameOf("hub");
    ip("netns", "add", hub);
    ip("-n", hub, "link", "add", "br0", "type", "bridge");
    ip("-n", hub, "link", "set", "br0", "up");
    for (const [index, host] of hosts.entries()) {
      const name = this.#nameOf(host);
      ip("netns", "add", name);
      ip("-n", hub, "link", "add", `port${index}`, "type", "veth", "peer", "name", "eth0", "netns", name);
      ip("-n", hub, "link", "set", `port${index}`, "master", "br0", "up");
      ip("-n", name, "address", "add", `${this.address(host)}/24`, "broadcast", "+", "dev", "eth0");
      ip("-n", name, "link", "set", "lo", "up");
      ip("-n", name, "link", "set", "eth0", "up");
    }
  }

  /** What goes before a program so that it runs on that host. */
  on(host: string): string[] {
    return ["ip", "netns", "exec", this.#nameOf(host)];
  }

  address(host: string): string {
    return `10.77.0.${this.#indexOf(host) + 1}`;
  }

  /** Cuts the host off from all others. */
  cut(host: string): void {
    ip("-n", this.#nameOf("hub"), "link", "set", `port${this.#indexOf(host)}`, "nomaster");
  }

  heal(host: string): void {
    ip("-n", this.#nameOf("hub"), "link", "set", `port${this.#indexOf(host)}`, "master", "br0");
  }

  /** Those of one side hear nothing any more of those of the other, and the other way round; all else stays as it is. */
  part(some: readonly string[], others: readonly string[]): void {
    this.#eachWay(some, others, (to) => ["replace", to, ...LOST]);
  }

  join(some: readonly string[], others: readonly string[]): void {
    // Where nothing is known, the address is asked for: also after `deafen`, which set one way alone.
    this.#eachWay(some, others, (to) => ["replace", to, "lladdr", "00:00:00:00:00:00", "nud", "none"]);
  }

  /** What that host says reaches the others, and what they say does not reach it. */
  deafen(host: string, others: readonly string[]): void {
    for (const other of others) this.#neighbour(other, host, (to) => ["replace", to, ...LOST]);
  }

  #eachWay(some: readonly string[], others: readonly string[], words: (to: string) => string[]): void {
    for (const one of some)
      for (const other of others) {
        this.#neighbour(one, other, words);
        this.#neighbour(other, one, words);
      }
  }

  #neighbour(from: string, to: string, words: (to: string) => string[]): void {
    ip("-n", this.#nameOf(from), "neighbour", ...words(this.address(to)), "dev", "eth0");
  }

  close(): void {
    for (const host of [...this.hosts, "hub"]) ip("netns", "delete", this.#nameOf(host));
  }

  #nameOf(host: string): string {
    return this.mark + host;
  }

  #indexOf(host: string): number {
    return this.hosts.indexOf(host);
  }
}

/** Why this machine cannot make namespaces, for the tests to say; undefined when it can. */
export function noNamespaces(): string | undefined {
  try {
    ip("netns", "add", `${PREFIX}${process.pid}-try`);
    ip("netns", "delete", `${PREFIX}${process.pid}-try`);
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made here (${(error as Error).message.split("\n").at(-1)}): they need root and iproute2`;
  }
}

/** Removes what a killed test has left. */
function sweep(): void {
  const names = ip("netns", "list")
    .split("\n")
    .map((line) => line.split(" ", 1)[0]!);
  for (const name of names) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) ip("netns", "delete", name);
  }
}

function ip(...words: string[]): string {
  return execFileSync("ip", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
