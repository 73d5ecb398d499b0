/**
 * How long a look at watched files is followed by none, by what it took. Large folders and slow drives are looked at again and
 * again without end, and others want the processor and the drive as well.
 *
 * WR1  Looks take a twentieth of the time while nothing is known to have changed, and a third after a sign of a change.
 * WR2  No rest is longer than a minute. What a look took is no measure of the folder where others have the cores, and a file
 *      must not wait for hours because one look was slow.
 */
const SHARE = 1 / 20;
const SHARE_AFTER_A_SIGN = 1 / 3;
const REST_MS_MAX = 60_000;

/** A sign: something was heard of, or stands to be still for long enough. */
export function restAfter(lookedMs: number, hasSign: boolean): number {
  const share = hasSign ? SHARE_AFTER_A_SIGN : SHARE;
  return Math.min(lookedMs * (1 / share - 1), REST_MS_MAX);
}
