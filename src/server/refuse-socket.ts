/** Refuses a connection for which Node has no response object: one that is no HTTP, or no HTTP any more. */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Log } from "./options.ts";
import { problemOf } from "./problem.ts";

export function refuseSocket(socket: Duplex, error: unknown, log: Log): void {
  const { status, headers, body } = problemOf(error, log);
  const lines = { ...headers, "content-length": Buffer.byteLength(body), connection: "close" };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join("")}\r\n${body}`, () => socket.destroy());
}
