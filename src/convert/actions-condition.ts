/** Conditions of GitHub Actions: what they ask of what ran before, apart from what they ask of values. */
import { Foreign } from "./actions-expression.ts";

export type Status = "success" | "always" | "failure";

export interface Condition {
  status: Status;
  /** What must be true beside it. */
  rest: string[];
}

/** The text of an `if`, with or without `${{ }}` around it. */
export function conditionOf(text: string): Condition {
  const inner = /^\s*\$\{\{([^]*)\}\}\s*$/.exec(text)?.[1] ?? text;
  if (inner.includes("${{")) throw new Foreign("it mixes text and expressions");
  const plain = inner.replace(/\s+/g, " ").trim();
  if (/^(success\(\) \|\| failure\(\)|failure\(\) \|\| success\(\)|! ?cancelled\(\)|always\(\))$/.test(plain))
    return { status: "always", rest: [] };
  const found: Condition = { status: "success", rest: [] };
  for (const part of splitAnd(plain)) {
    const status = /^(! ?)?(success|always|failure|cancelled)\(\)$/.exec(part);
    if (status === null) found.rest.push(part);
    else found.status = statusOf(status[2]!, status[1] !== undefined);
  }
  return found;
}

function statusOf(name: string, isNot: boolean): Status {
  if (name === "cancelled") {
    if (isNot) return "always";
    throw new Foreign("cancelled() has no counterpart in a task: write on: {cancel: …}");
  }
  if (!isNot) return name as Status;
  if (name === "success") return "failure";
  if (name === "failure") return "success";
  throw new Foreign("!always() is never true");
}

/** Parts between `&&` that stand outside of brackets and quotes. */
function splitAnd(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === "'") isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (char === "(" || char === "[") depth++;
    else if (char === ")" || char === "]") depth--;
    else if (depth === 0 && text.startsWith("||", at)) return [text];
    else if (depth === 0 && text.startsWith("&&", at)) {
      parts.push(text.slice(from, at).trim());
      from = at + 2;
      at++;
    }
  }
  return [...parts, text.slice(from).trim()].filter((part) => part !== "");
}
