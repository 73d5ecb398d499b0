/**
 * Hosts of their own on this one machine: a network namespace each, and a bridge between them in one more. Nothing of it
 * touches the machine's own network.
 *
 * N1  `close` removes every namespace, and with them what stood in them; those of a test that was killed go with the next.
 * N2  A host that is cut off notices nothing but silence, as with a pulled cable behind a switch: no carrier is lost, no
 *     connection is reset.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const PREFIX = "octopus-test-";

export class Network {
  readonly #hosts: readonly string[];
  readonly #mark = `${PREFIX}${process.pid}-`;

  constructor(hosts: readonly string[]) {
    sweep();
    this.#hosts = hosts;
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

  close(): void {
    for (const host of [...this.#hosts, "hub"]) ip("netns", "delete", this.#nameOf(host));
  }

  #nameOf(host: string): string {
    return this.#mark + host;
  }

  #indexOf(host: string): number {
    return this.#hosts.indexOf(host);
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
