/** What cases share about Octopus itself: the task that does nothing, and waiting until all of them have ended. */
import type { Client, TaskSubmission } from "../../src/client/mod.ts";
import type { Octopus } from "../../src/mod.ts";
import { waitFor } from "./wait.ts";

/** The arm of every task; it is off while a backlog is made. */
export const ARM = "bench";

/** An input of about 200 bytes of JSON. */
export function input(n: number): { order: number; customer: string; items: number[]; note: string } {
  return { order: n, customer: `customer-${n % 97}`, items: [n % 7, n % 11, n % 13], note: "x".repeat(125) };
}

/** A task that calls a function that does nothing. */
export function noop(n: number): TaskSubmission {
  return { call: "noop", input: input(n), arm: ARM };
}

export function noops(count: number, from = 0): TaskSubmission[] {
  return Array.from({ length: count }, (_, i) => noop(from + i));
}

/** A function that does nothing but count, and how often it has run: asking for the status would cost what is measured. */
export function counter(): { noop: () => void; calls: () => number } {
  let calls = 0;
  return { noop: () => void calls++, calls: () => calls };
}

/** Resolves when `count` tasks have succeeded here. Until each has run, it looks at a number in memory only. */
export async function drained(octopus: Octopus, calls: () => number, count: number): Promise<void> {
  await waitFor(`the run of ${count} tasks`, () => (calls() >= count ? true : undefined), { everyMs: 1 });
  await waitFor(
    `the end of ${count} tasks`,
    () => ((octopus.status().counts.succeeded ?? 0) >= count ? true : undefined),
    { everyMs: 1 },
  );
}

/** Bounds of the time between two looks over HTTP, and how long nothing may move before it is given up. */
const LOOK_MS_MIN = 2;
const LOOK_MS_MAX = 100;
const STUCK_MS = 60_000;

/**
 * The same over HTTP. Looks again when a quarter of what is left should be done at the rate so far: rarely in the middle,
 * often towards the end, so that asking costs nothing and the end is seen at once.
 */
export async function drainedOver(client: Client, count: number): Promise<void> {
  const succeeded = async (): Promise<number> => (await client.status()).counts.succeeded ?? 0;
  const first = await succeeded();
  const begun = performance.now();
  let done = first;
  let movedAt = begun;
  while (done < count) {
    const rate = (done - first) / (performance.now() - begun);
    const waitMs = rate > 0 ? Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, (count - done) / rate / 4)) : LOOK_MS_MIN * 5;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    const now = await succeeded();
    if (now > done) movedAt = performance.now();
    else if (performance.now() - movedAt > STUCK_MS) throw new Error(`${done} of ${count} tasks ended, and then none`);
    done = now;
  }
}
