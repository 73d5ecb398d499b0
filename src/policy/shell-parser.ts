/** The parser of shell commands, as whoever uses the policy brings it: it is loaded with the first command that needs it. */
import type { forEachChild, parse } from "unbash";

export interface ShellParser {
  parse: typeof parse;
  forEachChild: typeof forEachChild;
}

/** A longer text is no argument that Linux would pass to a program. */
const TEXT_MAX = 128 * 1024;
/** Reading takes time by their number, that of here-documents by its square. */
const HEREDOCS_MAX = 256;
const SEPARATORS_MAX = 20_000;

/** Why the text is not read; undefined when it is. */
export function tooMuch(text: string): string | undefined {
  if (text.length > TEXT_MAX) return `is longer than ${TEXT_MAX} characters`;
  let heredocs = 0;
  let separators = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    // ; & | ( { newline `
    if (char === 59 || char === 38 || char === 124 || char === 40 || char === 123 || char === 10 || char === 96)
      separators++;
    else if (char === 60 && text.charCodeAt(at + 1) === 60) heredocs++;
  }
  if (heredocs > HEREDOCS_MAX) return `holds more than ${HEREDOCS_MAX} here-documents`;
  if (separators > SEPARATORS_MAX) return `holds more than ${SEPARATORS_MAX} commands`;
  return undefined;
}
