/** The engine's own WebAssembly, as far as it is used here: Node's types have none, and those of browsers bring a document. */

/** A compiled module; threads share its code. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: "WebAssembly.Module";
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmInstance {
  readonly exports: Record<string, unknown>;
}

export interface WasmImport {
  module: string;
  name: string;
  kind: string;
}

interface Engine {
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<WasmModule>;
  CompileError: new () => Error;
  Module: {
    imports(module: WasmModule): WasmImport[];
    exports(module: WasmModule): { name: string; kind: string }[];
  };
  Instance: new (module: WasmModule, imports: object) => WasmInstance;
}

export const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;
