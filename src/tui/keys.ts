/**
 * What a terminal sends, as keys, clicks and answers. Bytes may be cut anywhere, as they are over a slow line: what is
 * unfinished waits for the rest, and a lone escape becomes a key when `flush` is called because nothing followed.
 */

export type Input =
  | { type: "key"; key: string; text?: string }
  | { type: "paste"; text: string }
  | { type: "mouse"; action: "press" | "release" | "drag" | "up" | "down"; column: number; row: number }
  /** The colour of the background, as the terminal says it. */
  | { type: "background"; light: boolean };

export interface Keys {
  feed(text: string): Input[];
  /** Nothing followed for a while: what waits is taken as it is. */
  flush(): Input[];
  readonly isWaiting: boolean;
}

/** Longest sequence that is waited for; no terminal sends one like it. */
const WAIT_MAX = 256;
const PASTE_MAX = 10_000;
const PASTE_END = "\u001b[201~";

const LETTERS: Readonly<Record<string, string>> = {
  ...{ A: "up", B: "down", C: "right", D: "left", F: "end", H: "home", Z: "shift+tab", M: "enter" },
  ...{ P: "f1", Q: "f2", R: "f3", S: "f4" },
};
const NUMBERS: Readonly<Record<string, string>> = {
  ...{ 1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end" },
  ...{ 11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5" },
};
const CONTROLS: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\u007f": "backspace",
  "\b": "backspace",
};

export function createKeys(): Keys {
  let rest = "";
  const take = (isLast: boolean): Input[] => {
    const found: Input[] = [];
    while (rest !== "") {
      const { length, input } = next(rest, isLast);
      if (length === 0) break;
      rest = rest.slice(length);
      if (input !== undefined) found.push(input);
    }
    return found;
  };
  return {
    feed(text) {
      rest += text;
      return take(false);
    },
    flush: () => take(true),
    get isWaiting() {
      return rest !== "";
    },
  };
}

interface Found {
  /** Characters that were used; 0: more has to come. */
  length: number;
  input?: Input;
}

function next(text: string, isLast: boolean): Found {
  const first = text[0]!;
  if (first === "\u001b") return sequence(text, isLast || text.length > WAIT_MAX);
  const control = CONTROLS[first];
  if (control !== undefined) return { length: 1, input: { type: "key", key: control } };
  if (first === "\u0000") return { length: 1, input: { type: "key", key: "ctrl+space" } };
  if (first < " ")
    return { length: 1, input: { type: "key", key: `ctrl+${String.fromCharCode(first.charCodeAt(0) + 96)}` } };
  const sign = String.fromCodePoint(text.codePointAt(0)!);
  return { length: sign.length, input: { type: "key", key: sign === " " ? "space" : sign, text: sign } };
}

function sequence(text: string, isLast: boolean): Found {
  const escape: Found = { length: 1, input: { type: "key", key: "escape" } };
  const more: Found = isLast ? escape : { length: 0 };
  if (text.length === 1) return more;
  switch (text[1]) {
    case "[":
      return text.startsWith("\u001b[200~") ? paste(text) : csi(text, more);
    case "O":
      return text.length < 3 ? more : { length: 3, ...keyOf(LETTERS[text[2]!]) };
    case "]":
    case "P":
    case "_":
    case "^":
      return string(text, isLast);
    case "\u001b":
      return escape;
    default: {
      const { length, input } = next(text.slice(1), true);
      const isKey = input?.type === "key";
      return { length: length + 1, ...(isKey && { input: { type: "key", key: `alt+${input.key}` } }) };
    }
  }
}

function keyOf(key: string | undefined): { input?: Input } {
  return key === undefined ? {} : { input: { type: "key", key } };
}

function csi(text: string, more: Found): Found {
  const found = /^\u001b\[([<>=?]?)([\d;:]*)([ -/]*)([@-~])/.exec(text);
  if (found === null) return /^\u001b\[[<>=?]?[\d;:]*[ -/]*$/.test(text) ? more : { length: 2 };
  const [{ length }, mark, values, , letter] = found as unknown as [string, string, string, string, string];
  if (mark === "<" && (letter === "M" || letter === "m")) return { length, ...mouse(values, letter === "M") };
  // The oldest form of clicks: three raw bytes follow. It is not asked for, but must not become keys.
  if (mark === "" && values === "" && letter === "M") return text.length < 6 ? more : { length: 6 };
  if (mark !== "") return { length };
  const [number = "", modifiers = "1"] = values.split(";");
  const name = letter === "~" ? NUMBERS[number] : letter === "u" ? codePoint(number) : LETTERS[letter];
  if (name === undefined) return { length };
  const bits = Math.max(0, Number(modifiers.split(":")[0]) - 1);
  const held = [bits & 4 ? "ctrl+" : "", bits & 2 ? "alt+" : "", bits & 1 ? "shift+" : ""].join("");
  return { length, input: { type: "key", key: name === "shift+tab" ? name : held + name } };
}

function codePoint(number: string): string | undefined {
  const code = Number(number);
  if (code === 27) return "escape";
  if (code === 13) return "enter";
  if (code === 9) return "tab";
  if (code === 127) return "backspace";
  return code >= 32 && code < 0xd800 ? String.fromCodePoint(code) : undefined;
}

function mouse(values: string, isPress: boolean): { input?: Input } {
  const [button = 0, column = 1, row = 1] = values.split(";").map(Number);
  const at = { type: "mouse" as const, column: column - 1, row: row - 1 };
  if (button & 64) return { input: { ...at, action: (button & 3) === 0 ? "up" : "down" } };
  // Only the left button means something; the others are the terminal's own.
  if ((button & 3) !== 0) return {};
  if (button & 32) return { input: { ...at, action: "drag" } };
  return { input: { ...at, action: isPress ? "press" : "release" } };
}

function paste(text: string): Found {
  const end = text.indexOf(PASTE_END);
  if (end === -1) return text.length > 1_000_000 ? { length: text.length } : { length: 0 };
  return { length: end + PASTE_END.length, input: { type: "paste", text: text.slice(6, Math.min(end, PASTE_MAX)) } };
}

/** A string that the terminal answers with: up to BEL or ESC \. */
function string(text: string, isLast: boolean): Found {
  const end = /\u0007|\u001b\\/.exec(text.slice(2));
  if (end === null) return isLast ? { length: text.length > WAIT_MAX ? text.length : 2 } : { length: 0 };
  const length = 2 + end.index + end[0].length;
  const colour = /^\u001b\]11;rgba?:([\da-f]+)\/([\da-f]+)\/([\da-f]+)/i.exec(text);
  if (colour === null) return { length };
  const [r, g, b] = colour.slice(1, 4).map((part) => Number.parseInt(part, 16) / (16 ** part.length - 1));
  return { length, input: { type: "background", light: 0.299 * r! + 0.587 * g! + 0.114 * b! > 0.5 } };
}
