/**
 * The command of `octopus parallel` with its replacement strings: `{}`, `{.}`, `{/}`, `{//}`, `{/.}`, the same with the
 * number of an argument (`{2}`, `{-1/}`), `{#}` and `{%}`. Pure.
 *
 * T1  A value is quoted, whatever it holds; only text of the command itself is read by the shell.
 */
import { usage } from "../read.ts";
import { quoteWord } from "./quote.ts";

export interface Template {
  /** `slot`: the place in which it runs, from 1. */
  expand(values: readonly string[], seq: number, slot: number): string;
}

export interface TemplateOptions {
  /** Each word of the command is one word, whatever it holds (`-q`). */
  quote?: boolean;
  /** Stands for `{}` (`-I`). */
  replace?: string;
  /** How several values stand in one command: in the place of `{}`, or the word around it for each of them (`-X`). */
  context?: boolean;
  /** For a text that no shell reads: values as they are. */
  raw?: boolean;
}

type Change = (value: string) => string;
type Part = string | { about: "seq" | "slot" } | { about: "value"; at: number | undefined; change: Change };

const CHANGES: Readonly<Record<string, Change>> = {
  "": (value) => value,
  ".": withoutExtension,
  "/": baseName,
  "//": folderName,
  "/.": (value) => withoutExtension(baseName(value)),
};

/** Without words, each value is a command itself. */
export function createTemplate(words: readonly string[], options: TemplateOptions = {}): Template {
  const perl = words.find((word) => /\{-?\d*=.*=\}/.test(word));
  if (perl !== undefined) throw usage(`Perl in a replacement string, {= … =}, is not known here: ${perl}`);
  if (words.length === 0) return { expand: (values) => values.join(" ") };
  if (options.quote === true) return quotedTemplate(words, options);
  const text = words.join(" ");
  const parts = partsOf(text, options.replace);
  if (!parts.some((part) => typeof part !== "string"))
    parts.push(" ", { about: "value", at: undefined, change: String });
  const change = options.raw === true ? String : quoteWord;
  if (options.context !== true) return { expand: (values, seq, slot) => fill(parts, values, { seq, slot }, change) };
  const pieces = wordsOf(parts);
  return {
    expand: (values, seq, slot) => pieces.map((piece) => expandWord(piece, values, { seq, slot })).join(""),
  };
}

interface Place {
  seq: number;
  slot: number;
}

/** Every word is filled first and quoted then, so that a value in the middle of one stays in it. */
function quotedTemplate(words: readonly string[], { replace }: TemplateOptions): Template {
  const all = words.map((word) => partsOf(word, replace));
  const isFilled = all.some((parts) => parts.some((part) => typeof part !== "string"));
  return {
    expand(values, seq, slot) {
      const filled = all.map((parts) =>
        // A word that is all of the values is as many words.
        parts.length === 1 && isAll(parts[0]!)
          ? fill(parts, values, { seq, slot }, quoteWord)
          : quoteWord(fill(parts, values, { seq, slot }, String)),
      );
      return [...filled, ...(isFilled ? [] : values.map(quoteWord))].join(" ");
    },
  };
}

function isAll(part: Part): boolean {
  return typeof part !== "string" && part.about === "value" && part.at === undefined;
}

const TOKEN = /\{(?:([#%])|(-?\d+)?(\/\.|\/\/|\.|\/)?)\}/g;

function partsOf(text: string, replace: string | undefined): Part[] {
  const parts: Part[] = [];
  const addText = (from: string): void => void (from !== "" && parts.push(from));
  const addTokens = (from: string): void => {
    let end = 0;
    for (const found of from.matchAll(TOKEN)) {
      // Where another string stands for it, {} is text.
      if (found[0] === "{}" && replace !== undefined) continue;
      addText(from.slice(end, found.index));
      end = found.index + found[0].length;
      parts.push(tokenOf(found));
    }
    addText(from.slice(end));
  };
  const pieces = replace === undefined || replace === "" ? [text] : text.split(replace);
  pieces.forEach((piece, i) => {
    if (i > 0) parts.push({ about: "value", at: undefined, change: String });
    addTokens(piece);
  });
  return parts;
}

function tokenOf([, about, at, change]: RegExpExecArray): Part {
  if (about !== undefined) return { about: about === "#" ? "seq" : "slot" };
  return { about: "value", at: at === undefined ? undefined : Number(at), change: CHANGES[change ?? ""]! };
}

function fill(parts: readonly Part[], values: readonly string[], place: Place, quote: Change): string {
  let text = "";
  for (const part of parts) {
    if (typeof part === "string") text += part;
    else if (part.about !== "value") text += String(part.about === "seq" ? place.seq : place.slot);
    else if (part.at === undefined) text += values.map((value) => quote(part.change(value))).join(" ");
    else {
      const value = part.at < 0 ? values.at(part.at) : values[part.at - 1];
      if (value !== undefined) text += quote(part.change(value));
    }
  }
  return text;
}

/** The words of the command and the space between them, each as its parts. */
function wordsOf(parts: readonly Part[]): Part[][] {
  const words: Part[][] = [[]];
  for (const part of parts) {
    if (typeof part !== "string") {
      words.at(-1)!.push(part);
      continue;
    }
    for (const piece of part.split(/(\s+)/)) {
      if (piece === "") continue;
      if (/^\s/.test(piece)) words.push([piece], []);
      else words.at(-1)!.push(piece);
    }
  }
  return words;
}

/** `x{}y` becomes `xay xby`. */
function expandWord(parts: readonly Part[], values: readonly string[], place: Place): string {
  if (!parts.some(isAll)) return fill(parts, values, place, quoteWord);
  return values.map((value) => fill(parts, [value], place, quoteWord)).join(" ");
}

function withoutExtension(value: string): string {
  return value.replace(/\.[^/.]*$/, "");
}

function baseName(value: string): string {
  return value.slice(value.lastIndexOf("/") + 1);
}

function folderName(value: string): string {
  const path = value.replace(/\/+$/, "");
  if (path === "") return value === "" ? "." : "/";
  const folder = path.slice(0, path.lastIndexOf("/") + 1).replace(/\/+$/, "");
  if (folder !== "") return folder;
  return path.startsWith("/") ? "/" : ".";
}
