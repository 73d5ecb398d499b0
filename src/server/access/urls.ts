/** The addresses at which a server can be reached, for join tokens. */
import { hostname, networkInterfaces } from "node:os";
import { isLoopback } from "../../base/loopback.ts";

export interface Listening {
  host: string;
  port: number;
  isSecure: boolean;
}

/** The likeliest first: IPv4 of the network, then the machine's name, then IPv6. Those that only this machine has are last. */
export function urlsOf({ host, port, isSecure }: Listening): string[] {
  const url = (name: string): string =>
    `${isSecure ? "https" : "http"}://${name.includes(":") ? `[${name}]` : name}:${port}`;
  if (host !== "0.0.0.0" && host !== "::") return [url(host)];
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = all.filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith("fe80:"));
  const v4 = outside.filter(({ family }) => family === "IPv4").map(({ address }) => address);
  const v6 = host === "::" ? outside.filter(({ family }) => family === "IPv6").map(({ address }) => address) : [];
  const name = hostname();
  const names = isLoopback(name) ? [] : [name];
  return [...new Set([...v4, ...names, ...v6, "127.0.0.1"])].map(url);
}
