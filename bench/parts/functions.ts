/** Functions of the benchmark's tasks, for a worker process. */
import { connect, type Socket } from "node:net";

/** Does nothing: what is measured is everything around it. */
export function noop(): void {}

let socket: Socket | undefined;

/**
 * Tells whoever listens on `port` when it began, on the clock that all processes of a machine share. It tells over a
 * socket of its own so that the result does not have to travel through what is measured.
 */
export function began({ port, n }: { port: number; n: number }): void {
  const at = process.hrtime.bigint();
  socket ??= connect(port, "127.0.0.1").setNoDelay(true).unref();
  socket.write(`${n} ${at}\n`);
}
