/** Schemas that several messages share. Every refusal names what is allowed; the value seen is added in `parse.ts`. */
import { z } from "zod";
import { DURATION_FORM, parseDuration, SIZE_FORM, parseSize } from "../base/duration.ts";

/** Longest wait that can be asked for: a year. Longer is a schedule, not a delay. */
export const DURATION_MS_MAX = 366 * 86_400_000;

/** A duration: whole milliseconds, or text with a unit. Reads as milliseconds. */
export const Duration = z
  .union([z.int().nonnegative(), z.string()], { error: `must be ${DURATION_FORM}, or whole milliseconds` })
  .transform((value, context) => {
    const ms = typeof value === "number" ? value : parseDuration(value);
    if (ms === undefined) {
      // Whoever reads "5" in a refusal that allows whole milliseconds sees no difference.
      const isBare = /^[\d.]+$/.test(String(value));
      const message = `must be ${DURATION_FORM}${isBare ? "" : ", or whole milliseconds"}`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
    if (ms > DURATION_MS_MAX) {
      context.addIssue({ code: "custom", message: "must be at most 366 days" });
      return z.NEVER;
    }
    return ms;
  });

/** A size in bytes: whole bytes, or text with a unit. Reads as bytes. */
export const Size = z
  .union([z.int().nonnegative(), z.string()], { error: `must be ${SIZE_FORM}` })
  .transform((value, context) => {
    const bytes = typeof value === "number" ? value : parseSize(value);
    if (bytes === undefined) {
      context.addIssue({ code: "custom", message: `must be ${SIZE_FORM}` });
      return z.NEVER;
    }
    return bytes;
  });

/** The latest moment that a `Date` can hold; a later one could be stored but never be shown. */
export const INSTANT_MS_MAX = 8.64e15;

const INSTANT_FORM = "must be an ISO 8601 time with a zone, such as 2026-11-21T08:00:00Z, or epoch milliseconds";

/** A moment: epoch milliseconds, or ISO 8601 text with a zone. Reads as epoch milliseconds. */
export const Instant = z
  .union([z.int().nonnegative().max(INSTANT_MS_MAX), z.iso.datetime({ offset: true, error: INSTANT_FORM })], {
    error: INSTANT_FORM,
  })
  .transform((value) => (typeof value === "number" ? value : Date.parse(value)));

/** What a name looks like. */
export const NAME_FORM = /^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$/;

/** The name of an arm, a worker, a function, a type, a tag: short and safe in a URL, a file name and a terminal. */
export const Name = z.string().regex(NAME_FORM, {
  error: "must begin with a letter or _ and hold at most 128 letters, digits and _ . : / -",
});

/** The name of an environment variable. */
export const EnvName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: "must be a name of letters, digits and _ that does not begin with a digit",
});

/** Environment variables. Numbers and booleans are written as text. */
export const Env = z.record(
  EnvName,
  z.union([z.string(), z.number(), z.boolean()], { error: "must be text, a number or a boolean" }).transform(String),
);

/** Priority: 0 to 10, higher first, 5 when nothing is said. */
export const Priority = z
  .int({ error: "must be a whole number from 0 to 10" })
  .min(0, { error: "must be a whole number from 0 to 10" })
  .max(10, { error: "must be a whole number from 0 to 10" });
