/** Where a task may run, as a person says it. */
import { z } from "zod";
import { type Json, PLACEMENTS } from "../base/words.ts";
import type { Target as TargetRule } from "../core/asks.ts";
import { KeyText } from "./asks.ts";
import { Name } from "./common.ts";
import { JsonValue } from "./json.ts";
import { findingsOf, suggestKeys } from "./parse.ts";
import { LABEL_NAME } from "../base/label-form.ts";
import { LabelMapping, readSelector, Selector, SELECTOR_WORDS, selectorText } from "./selector.ts";

export const PREFERENCES_MAX = 16;
const WEIGHT_MAX = 100;
const PREFERENCE_FORM = `must be a selector, or {labels, weight} with a weight from -${WEIGHT_MAX} to ${WEIGHT_MAX}`;

/** With a weight it is told from a mapping by its key `labels`. */
const Preference = z
  .union(
    [
      z.strictObject({
        labels: Selector,
        weight: z.int().min(-WEIGHT_MAX).max(WEIGHT_MAX).default(1),
      }),
      z
        .union([z.string(), LabelMapping.refine((labels) => !Object.hasOwn(labels, "labels"))], SELECTOR_WORDS)
        .transform((said, context) => ({ labels: readSelector(said, context), weight: 1 })),
    ],
    { error: PREFERENCE_FORM },
  )
  .meta({ id: "Preference" });

/** What runs on every worker that fits, in place of a name. */
export const ALL_WORKERS = "ALL";
/** The same as no name at all. */
const ANY_WORKER = "anyone";

/** People write these words in any case. */
export function isAllWorkers(name: unknown): boolean {
  return typeof name === "string" && name.toUpperCase() === "ALL";
}

export function isAnyWorker(name: unknown): boolean {
  return typeof name === "string" && name.toLowerCase() === ANY_WORKER;
}

const TARGET_FORM = "must be the name of a worker, or {worker, labels, prefer, apart, spread, policy, near}";

/** On the command line `--target` is a selector, so people write one here, too. */
function isSelector(said: unknown): boolean {
  return typeof said === "string" && /[\s=!(),]/.test(said);
}

/** Where a task may run, and where it would rather run. */
export const TargetSubmission = z
  .union(
    [
      Name.transform((worker) => ({ worker })),
      z.strictObject({
        /** The only worker that may run it; `ALL` = each that is online and fits, `Anyone` = any. */
        worker: Name.optional(),
        /** What the worker must be. */
        labels: Selector.optional(),
        /** What it had better be. */
        prefer: z
          .union([Preference.transform((one) => [one]), z.array(Preference).min(1).max(PREFERENCES_MAX)], {
            error: `must be a preference, or a list of 1 to ${PREFERENCES_MAX}`,
          })
          .optional(),
        /** No two tasks with this key are on one worker at once. */
        apart: KeyText.optional(),
        /** Spread evenly over the values of this label; `worker` = over the workers. */
        spread: z.string().regex(LABEL_NAME, { error: "must be the name of a label, or worker" }).optional(),
        policy: z.enum(PLACEMENTS).optional(),
        /** Rather where what it needs ran. */
        near: z.literal(true, { error: "must be true, or be left out" }).optional(),
      }),
    ],
    {
      error: ({ input }) => TARGET_FORM + (isSelector(input) ? "; what labels it must have stands in its labels" : ""),
    },
  )
  .meta({ id: "Target" });
export type TargetSubmission = z.input<typeof TargetSubmission>;

/** A target that is handed on as it was written: it is read with the tasks that it is for. */
export const WrittenTarget = JsonValue.superRefine((value, context) => {
  const parsed = TargetSubmission.safeParse(value);
  if (parsed.success) return;
  for (const { path, message } of findingsOf(parsed.error, value))
    context.addIssue({ code: "custom", path, message: message.replace(/, not [^,]*$/, "") });
});

/** A target after validation, without what it does not say; its worker stands beside it. */
export type TargetSpec = TargetRule;

/** What a task says of its place. */
export interface Placed {
  worker?: string | undefined;
  target?: TargetSpec | undefined;
}

/**
 * What `worker` and `target` say together: one name or none (`ALL` stays as it is), and a target that says something. A text
 * is what is wrong.
 */
export function placed(
  worker: string | undefined,
  target: z.output<typeof TargetSubmission> | undefined,
): Placed | string {
  const { worker: said, ...rest } = target ?? {};
  const [name, other] = [nameOf(said ?? worker), nameOf(worker ?? said)];
  if (name !== other) return `says worker ${said}, and beside it stands worker ${worker}: say it once`;
  const out: Placed = {};
  if (name !== undefined) out.worker = name;
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined);
  if (fields.length > 0) out.target = Object.fromEntries(fields);
  return out;
}

function nameOf(worker: string | undefined): string | undefined {
  if (worker === undefined || isAnyWorker(worker)) return undefined;
  return isAllWorkers(worker) ? ALL_WORKERS : worker;
}

/** The target as a person would write it. */
export function targetText(target: TargetRule): Record<string, Json> {
  const { labels, prefer, ...rest } = target;
  return {
    ...(labels !== undefined && { labels: selectorText(labels) }),
    ...(prefer !== undefined && {
      prefer: prefer.map(({ labels: terms, weight }) => ({ labels: selectorText(terms), weight })),
    }),
    ...(rest as Record<string, Json>),
  };
}

suggestKeys(["worker", "labels", "prefer", "apart", "spread", "policy", "near", "weight"]);
