/** Forms of what stands in addresses. */
import { isIP } from "node:net";

/** SHA-256 in lower-case hex. */
export const FINGERPRINT_FORM = /^[0-9a-f]{64}$/;

/** An IP address as it stands in a URL; undefined for what is none, and for those that lead nowhere from another machine. */
export function hostInUrl(address: string): string | undefined {
  const kind = isIP(address);
  // An address of IPv6 with a zone means something on one machine only.
  if (kind === 0 || address.includes("%") || address.toLowerCase().startsWith("fe80:")) return undefined;
  return kind === 6 ? `[${address}]` : address;
}
