/** Standard output of a command, kept up to a number of bytes for the outputs that are made of it. */
import { isUtf8 } from "node:buffer";
import type { Written } from "./values.ts";

export class StdoutCapture {
  readonly #bytesMax: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#bytesMax) this.#chunks.push(bytes);
    else this.#chunks = [];
  }

  /** As a shell's `$(…)` reads it: without the line ends at its end. */
  end(): Written {
    if (this.#bytes > this.#bytesMax) return { text: undefined, bytes: this.#bytes };
    const all = Buffer.concat(this.#chunks);
    if (!isUtf8(all)) return { text: undefined, bytes: this.#bytes };
    let end = all.length;
    while (end > 0 && (all[end - 1] === 0x0a || all[end - 1] === 0x0d)) end--;
    return { text: all.toString("utf8", 0, end), bytes: this.#bytes };
  }
}
