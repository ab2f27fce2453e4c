/** The part of the WebAssembly API that the engine uses, typed here because TypeScript has it only in its DOM library. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  Module: {
    new (bytes: Uint8Array): WasmModule;
    customSections(module: WasmModule, name: string): ArrayBuffer[];
  };
  Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
  Memory: new (options: { initial: number; maximum?: number; shared?: boolean }) => WasmMemory;
}

/** Undefined where the platform has none. */
export const webAssembly = (globalThis as unknown as { WebAssembly?: WebAssemblyApi }).WebAssembly;
