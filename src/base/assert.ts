/**
 * Broken invariants. An assertion that fails is our bug, never the user's: the process stops and the journal restores it.
 */

/** Stops with `message` unless `condition` holds. On in production too. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Marks a branch that the type checker has shown to be impossible. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`);
}

/** A broken invariant of Octopus itself. */
export class InvariantError extends Error {
  override name = "InvariantError";
}
