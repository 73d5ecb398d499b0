/** On which network interfaces the server is announced. */
import { networkInterfaces, type NetworkInterfaceInfo } from "node:os";

export interface Outlet {
  /** Name of the interface, as `eth0`. */
  name: string;
  /** The address by which its multicast is sent. */
  address: string;
  /** Every address under which the server can be reached there. */
  addresses: string[];
}

export interface Where {
  /** Names or addresses of interfaces; none = all. */
  interfaces: readonly string[];
  /** What the server listens on. */
  host: string;
}

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/** Interfaces with an IPv4 address: those that were named, or all on which the server can be reached from outside. */
export function outletsOf({ interfaces, host }: Where, all: Interfaces = networkInterfaces()): Outlet[] {
  return Object.entries(all).flatMap(([name, infos = []]): Outlet[] => {
    const reachable = infos.filter((info) => info.family === "IPv4" && listensOn(host, info));
    const wanted = reachable.filter((info) =>
      interfaces.length > 0 ? interfaces.includes(name) || interfaces.includes(info.address) : !info.internal,
    );
    const addresses = wanted.map(({ address }) => address);
    return addresses.length === 0 ? [] : [{ name, address: addresses[0]!, addresses }];
  });
}

function listensOn(host: string, { address, internal }: NetworkInterfaceInfo): boolean {
  if (host === "0.0.0.0" || host === "::") return true;
  return host === "localhost" ? internal : host === address || !/^[0-9.]+$/.test(host);
}
