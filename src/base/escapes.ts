/**
 * Escape sequences of terminals in text that strangers wrote: where they stand, and the text without them. Every sequence
 * is found in time linear in the text, and one that has no end takes nothing of the text with it: only its introducer is
 * left to be shown.
 */

/**
 * In this order: titles, links and other strings with an end; control sequences; short escapes. The groups of a control
 * sequence are its values and its last letter; those of SGR (`m`) are what colours are made of.
 */
export const ESCAPE =
  /(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\u009d]*(?:\u0007|\u001b\\|\u009c)|(?:\u001b[PX^_]|[\u0090\u0098\u009e\u009f])[^\u001b\u0090\u0098\u009c\u009e\u009f]*(?:\u001b\\|\u009c)|(?:\u001b\[|\u009b)([0-?]*)([ -/]*[@-~])|\u001b[ -/]+[0-~]|\u001b[0-OQ-WYZ\\`a-~]/g;

/** The text as a reader sees it: without escape sequences. */
export function withoutEscapes(text: string): string {
  return text.includes("\u001b") || /[\u0090-\u009f]/.test(text) ? text.replace(ESCAPE, "") : text;
}

const RETURN = 13;

/** What a terminal shows of a line in the end: what was written over is gone. Its end of line is not part of it. */
export function lastState(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === RETURN) end--;
  const at = end === 0 ? -1 : line.lastIndexOf("\r", end - 1);
  return line.slice(at + 1, end);
}

/** Words by which programs tell of a failure, where they stand for themselves. */
const FAILURE =
  /(?:^|[\s[(:|])(?:errors?|fatal|fail(?:ed|ures?)|panic(?:ked)?|exception|traceback|segmentation fault|aborted|killed|critical)(?=$|[\s:\])!.,(|])/i;
const ERROR_CLASS = /\b[A-Z]\w*(?:Error|Exception)\b/;
const HARMLESS = /\b(?:0|no|without) (?:errors?|failures?|failed)\b|\b(?:errors?|failures?|failed)[=:] ?0\b/i;

/** Longest part of a line that is looked at for such words. */
const LOOKED_AT = 2000;

/** Whether a line of output, without escapes, reads like the news of a failure. */
export function looksLikeError(line: string): boolean {
  const text = line.length > LOOKED_AT ? line.slice(0, LOOKED_AT) : line;
  return (FAILURE.test(text) || ERROR_CLASS.test(text)) && !HARMLESS.test(text);
}
