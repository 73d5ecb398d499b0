/**
 * What is asked of the labels of a worker, in one line as Kubernetes users write it: `gpu == a100, zone in (attic, cellar),
 * !spot, disk`. `=` is read as `==`.
 *
 * SE1  What `selectorText` writes, `parseSelector` reads as the same terms.
 */
import { z } from "zod";
import { LABEL_NAME, LABEL_VALUE } from "../base/label-form.ts";
import type { LabelOp } from "../base/words.ts";
import type { LabelTerm } from "../core/asks.ts";

/** Terms of one selector, and values of one term. */
export const TERMS_MAX = 16;
export const VALUES_MAX = 64;

const SELECTOR_FORM =
  "must be terms with commas between them: `gpu`, `!spot`, `os == linux`, `os != windows`, `zone in (a, b)`, `zone not in (a, b)`";

/** The terms of a selector, or what is wrong with it. */
export function parseSelector(text: string): LabelTerm[] | string {
  const parts = partsOf(text);
  if (parts.length > TERMS_MAX) return `must have at most ${TERMS_MAX} terms`;
  const terms: LabelTerm[] = [];
  for (const part of parts) {
    const term = parseTerm(part.trim());
    // Whoever shows what is wrong adds the whole of what was said.
    if (term === undefined)
      return parts.length === 1 ? SELECTOR_FORM : `${SELECTOR_FORM}; ${JSON.stringify(part.trim())} is none`;
    if (typeof term === "string") return term;
    terms.push(term);
  }
  return terms;
}

/** Between the commas; those inside of parentheses do not end a term. One more than may be is enough to see. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let inside = false;
  for (let at = 0; at < text.length && parts.length <= TERMS_MAX; at++) {
    const char = text[at];
    if (char === "(") inside = true;
    else if (char === ")") inside = false;
    else if (char === "," && !inside) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function parseTerm(text: string): LabelTerm | string | undefined {
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
  return undefined;
}

function term(label: string, op: LabelOp, values: readonly string[]): LabelTerm | string {
  if (!LABEL_NAME.test(label))
    return `names no label with ${JSON.stringify(label)}: a label has letters, digits and _ . / -`;
  if (values.length > VALUES_MAX) return `must name at most ${VALUES_MAX} values of ${label}`;
  const odd = values.find((value) => !LABEL_VALUE.test(value) || value === "");
  if (odd === "") return `must say which value of ${label}: "${label} == attic", or "${label}" for any`;
  if (odd !== undefined) {
    const form = `has the value ${JSON.stringify(odd)} for ${label}, and a value has letters, digits and _ . : / + -`;
    return form + hintOn(odd);
  }
  return { label, op, values };
}

/** What somebody who writes other languages will have meant. */
function hintOn(odd: string): string {
  if (/&&|\sand\s/i.test(odd)) return "; a comma stands between terms that must all hold";
  if (/\|\||\sor\s/i.test(odd)) return "; one of several values is `zone in (a, b)`";
  if (odd.startsWith("=")) return "; equal is `==`";
  if (/^(["']).*\1$/.test(odd)) return "; it has no quotes";
  return /\s/.test(odd) ? "; a comma stands between terms" : "";
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

const LabelValue = z.union([z.string(), z.number(), z.boolean()]);
/** By label the value that a worker must have, or those of which it must have one. */
export const LabelMapping = z.record(z.string(), z.union([LabelValue, z.array(LabelValue).min(1)]));
export type LabelMapping = z.output<typeof LabelMapping>;

function mappedTerms(labels: LabelMapping): LabelTerm[] | string {
  const terms: LabelTerm[] = [];
  for (const [label, value] of Object.entries(labels)) {
    const read = Array.isArray(value) ? term(label, "in", value.map(String)) : term(label, "==", [String(value)]);
    if (typeof read === "string") return read;
    terms.push(read);
  }
  if (terms.length === 0) return "must name a label";
  return terms.length > TERMS_MAX ? `must have at most ${TERMS_MAX} terms` : terms;
}

/** How a selector may be said. */
export const SELECTOR_WORDS = { error: `${SELECTOR_FORM}; or a mapping of labels to values` };

/** The terms of what was said; what is wrong with it goes to the context. */
export function readSelector(said: string | LabelMapping, context: z.RefinementCtx): LabelTerm[] {
  const terms = typeof said === "string" ? parseSelector(said) : mappedTerms(said);
  if (typeof terms !== "string") return terms;
  context.addIssue({ code: "custom", message: terms });
  return z.NEVER;
}

/** A selector in one line, or the labels that a worker must have: `{os: linux, zone: [attic, cellar]}`. */
export const Selector = z
  .union([z.string(), LabelMapping], SELECTOR_WORDS)
  .transform(readSelector)
  .meta({ id: "Selector" });
