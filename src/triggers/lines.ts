/**
 * Bytes cut into lines. Owns where each begins and ends, and the bound on how long one may be.
 *
 * LN1  What is held is at most one line of `lineMax` bytes, whatever comes, in however small pieces.
 */
export interface Line {
  text: string;
  /** Where it begins, and where the next one does, in bytes from the beginning of the stream. */
  from: number;
  to: number;
}

const NEWLINE = 10;

export class LineCutter {
  readonly #lineMax: number;
  readonly #onTooLong: (from: number, bytes: number) => void;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #from: number;
  /** The line that is being read is too long: its rest is let go. */
  #isTooLong = false;

  /** `from`: where the first byte stands. */
  constructor(lineMax: number, from: number, onTooLong: (from: number, bytes: number) => void) {
    this.#lineMax = lineMax;
    this.#from = from;
    this.#onTooLong = onTooLong;
  }

  /** Where the line begins that has not ended yet. */
  get from(): number {
    return this.#from;
  }

  /** The lines that end in this chunk; empty ones are left out. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, at);
      if (end < 0) break;
      this.#hold(chunk.subarray(at, end));
      this.#end(lines, 1);
      at = end + 1;
    }
    if (at < chunk.length) this.#hold(Buffer.from(chunk.subarray(at)));
    return lines;
  }

  /** What came after the last newline, when nothing comes any more. */
  flush(): Line[] {
    const lines: Line[] = [];
    if (this.#restBytes > 0) this.#end(lines, 0);
    return lines;
  }

  #hold(part: Buffer): void {
    this.#restBytes += part.length;
    if (this.#isTooLong) return;
    this.#rest.push(part);
    // Pieces of a byte would take two hundred times their size. Each is copied as often as what is held doubles.
    for (let last = this.#rest.length - 1; last > 0; last--) {
      if (this.#rest[last - 1]!.length > this.#rest[last]!.length) break;
      const joined = Buffer.concat([this.#rest[last - 1]!, this.#rest[last]!]);
      this.#rest.splice(last - 1, 2, joined);
    }
    if (this.#restBytes <= this.#lineMax) return;
    this.#isTooLong = true;
    this.#rest = [];
  }

  #end(lines: Line[], newline: number): void {
    const from = this.#from;
    const to = from + this.#restBytes + newline;
    if (this.#isTooLong) this.#onTooLong(from, this.#restBytes);
    else if (this.#restBytes > 0) {
      const bytes = this.#rest.length === 1 ? this.#rest[0]! : Buffer.concat(this.#rest);
      const text = bytes.toString("utf8").replace(/\r$/, "");
      if (text !== "") lines.push({ text, from, to });
    }
    this.#rest = [];
    this.#restBytes = 0;
    this.#isTooLong = false;
    this.#from = to;
  }
}
