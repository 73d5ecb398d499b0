/** Waits for conditions. Every wait ends: with the condition, or with an error that names what did not happen. */

/** Looks every `everyMs` until `look` answers something; throws when `limitMs` has passed. */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  { everyMs = 2, limitMs = 120_000 }: { everyMs?: number; limitMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
