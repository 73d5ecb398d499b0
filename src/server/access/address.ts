/**
 * Where a request comes from. What a proxy says of it is not believed: it could be anybody's word. Another server of the
 * cluster is.
 */
import type { Socket } from "node:net";
import { forwardedOf } from "../forward/forwarded.ts";

/** The address of the other side, IPv4 in its usual form. */
export function addressOf(request: { socket: Pick<Socket, "remoteAddress"> }): string {
  return plain(forwardedOf(request)?.address ?? request.socket.remoteAddress ?? "unknown");
}

/** What limits count by: an IPv4 address, or the network that one IPv6 customer has to himself. */
export function sourceOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...right];
  return `${groups.slice(0, 4).join(":")}::/64`;
}

/** True for an address that only this machine can have. */
export function isOwnMachine(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

export function plain(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
