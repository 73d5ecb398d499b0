/** Base64url of ASCII text, for words that people paste. The pure layers have neither `btoa` nor Node's `Buffer`. */

const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Without padding. Signs beyond ASCII are not for it. */
export function toBase64Url(text: string): string {
  let out = "";
  let bits = 0;
  let held = 0;
  for (let i = 0; i < text.length; i++) {
    held = ((held << 8) | (text.charCodeAt(i) & 0xff)) & 0xffff;
    for (bits += 8; bits >= 6; bits -= 6) out += SIGNS[(held >> (bits - 6)) & 63];
  }
  return bits === 0 ? out : out + SIGNS[(held << (6 - bits)) & 63];
}

/** Undefined when a sign is none of base64url. */
export function fromBase64Url(text: string): string | undefined {
  let out = "";
  let bits = 0;
  let held = 0;
  for (const sign of text) {
    const value = SIGNS.indexOf(sign);
    if (value === -1) return undefined;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += String.fromCharCode((held >> bits) & 0xff);
  }
  return out;
}
