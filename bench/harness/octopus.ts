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

/** The same over HTTP. Looks every 50 ms, and often towards the end. */
export async function drainedOver(client: Client, count: number): Promise<void> {
  let done = 0;
  while (done < count) {
    done = await waitFor(
      `the end of ${count} tasks`,
      async () => {
        const now = (await client.status()).counts.succeeded ?? 0;
        return now > done || now >= count ? now : undefined;
      },
      { everyMs: count - done > 5000 ? 50 : 2 },
    );
  }
}
