/** Keys about what a task waits for beside what it needs: a person, and files of other tasks. */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { duration } from "./conditions.ts";
import { ExpressionError, readExpression, type Root } from "./cel/cel.ts";
import { hasExpression, piecesOf } from "./expression.ts";
import { evaluated, isMapping, type KeyReader, type Place, readKeys, tell } from "./keys.ts";
import { ITEM_ROOTS, TASK_ROOTS } from "./names.ts";

const ASKED_ONCE =
  "names one item, and is asked once for all of them, before there are members: leave the item out, or let each member " +
  "be a workflow that asks";

export const APPROVAL_KEYS: Readonly<Record<string, KeyReader>> = {
  message: (value, key, place) => {
    if (typeof value !== "string") return tell(place, key, `must be text, not ${show(value)}`);
    const { isEach, isQuestion } = place.task!;
    const asksMembers = isEach && isQuestion;
    if (isEach && !asksMembers && namesItem(value)) return tell(place, key, ASKED_ONCE);
    const read = evaluated(value, key, { ...place, roots: asksMembers ? place.roots : TASK_ROOTS });
    if (read !== undefined) place.draft[key] = typeof read === "string" ? read : JSON.stringify(read);
  },
  timeout: (value, key, place) => {
    const ms = duration(value, key, place);
    if (ms !== undefined) place.draft["timeoutMs"] = ms;
  },
  onTimeout: (value, key, place) => {
    if (value === "reject" || value === "approve") place.draft[key] = value;
    else tell(place, key, `must be reject or approve, not ${show(value)}`);
  },
};

function namesItem(text: string): boolean {
  if (!hasExpression(text)) return false;
  try {
    const expressions = piecesOf(text).filter((piece) => typeof piece !== "string");
    const named = expressions.flatMap(({ expression }) => readExpression(expression).references);
    return named.some(({ path: [root] }) => ITEM_ROOTS.has(root as Root));
  } catch (error) {
    if (error instanceof ExpressionError) return false; // That is told where it is evaluated.
    throw error;
  }
}

export function readApproval(value: Json, key: string, place: Place): void {
  if (value === false) return;
  const inner: Place = { ...place, draft: {} };
  if (typeof value === "string") APPROVAL_KEYS["message"]!(value, key, inner);
  else if (isMapping(value)) readKeys(value, APPROVAL_KEYS, { ...inner, path: [...place.path, key] });
  else if (value !== true) {
    return tell(place, key, `must be true, a message, or {message, timeout, onTimeout}, not ${show(value)}`);
  }
  const message =
    typeof value === "string" ? (inner.draft["approval"] ?? inner.draft["message"]) : inner.draft["message"];
  const { timeoutMs, onTimeout } = inner.draft;
  place.task!.node.approval = {
    ...(message !== undefined && { message: message as string }),
    ...(timeoutMs !== undefined && { timeoutMs: timeoutMs as number }),
    ...(onTimeout !== undefined && { onTimeout: onTimeout as "reject" | "approve" }),
  };
}

export const INPUT_KEYS: Readonly<Record<string, KeyReader>> = {
  from: readInputText,
  path: readInputText,
  to: readInputText,
};

function readInputText(value: Json, key: string, place: Place): void {
  if (typeof value === "string" && value !== "" && !hasExpression(value)) place.draft[key] = value;
  else tell(place, key, `must be text without \${{ }}, not ${show(value)}`);
}

export function readArtifacts(value: Json, key: string, place: Place): void {
  const task = place.task!;
  const list = Array.isArray(value) ? value : [value];
  for (const [index, one] of list.entries()) {
    const keys = Array.isArray(value) ? [index] : [];
    const draft: Record<string, unknown> = {};
    if (typeof one === "string") draft["from"] = one;
    else if (isMapping(one)) readKeys(one, INPUT_KEYS, { ...place, path: [...place.path, key, ...keys], draft });
    else tell(place, key, `must be the name of a task, or {from, path, to}, not ${show(one)}`, keys);
    const { from, path, to } = draft as { from?: string; path?: string; to?: string };
    if (from === undefined) {
      if (isMapping(one) && !("from" in one)) tell(place, key, "must say from which task: {from, path, to}", keys);
      continue;
    }
    const at = [...place.path, key, ...keys, ...(isMapping(one) ? ["from"] : [])];
    if (!place.scope.tasks.has(from)) {
      const near = place.document.problems.suggest(from, place.scope.tasks.all());
      tell(place, key, `names the unknown task ${JSON.stringify(from)}${near}`, at.slice(place.path.length + 1));
      continue;
    }
    if (to !== undefined && (to.startsWith("/") || to.split(/[\\/]/).includes(".."))) {
      tell(place, key, `must be a path below the folder of inputs, not ${show(to)}`, [...keys, "to"]);
      continue;
    }
    task.references.push({ task: from, field: "artifacts", output: undefined, path: at });
    (task.node.inputs ??= []).push({ from, ...(path !== undefined && { path }), ...(to !== undefined && { to }) });
  }
}
