/** Which certificate the other side of a connection saw: what it proves with its key holds for that connection alone. */
import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

/** SHA-256 of it in hex; `""` without TLS. */
export function certificateOf(socket: Duplex): string {
  const certificate = (socket as Partial<TLSSocket>).getX509Certificate?.();
  return certificate === undefined ? "" : createHash("sha256").update(certificate.raw).digest("hex");
}
