/** What limits tasks beyond their workers: the part of the state that arms, keys, rates and quotas need. */
import { Gates } from "./gates.ts";
import { Meters } from "./meter.ts";

export interface Limits {
  readonly meters: Meters;
  readonly gates: Gates;
  /** The arm of each type that an arm claims; types that none claims go to the default one. */
  readonly routes: Map<string, string>;
  /** Arms that may refuse a submission: they are draining, or have a limit to what waits. */
  guarded: number;
}

export function createLimits(): Limits {
  const meters = new Meters();
  return { meters, gates: new Gates(meters), routes: new Map(), guarded: 0 };
}
