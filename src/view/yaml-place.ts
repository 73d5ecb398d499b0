/**
 * Where in a YAML text the caret stands: under which keys, and whether a key or a value is being written. By indentation,
 * not by a parser: a text that is being typed is wrong most of the time.
 */

export interface YamlPlace {
  /** Keys that lead there; 0 for an item of a list. */
  path: (string | number)[];
  /** What is written there; `text`: inside a block of text or a comment, where nothing is known. */
  kind: "key" | "value" | "text";
  /** What stands there up to the caret. */
  word: string;
  /** Where the word begins. */
  from: number;
}

interface Line {
  /** Column of its key or value, after dashes. */
  column: number;
  /** Columns of dashes before it. */
  dashes: number[];
  key: string | undefined;
  value: string;
}

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s:{}[\],&*#?|>@`"'-][^:#]*?|-[^\s:][^:#]*?)\s*:(?:\s+|$)(.*)$/;
/** Lines that are looked at above the caret. */
const LINES_MAX = 5000;

export function yamlPlace(text: string, offset: number): YamlPlace {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(start, offset);
  const line = readLine(before);
  const rest = before.slice(line.column);
  const { path, isText } = above(text.slice(0, start), line);
  if (isText || isComment(before)) return { path, kind: "text", word: "", from: offset };
  if (line.key === undefined && !/^[[{]/.test(rest))
    return { path, kind: "key", word: rest, from: offset - rest.length };
  const value = line.key === undefined ? rest : line.value;
  if (line.key !== undefined) path.push(line.key);
  return /^[[{]/.test(value)
    ? flowPlace(value, path, offset)
    : { path, kind: "value", word: value, from: offset - value.length };
}

/** The place of the key that stands at the offset, wherever in it the offset is; undefined when there is none. */
export function yamlKeyAt(
  text: string,
  offset: number,
): { path: (string | number)[]; from: number; to: number } | undefined {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", offset);
  const whole = text.slice(start, end === -1 ? undefined : end);
  const isWord = (at: number): boolean => /[\w.-]/.test(whole[at] ?? "");
  let from = offset - start;
  let to = from;
  while (from > 0 && isWord(from - 1)) from--;
  while (isWord(to)) to++;
  if (from === to || !/^\s*:(\s|$)/.test(whole.slice(to))) return undefined;
  const place = yamlPlace(text, start + to);
  if (place.kind !== "key" || place.word !== whole.slice(from, to)) return undefined;
  return { path: [...place.path, place.word], from: start + from, to: start + to };
}

/** Columns by which the line after this one is indented. */
export function yamlIndent(line: string): number {
  const { column, value, key } = readLine(line);
  const opens = key === undefined ? /:\s*$/.test(value) : /^([|>][+-]?\d?[+-]?)?\s*(#.*)?$/.test(value);
  return column + (opens ? 2 : 0);
}

/** Names under a key at the top of the text: of its tasks. */
export function namesUnder(text: string, key: string): string[] {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (at === -1) return [];
  const names: string[] = [];
  let column: number | undefined;
  for (const line of lines.slice(at + 1)) {
    if (/^\s*(#|$)/.test(line)) continue;
    const read = readLine(line);
    if (read.column === 0) break;
    column ??= read.column;
    if (read.column === column && read.key !== undefined) names.push(read.key);
  }
  return names;
}

function readLine(text: string): Line {
  let column = /^ */.exec(text)![0].length;
  const dashes: number[] = [];
  for (let dash = /^-(\s+|$)/.exec(text.slice(column)); dash !== null; dash = /^-(\s+|$)/.exec(text.slice(column))) {
    dashes.push(column);
    column += dash[0].length;
  }
  const found = KEY.exec(text.slice(column));
  if (found === null) return { column, dashes, key: undefined, value: text.slice(column) };
  return { column, dashes, key: unquoted(found[1]!), value: found[2]! };
}

function unquoted(key: string): string {
  return /^["'].*["']$/.test(key) ? key.slice(1, -1) : key;
}

function isComment(before: string): boolean {
  return /(^|\s)#/.test(before.replace(/"[^"]*"|'[^']*'/g, ""));
}

/** The keys over a line, the outermost first. */
function above(text: string, line: Line): { path: (string | number)[]; isText: boolean } {
  const path: (string | number)[] = [];
  // A line of nothing but dashes so far is an item; its column is where its key will be.
  let limit = line.column;
  let isText = false;
  // In a list: the key over it may stand in the column of the dashes.
  let isList = false;
  const enterDashes = (dashes: readonly number[]): void => {
    for (const dash of dashes.toReversed()) {
      if (dash >= limit) continue;
      path.unshift(0);
      limit = dash;
      isList = true;
    }
  };
  enterDashes(line.dashes);
  const lines = text.split("\n").slice(-LINES_MAX - 1, -1);
  for (const other of lines.toReversed()) {
    if (limit === 0 && !isList) break;
    if (/^\s*(#|$)/.test(other)) continue;
    const read = readLine(other);
    const isOver = read.column < limit || (isList && read.column === limit && read.dashes.length === 0);
    if (isOver && read.key !== undefined) {
      if (path.length === 0 && /^[|>][+-]?\d?[+-]?\s*(#.*)?$/.test(read.value)) isText = true;
      path.unshift(read.key);
      limit = read.column;
      isList = false;
    }
    enterDashes(read.dashes);
  }
  return { path, isText };
}

/** Inside `{…}` and `[…]` of one line. */
function flowPlace(value: string, outer: (string | number)[], offset: number): YamlPlace {
  const flow: Flow = { stack: [], word: "", quote: "", from: 0 };
  for (let i = 0; i < value.length; i++) step(flow, value, i);
  const path = [...outer];
  for (const { isMap, key } of flow.stack)
    if (!isMap) path.push(0);
    else if (key !== undefined) path.push(key);
  const top = flow.stack.at(-1);
  const kind = top === undefined ? "text" : top.isMap && top.key === undefined ? "key" : "value";
  return { path, kind, word: flow.word, from: flow.word === "" ? offset : offset - (value.length - flow.from) };
}

interface Flow {
  stack: { isMap: boolean; key: string | undefined }[];
  word: string;
  /** The quote that the word is in. */
  quote: string;
  /** Where the word begins. */
  from: number;
}

function step(flow: Flow, value: string, at: number): void {
  const char = value[at]!;
  const top = flow.stack.at(-1);
  if (flow.quote !== "") {
    flow.word += char;
    if (char === flow.quote) flow.quote = "";
  } else if ("{[}],".includes(char)) {
    if (char === "{" || char === "[") flow.stack.push({ isMap: char === "{", key: undefined });
    else if (char !== ",") flow.stack.pop();
    else if (top !== undefined) top.key = undefined;
    flow.word = "";
  } else if (char === ":" && top?.isMap === true && top.key === undefined && /^(\s|$)/.test(value.slice(at + 1))) {
    top.key = unquoted(flow.word.trim());
    flow.word = "";
  } else if (flow.word !== "") flow.word += char;
  else if (char.trim() !== "") {
    flow.from = at;
    flow.word = char;
    if (char === '"' || char === "'") flow.quote = char;
  }
}
