/** What tests need that start the server as a process of its own. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Only a hang takes this long, also where other work keeps the machine busy. */
const READY_MS_MAX = 120_000;

/** A port of 127.0.0.1 that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
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
