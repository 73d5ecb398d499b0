/**
 * What a task may ask for beyond its arm: keys that limit who runs beside whom, a cache, resources. Each schema reads the
 * short forms that people write; what comes out is whole.
 */
import { z } from "zod";
import { parseAmount } from "../base/duration.ts";
import { UNIQUE_POLICIES, UNIQUE_SCOPES } from "../base/words.ts";
import { Duration, Name } from "./common.ts";
import { JsonValue } from "./json.ts";
import { suggestKeys } from "./parse.ts";

/** Longest key, largest count, and names of one `mutex`. */
export const KEY_MAX = 200;
export const COUNT_MAX = 1_000_000;
export const MUTEX_MAX = 8;

/** Text that a person chose to tell things apart: a tenant, a repository, an order. */
export const KeyText = z
  .string()
  .min(1, { error: "must not be empty" })
  .max(KEY_MAX, { error: `must hold at most ${KEY_MAX} characters` });

const COUNT_FORM = `must be a whole number from 1 to ${COUNT_MAX}`;
/** How many. */
export const Count = z.int({ error: COUNT_FORM }).min(1, { error: COUNT_FORM }).max(COUNT_MAX, { error: COUNT_FORM });
/** A stretch of time. */
export const Period = Duration.refine((ms) => ms > 0, { error: "must be longer than nothing" });

/** A bucket of tokens: `limit` per `per`, at most `burst` (default: `limit`) at once. */
export const Rate = z
  .strictObject({ limit: Count, per: Period, burst: Count.optional() })
  .transform(({ limit, per, burst }) => ({ limit, perMs: per, burst: burst ?? limit }));

export const ConcurrencyKey = z
  .union([KeyText.transform((key) => ({ key, limit: 1 })), z.strictObject({ key: KeyText, limit: Count.default(1) })], {
    error: "must be a key, or {key, limit}",
  })
  .meta({ id: "ConcurrencyKey" });

export const RateKey = z
  .strictObject({ key: KeyText, limit: Count, per: Period, burst: Count.optional() })
  .transform(({ key, limit, per, burst }) => ({ key, limit, perMs: per, burst: burst ?? limit }))
  .meta({ id: "RateKey" });

/** `{key}` means: one at a time until it has ended, and a second one is the first one. */
export const UniqueKey = z
  .union(
    [
      KeyText.transform((key) => ({ key, scope: "active" as const, policy: "return" as const })),
      z
        .strictObject({
          key: KeyText,
          scope: z.enum(UNIQUE_SCOPES).optional(),
          /** For scope `period`, which is the default where it stands. */
          period: Period.optional(),
          policy: z.enum(UNIQUE_POLICIES).default("return"),
        })
        .transform(({ key, scope, period, policy }, context) => {
          const chosen = scope ?? (period === undefined ? "active" : "period");
          if ((chosen === "period") !== (period !== undefined)) {
            const message = period === undefined ? "is needed for scope period" : `does not go with scope ${chosen}`;
            context.addIssue({ code: "custom", path: ["period"], message });
            return z.NEVER;
          }
          return { key, scope: chosen, policy, ...(period !== undefined && { periodMs: period }) };
        }),
    ],
    { error: "must be a key, or {key, scope, period, policy}" },
  )
  .meta({ id: "UniqueKey" });

/** Names that one running task holds at a time, whatever its type and arm. */
export const Mutex = z
  .union([KeyText.transform((name) => [name]), z.array(KeyText).min(1).max(MUTEX_MAX)], {
    error: `must be a name, or a list of 1 to ${MUTEX_MAX} names`,
  })
  .transform((names) => [...new Set(names)].toSorted());

/** The result may come from an earlier task of equal content. */
export const Cache = z
  .union(
    [
      z.literal(true).transform(() => ({})),
      z.strictObject({
        /** Stands for what runs, in place of the work itself. */
        key: KeyText.optional(),
        /** Values that the result depends on beside the work and its input. */
        inputs: JsonValue.optional(),
        /** Files that it depends on; their content counts. */
        files: z
          .union([
            z
              .string()
              .min(1)
              .transform((path) => [path]),
            z.array(z.string().min(1)).min(1).max(1000),
          ])
          .optional(),
        /** How long a result may be used. Default: as long as it is kept. */
        ttl: Period.optional(),
        /** Run anyway, and keep the result for others. */
        refresh: z.boolean().optional(),
      }),
    ],
    { error: "must be true, or {key, inputs, files, ttl, refresh}" },
  )
  .meta({ id: "Cache" });
export type Cache = {
  key?: string | undefined;
  inputs?: z.output<typeof JsonValue> | undefined;
  files?: string[] | undefined;
  ttl?: number | undefined;
  refresh?: boolean | undefined;
};

const AMOUNT_FORM = "must be an amount above 0, such as 0.5, 4 or 2GiB";
/** Units of one resource that a task may name, and the largest place of one. */
export const UNITS_MAX = 64;
const UNIT_INDEX_MAX = 1023;
const INDEX_FORM = `must be the place of a unit from 0 to ${UNIT_INDEX_MAX}, or a list of 1 to ${UNITS_MAX} that differ`;
const SHARE_FORM = "must be a share above 0 and up to 1, in thousandths";

const UnitIndex = z.int().min(0).max(UNIT_INDEX_MAX);

/** Certain units of a resource, by their places in the list of the worker: all of each, or a share of one. */
const CertainUnits = z
  .strictObject({
    index: z.union([UnitIndex.transform((one) => [one]), z.array(UnitIndex).min(1).max(UNITS_MAX)], {
      error: INDEX_FORM,
    }),
    share: z.number().optional(),
  })
  .transform(({ index, share = 1 }, context) => {
    const milli = Math.round(share * 1000);
    const refuse = (path: string, message: string): never => {
      context.addIssue({ code: "custom", path: [path], message });
      return z.NEVER;
    };
    if (new Set(index).size !== index.length) return refuse("index", INDEX_FORM);
    if (!(milli > 0 && milli <= 1000)) return refuse("share", SHARE_FORM);
    if (milli < 1000 && index.length > 1) return refuse("share", "goes with one unit: write {index: 0, share: 0.5}");
    return { milli: index.length * milli, units: index };
  });

const Amount = z.union([z.number(), z.string()], { error: AMOUNT_FORM }).transform((value, context) => {
  const milli = parseAmount(value);
  if (milli !== undefined) return { milli, units: undefined };
  context.addIssue({ code: "custom", message: AMOUNT_FORM });
  return z.NEVER;
});

/** What a task takes of its worker: amounts in thousandths, and certain units where any will not do. */
export interface ResourcesOf {
  amounts: Record<string, number>;
  units?: Record<string, number[]> | undefined;
}

/** Amounts by name. */
export const Resources = z
  .record(Name, z.union([CertainUnits, Amount], { error: AMOUNT_FORM }))
  .refine((all) => Object.keys(all).length <= 16, { error: "must name at most 16 resources" })
  .transform((all): ResourcesOf => {
    const entries = Object.entries(all);
    const amounts = Object.fromEntries(entries.map(([name, { milli }]) => [name, milli]));
    const certain = entries.flatMap(([name, { units }]) => (units === undefined ? [] : [[name, units] as const]));
    return certain.length === 0 ? { amounts } : { amounts, units: Object.fromEntries(certain) };
  })
  .meta({ id: "Resources" });

suggestKeys([
  "index",
  "share",
  "key",
  "limit",
  "per",
  "burst",
  "scope",
  "period",
  "policy",
  "inputs",
  "files",
  "ttl",
  "refresh",
]);
