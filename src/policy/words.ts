/**
 * What the words of a command are, as far as its text says: quotes, escapes and braces taken away, variables that are known
 * put in. What only the shell will know stands as `UNKNOWN` in the text.
 */
import type { ParameterExpansionPart, ParsedScript, Word, WordPart } from "unbash";
import { UNKNOWN } from "./paths.ts";

/** Ends a word where the value of a variable that is not quoted holds white space. */
const SPLIT = "\u0001";
/** Words that one word in braces may become. */
const BRACES_MAX = 256;
const DEPTH_MAX = 20;
/** Values grow when variables hold others, and so do the words that they stand in. */
const VALUE_MAX = 4096;
const WORD_MAX = 64 * 1024;

export interface ReadWord {
  /** What it becomes: mostly one. */
  texts: string[];
  /** Commands in it whose output stands in it, or that it names as files. */
  scripts: ParsedScript[];
}

/** Values by name: text, or undefined where somebody has set what is not known. */
export type Variables = ReadonlyMap<string, string | undefined>;

export function readWord({ parts, value }: Word, variables: Variables): ReadWord {
  if (parts === undefined) return { texts: [value], scripts: [] };
  const scripts: ParsedScript[] = [];
  const texts = joined(parts, { variables, scripts, depth: 0 });
  return { texts: texts.flatMap((text) => (text.includes(SPLIT) ? splitted(text) : [text])), scripts };
}

/** The text of a here-document or the like, which is one word whatever stands in it. */
export function readParts(parts: readonly WordPart[], variables: Variables): ReadWord {
  const scripts: ParsedScript[] = [];
  const [text = ""] = joined(parts, { variables, scripts, depth: 0 });
  return { texts: [text.replaceAll(SPLIT, " ")], scripts };
}

interface Reading {
  variables: Variables;
  scripts: ParsedScript[];
  depth: number;
}

function splitted(text: string): string[] {
  return text.split(SPLIT).filter((part) => part !== "");
}

function joined(parts: readonly WordPart[], reading: Reading): string[] {
  let texts = [""];
  for (const part of parts) {
    const ends = textsOf(part, reading);
    if (texts[0]!.length > WORD_MAX) return texts.map((text) => text + UNKNOWN);
    if (ends.length === 1) texts = texts.map((text) => text + ends[0]!);
    else if (texts.length * ends.length > BRACES_MAX) texts = texts.map((text) => text + UNKNOWN);
    else texts = texts.flatMap((text) => ends.map((end) => text + end));
  }
  return texts;
}

function textsOf(part: WordPart, reading: Reading): string[] {
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
      return [part.value];
    case "DoubleQuoted":
    case "LocaleString":
      return [joined(part.parts, reading).join(" ").replaceAll(SPLIT, " ")];
    case "SimpleExpansion":
      return [known(part.text.slice(1), reading.variables)];
    case "ParameterExpansion":
      return [parameter(part, reading)];
    case "CommandExpansion":
    case "ProcessSubstitution":
      if (part.script !== undefined) reading.scripts.push(part.script);
      return [UNKNOWN];
    case "Glob":
      return [part.text];
    case "BraceExpansion":
      return braces(part.text);
    case "ArithmeticExpansion":
    case "ExtendedGlob":
      return [UNKNOWN];
  }
}

function known(name: string, variables: Variables): string {
  if (name === "IFS" && !variables.has("IFS")) return SPLIT;
  const value = variables.get(name);
  return value === undefined ? UNKNOWN : value.slice(0, VALUE_MAX).replace(/[ \t\n]+/g, SPLIT);
}

/** `${X}`, and of the others those whose value can be told. */
function parameter({ parameter: name, prefix, index, operation }: ParameterExpansionPart, reading: Reading): string {
  const { variables, depth } = reading;
  const isSet = variables.get(name) !== undefined;
  if (operation?.type === "Default" && depth < DEPTH_MAX) {
    const { parts, value } = operation.operand;
    const inner = { ...reading, depth: depth + 1 };
    const other = parts === undefined ? value : joined(parts, inner).join(" ");
    if (operation.operator.endsWith("+")) return isSet ? other : UNKNOWN;
    // What stands there for a variable that is not set is what it is then.
    if (!operation.operator.endsWith("?") && !isSet) return other;
  } else if (operation !== undefined) return UNKNOWN;
  return prefix === undefined && index === undefined ? known(name, variables) : UNKNOWN;
}

/** `{a,b}`; what counts up, or has braces in it, is not known. */
function braces(text: string): string[] {
  const inner = text.slice(1, -1);
  if (!inner.includes(",") || /[{}"'\\$`]/.test(inner)) return [UNKNOWN];
  const items = inner.split(",");
  return items.length > BRACES_MAX ? [UNKNOWN] : items;
}
