/**
 * Where a task may run, as a person says it. Labels are asked for in one line, as Kubernetes users write them:
 * `gpu == a100, zone in (attic, cellar), !spot, disk`. `=` is read as `==`.
 */
import { z } from "zod";
import { type LabelOp, PLACEMENTS } from "../base/words.ts";
import type { LabelTerm, Target as TargetRule } from "../core/asks.ts";
import { KeyText } from "./asks.ts";
import { Name } from "./common.ts";
import { suggestKeys } from "./parse.ts";

/** Names and values of labels: what Kubernetes allows, so that what people have fits. */
export const LABEL_NAME = /^[A-Za-z0-9]([A-Za-z0-9_./-]{0,126}[A-Za-z0-9])?$/;
export const LABEL_VALUE = /^[A-Za-z0-9_.:/+-]{0,128}$/;
/** Terms of one selector, and values of one term. */
export const TERMS_MAX = 16;
export const VALUES_MAX = 64;
export const PREFERENCES_MAX = 16;

const SELECTOR_FORM =
  "must be terms with commas between them: `gpu`, `!spot`, `os == linux`, `os != windows`, `zone in (a, b)`, `zone not in (a, b)`";

/** The terms of a selector, or what is wrong with it. */
export function parseSelector(text: string): LabelTerm[] | string {
  // Commas inside of parentheses do not end a term.
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  if (parts.length > TERMS_MAX) return `must have at most ${TERMS_MAX} terms`;
  const terms: LabelTerm[] = [];
  for (const part of parts) {
    const term = parseTerm(part);
    if (typeof term === "string") return term;
    terms.push(term);
  }
  return terms;
}

function parseTerm(text: string): LabelTerm | string {
  const set = /^(\S+)\s+(in|not\s*in|notin)\s*\(([^()]*)\)$/i.exec(text);
  if (set !== null) {
    const op: LabelOp = set[2]!.toLowerCase() === "in" ? "in" : "not in";
    return term(
      set[1]!,
      op,
      set[3]!.split(",").map((value) => value.trim()),
    );
  }
  const compared = /^([^\s=!]+)\s*(==|=|!=)\s*(.*)$/.exec(text);
  if (compared !== null) return term(compared[1]!, compared[2] === "!=" ? "!=" : "==", [compared[3]!.trim()]);
  const lone = /^(!?)\s*(\S+)$/.exec(text);
  if (lone !== null) return term(lone[2]!, lone[1] === "!" ? "not exists" : "exists", []);
  return `${SELECTOR_FORM}; not ${JSON.stringify(text)}`;
}

function term(label: string, op: LabelOp, values: readonly string[]): LabelTerm | string {
  if (!LABEL_NAME.test(label))
    return `names no label with ${JSON.stringify(label)}: a label has letters, digits and _ . / -`;
  if (values.length > VALUES_MAX) return `must name at most ${VALUES_MAX} values of ${label}`;
  const odd = values.find((value) => !LABEL_VALUE.test(value) || value === "");
  if (odd !== undefined)
    return `compares ${label} with ${JSON.stringify(odd)}: a value has letters, digits and _ . : / + -`;
  return { label, op, values };
}

/** The selector as a person would write it. */
export function selectorText(terms: readonly LabelTerm[]): string {
  return terms.map(termText).join(", ");
}

export function termText({ label, op, values }: LabelTerm): string {
  if (op === "exists") return label;
  if (op === "not exists") return `!${label}`;
  return op === "in" || op === "not in" ? `${label} ${op} (${values.join(", ")})` : `${label} ${op} ${values[0]}`;
}

/** A selector in one line, or the labels that a worker must have: `{os: linux}`. */
export const Selector = z
  .union(
    [
      z.string().transform((text, context) => {
        const terms = parseSelector(text);
        if (typeof terms !== "string") return terms;
        context.addIssue({ code: "custom", message: terms });
        return z.NEVER;
      }),
      z
        .record(z.string().regex(LABEL_NAME), z.union([z.string(), z.number(), z.boolean()]).transform(String))
        .transform((labels) =>
          Object.entries(labels).map(([label, value]): LabelTerm => ({ label, op: "==", values: [value] })),
        ),
    ],
    { error: SELECTOR_FORM },
  )
  .meta({ id: "Selector" });

const Preference = z
  .union(
    [
      Selector.transform((labels) => ({ labels, weight: 1 })),
      z.strictObject({ labels: Selector, weight: z.int().min(-100).max(100).default(1) }),
    ],
    { error: "must be a selector, or {labels, weight} with a weight from -100 to 100" },
  )
  .meta({ id: "Preference" });

/** What runs on every worker that fits, in place of a name. */
export const ALL_WORKERS = "ALL";
/** The same as no name at all. */
export const ANY_WORKER = "Anyone";

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
        spread: z.string().regex(LABEL_NAME).optional(),
        policy: z.enum(PLACEMENTS).optional(),
        /** Rather where what it needs ran. */
        near: z.literal(true, { error: "must be true, or be left out" }).optional(),
      }),
    ],
    { error: "must be the name of a worker, or {worker, labels, prefer, apart, spread, policy, near}" },
  )
  .meta({ id: "Target" });
export type TargetSubmission = z.input<typeof TargetSubmission>;

/** A target after validation, without what it does not say. */
export interface TargetSpec extends TargetRule {
  worker?: string | undefined;
}

suggestKeys(["worker", "labels", "prefer", "apart", "spread", "policy", "near", "weight"]);
