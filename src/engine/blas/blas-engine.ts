import type { EngineDescription } from "../engine.js";
import type { CoreOptions } from "../wasm/core.js";
import type { Blas } from "../wasm/sgemm.js";
import { WasmEngine } from "../wasm/wasm-engine.js";

/** The WASM engine, with its matrix products made by the system's BLAS on the same memory. */
export class BlasEngine extends WasmEngine {
  override readonly name: string = "blas";
  readonly #blas: Blas;

  constructor(blas: Blas, options: CoreOptions = {}) {
    super({ ...options, blas });
    this.#blas = blas;
  }

  override describe(): EngineDescription {
    const wasm = super.describe();
    return { ...wasm, variant: `${this.#blas.name} + ${wasm.variant}` };
  }
}
