/**
 * The quick way for workflow files in JSON, which programs write: a hundred thousand tasks in a fraction of the time that a
 * YAML parser takes. What is out of the ordinary goes the long way, which knows lines and columns.
 */
import type { Json } from "../base/words.ts";

/** Largest file in JSON, in characters. */
const JSON_MAX = 40 * 1024 * 1024;

/** Deepest nesting; deeper is refused on the long way. */
const DEPTH_MAX = 200;

/** The value of the text, or undefined when it is not JSON, has a key twice, or anything else that has to be told. */
export function readJson(text: string): Json | undefined {
  if (!/^\s*\{/.test(text.slice(0, 1000)) || text.length > JSON_MAX || text.includes("__proto__")) return undefined;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  // `JSON.parse` lets the last of two equal keys win without a word: then there are fewer keys than were written.
  const keys = countKeys(value, 0);
  return keys !== undefined && keys === countWritten(text) && !text.includes("\\u005") ? value : undefined;
}

/** Keys of all mappings; undefined when they are nested too deeply. */
function countKeys(value: Json, depth: number): number | undefined {
  if (typeof value !== "object" || value === null) return 0;
  if (depth > DEPTH_MAX) return undefined;
  let count = 0;
  if (Array.isArray(value)) {
    for (const one of value) {
      const inner = countKeys(one, depth + 1);
      if (inner === undefined) return undefined;
      count += inner;
    }
    return count;
  }
  for (const key in value) {
    const inner = countKeys(value[key]!, depth + 1);
    if (inner === undefined) return undefined;
    count += inner + 1;
  }
  return count;
}

/** Keys as they are written: texts that a colon follows. The text is valid JSON. */
function countWritten(text: string): number {
  let count = 0;
  let at = text.indexOf('"');
  while (at >= 0) {
    let end = text.indexOf('"', at + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    let next = end + 1;
    while (text.charCodeAt(next) <= 32) next++;
    if (text.charCodeAt(next) === 58) count++;
    at = text.indexOf('"', next);
  }
  return count;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === 92) before--;
  return (at - before) % 2 === 0;
}
