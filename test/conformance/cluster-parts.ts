/** What the parts of the suite in `cluster-backend.ts` share. */
import assert from "node:assert/strict";
import type { ClusterBackend } from "../../src/cluster/ports.ts";

/** Only a hang takes this long: three NATS servers and others that share two cores choose a leader in tens of seconds. */
const HANG_MS = 180_000;
let shards = 0;

export interface Backends {
  /** The first and the second server. */
  a: ClusterBackend;
  b: ClusterBackend;
}

/** A name that no other test has. */
export function newShard(): string {
  shards++;
  return `s${shards}`;
}

export async function until<T>(what: string, look: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + HANG_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    assert.ok(performance.now() < deadline, `${what}: not within ${HANG_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
