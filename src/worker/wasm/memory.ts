/** A module's memory, as calls from it look at it: by addresses that it says, and that may be wrong. */
import type { WasmMemory } from "./engine.ts";

/** It named an address that its memory does not have. */
export class BadAddress extends Error {}

export class ModuleMemory {
  /** Set when the module is there. One that calls while it is being made has none yet. */
  memory: WasmMemory | undefined;
  #view: DataView<ArrayBuffer> | undefined;

  get bytesLength(): number {
    return this.memory?.buffer.byteLength ?? 0;
  }

  /** Memory that grew is another buffer. */
  view(): DataView<ArrayBuffer> {
    const buffer = this.#buffer();
    if (this.#view?.buffer !== buffer) this.#view = new DataView(buffer);
    return this.#view;
  }

  bytes(at: number, length: number): Uint8Array {
    const buffer = this.#buffer();
    const start = at >>> 0;
    const size = length >>> 0;
    if (start + size > buffer.byteLength) throw new BadAddress();
    return new Uint8Array(buffer, start, size);
  }

  text(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes(at, length));
  }

  /** The pieces that a list of vectors names. */
  *vectors(at: number, count: number): Generator<Uint8Array> {
    for (let i = 0; i < count >>> 0; i++) {
      const vector = this.bytes(at + 8 * i, 8);
      const view = new DataView(vector.buffer, vector.byteOffset, 8);
      yield this.bytes(view.getUint32(0, true), view.getUint32(4, true));
    }
  }

  #buffer(): ArrayBuffer {
    if (this.memory === undefined) throw new BadAddress();
    return this.memory.buffer;
  }

  setUint32(at: number, value: number): void {
    this.bytes(at, 4);
    this.view().setUint32(at >>> 0, value, true);
  }
}
