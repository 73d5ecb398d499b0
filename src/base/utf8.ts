/**
 * Bytes as text that loses nothing: a byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte, which no valid text
 * contains. Text that was cut inside a character can be put together again and healed. Shown, such a byte is `\xNN`.
 */

const LOWEST = [0, 0, 0x80, 0x800, 0x10000];

/** How many bytes the character at `at` takes; 0 = it is not one. */
function lengthAt(bytes: { [index: number]: number; length: number }, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length =
    first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  const code = codeAt(bytes, at, length);
  return code < LOWEST[length]! || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : length;
}

function codeAt(bytes: { [index: number]: number }, at: number, length: number): number {
  if (length === 1) return bytes[at]!;
  let code = bytes[at]! & (0x7f >> length);
  for (let i = 1; i < length; i++) code = (code << 6) | (bytes[at + i]! & 0x3f);
  return code;
}

const PIECE = 4096;

export function decodeBytes(bytes: { [index: number]: number; length: number }): string {
  let text = "";
  let codes: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = lengthAt(bytes, at);
    codes.push(length === 0 ? 0xdc00 + bytes[at]! : codeAt(bytes, at, length));
    at += Math.max(1, length);
    if (codes.length >= PIECE) {
      text += String.fromCodePoint(...codes);
      codes = [];
    }
  }
  return text + String.fromCodePoint(...codes);
}

/** The text with characters whole again that had been cut in two. */
export function healBytes(text: string): string {
  if (!/[\udc80-\udcff]/.test(text)) return text;
  // With `u`, a low surrogate that belongs to a pair is not matched.
  return text.replace(/[\udc80-\udcff]{2,}/gu, (found) =>
    decodeBytes(Array.from(found, (unit) => unit.charCodeAt(0) - 0xdc00)),
  );
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map(Array.from(ALPHABET, (sign, value) => [sign.charCodeAt(0), value]));

/** Bytes of base64, without what only some platforms have. */
export function bytesOfBase64(text: string): Uint8Array {
  const end = text.replace(/=+$/, "").length;
  const bytes = new Uint8Array(Math.floor((end * 3) / 4));
  let bits = 0;
  let value = 0;
  let at = 0;
  for (let i = 0; i < end; i++) {
    value = ((value << 6) | (VALUES.get(text.charCodeAt(i)) ?? 0)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (value >> bits) & 0xff;
  }
  return bytes;
}
