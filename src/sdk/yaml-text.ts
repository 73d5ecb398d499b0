/**
 * Plain JSON as YAML that a person would write: block mappings, short lists in one line, commands of several lines after `|`.
 * Only writing: the parser of the compiler is several megabytes, and a program that prints a workflow does not need it.
 *
 * YT1  Whatever is written reads back as the same value, by any reader of YAML 1.2.
 */
import type { Json } from "../base/words.ts";

/** Longest list of plain values that stands in one line. */
const LINE_MAX = 100;

/** Words that are no text when they stand without quotes, also for readers of YAML 1.1. */
const NOT_TEXT = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** Text that means itself without quotes, wherever it stands. */
const PLAIN = /^(?:[A-Za-z_/](?:[\w./-]|:(?=[\w/]))*(?: (?:[\w./-]|:(?=[\w/]))+)*|\d+(?:ms|s|m|h|d))$/;

/** What YAML does not allow as it is, also between quotes. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** The text of a document that holds `value`. */
export function yamlText(value: Json): string {
  return `${block(value, "").replace(/^\n/, "")}\n`;
}

/** What stands behind `key:` or `-`, with the space or the line break before it left out where it begins with one. */
function block(value: Json, indent: string): string {
  if (typeof value === "string") return text(value, indent);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    const flat = flowList(value);
    if (flat !== undefined && indent.length + flat.length <= LINE_MAX) return flat;
    return value.map((one) => `\n${indent}- ${inItem(one, indent)}`).join("");
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  return entries.map(([key, one]) => `\n${indent}${keyText(key)}:${behindKey(one, indent)}`).join("");
}

function behindKey(value: Json, indent: string): string {
  const written = block(value, `${indent}  `);
  return written.startsWith("\n") ? written : ` ${written}`;
}

/** A mapping begins in the line of its dash. */
function inItem(value: Json, indent: string): string {
  const written = block(value, `${indent}  `);
  return written.startsWith("\n") ? written.slice(indent.length + 3) : written;
}

function flowList(list: readonly Json[]): string | undefined {
  const simple = list.every((one) => typeof one !== "object" && (typeof one !== "string" || one.length <= LINE_MAX));
  return simple
    ? `[${list.map((one) => (typeof one === "string" ? quoted(one) : JSON.stringify(one))).join(", ")}]`
    : undefined;
}

function text(value: string, indent: string): string {
  if (!value.includes("\n") || !fitsBlock(value)) return quoted(value);
  const body = value.replace(/\n+$/, "");
  const trailing = value.length - body.length;
  const chomp = trailing === 0 ? "-" : trailing === 1 ? "" : "+";
  const lines = body.split("\n").map((line) => (line === "" ? "" : indent + line));
  return [`|${chomp}`, ...lines, ...Array<string>(Math.max(0, trailing - 1)).fill("")].join("\n");
}

/** A block of lines ends with its indentation, so that lines of nothing but space and a first line with space are in doubt. */
function fitsBlock(value: string): boolean {
  const lines = value.split("\n");
  if (/[\u0000-\u0008\u000b-\u001f]/.test(value) || value.search(UNPRINTABLE) >= 0 || !value.isWellFormed())
    return false;
  return /^[^\s]/.test(lines[0]!) && lines.every((line) => line === "" || line.trim() !== "");
}

function keyText(key: string): string {
  return quoted(key);
}

function quoted(value: string): string {
  if (PLAIN.test(value) && !NOT_TEXT.test(value)) return value;
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(UNPRINTABLE, escaped);
}
