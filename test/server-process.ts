/** What tests need that start the server as a process of its own. */
import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** Only a hang takes this long, also where other work keeps the machine busy. */
const READY_MS_MAX = 120_000;

/** Below those that a system gives to who asks for none, and to connections that go out: nobody comes to one by chance. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/**
 * A port of 127.0.0.1 that nobody listens on, and no other test gets while this process lives: between the choice and the
 * server that takes it, and while that server is down to be started again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + randomInt(PORTS);
    if ((await isOurs(port)) && (await isFree(port))) return port;
  }
}

/** Whoever has bound it over UDP, which no server does, may have it over TCP; the system gives it back with the process. */
async function isOurs(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    await once(socket.bind(port, "127.0.0.1"), "listening");
    socket.unref();
    return true;
  } catch (error) {
    return isTaken(error);
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
  } catch (error) {
    return isTaken(error);
  }
  server.close();
  await once(server, "close");
  return true;
}

/** Somebody else has it, or the system keeps it for itself. */
function isTaken(error: unknown): false {
  if (["EADDRINUSE", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
  throw error;
}

/** Resolves when the server at `url` is ready; fails when its process has ended, or when it hangs. */
export async function ready(url: string, child: ChildProcess): Promise<void> {
  const signal = AbortSignal.timeout(READY_MS_MAX);
  while (!(await isReady(url, signal))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ended early: ${child.exitCode ?? child.signalCode}`);
    }
    if (signal.aborted) throw new Error(`the server at ${url} was not ready after ${READY_MS_MAX} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function isReady(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    // A refused connection: not listening yet. fetch tells every network failure as a TypeError.
    if (error instanceof TypeError || signal.aborted) return false;
    throw error;
  }
}
