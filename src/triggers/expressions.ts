/** `${{ event.… }}` in what a trigger starts: read and checked once, evaluated for each event. */
import { nearest } from "../base/nearest.ts";
import type { Json } from "../base/words.ts";
import type { TriggerKind } from "../protocol/trigger.ts";
import { ExpressionError, readExpression } from "../workflow/cel/cel.ts";
import { conditionOf, evaluateText, hasExpression, piecesOf } from "../workflow/expression.ts";
import { EVENT_FIELDS, type EventData } from "./event.ts";
import { invalid } from "./settings.ts";

/** Throws `invalid`, with the place, for an expression that is none or that names what no event of this kind has. */
export function checkText(text: string, kind: TriggerKind, where: string): void {
  if (!hasExpression(text)) return;
  withPlace(where, text, () => {
    for (const piece of piecesOf(text)) if (typeof piece !== "string") checkExpression(piece.expression, kind);
  });
}

/** The CEL text of a condition, checked. */
export function readCondition(text: string, kind: TriggerKind, where: string): string {
  return withPlace(where, text, () => {
    const condition = conditionOf(text);
    checkExpression(condition, kind);
    return condition;
  });
}

function checkExpression(text: string, kind: TriggerKind): void {
  for (const { path } of readExpression(text).references) {
    const [root, field] = path;
    if (root !== "event") {
      const words = `names ${root}, of which a trigger knows nothing: it knows event.${EVENT_FIELDS[kind].join(", event.")}`;
      throw new ExpressionError(words);
    }
    const fields = EVENT_FIELDS[kind];
    if (field === undefined || fields.includes(field)) continue;
    const near = nearest(field, fields);
    const hint = near === undefined ? "" : ` (did you mean event.${near}?)`;
    throw new ExpressionError(
      `names the unknown event.${field}${hint}; an event of a ${kind} has ${fields.join(", ")}`,
    );
  }
}

/** The value of a text in which expressions may stand. */
export function evaluate(text: string, event: EventData, where: string): Json {
  return withPlace(where, text, () => evaluateText(text, { event }));
}

/** Whether the condition holds. */
export function holds(condition: string, event: EventData, where: string): boolean {
  const value = withPlace(where, condition, () => readExpression(condition).evaluate({ event }));
  if (typeof value === "boolean") return value;
  throw invalid(where, `is ${JSON.stringify(value).slice(0, 80)}, and not true or false: ${condition}`);
}

function withPlace<T>(where: string, text: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw invalid(where, `${text.length > 120 ? `${text.slice(0, 117)}…` : text} ${error.message}`);
  }
}
