import { Generator } from "../../src/base/random.js";
import { array, type NdArray, randn } from "../../src/layers/index.js";

/** Seeded arrays for a test: random, asymmetric, never constant. */
export class RandomArrays {
  readonly generator: Generator;
  readonly dtype: "float32" | "float64";

  constructor(seed: number, dtype: "float32" | "float64" = "float64") {
    this.generator = new Generator(seed);
    this.dtype = dtype;
  }

  normal(...shape: number[]): NdArray {
    return randn(shape, 0.7, { dtype: this.dtype, generator: this.generator });
  }

  /** int32 ids in [0, size) */
  ids(size: number, ...shape: number[]): NdArray {
    const count = shape.reduce((product, n) => product * n, 1);
    return array(
      Int32Array.from({ length: count }, () => this.generator.integer(size)),
      shape,
    );
  }

  /** Wx [D, G·H], Wh [H, G·H], b [G·H] */
  recurrent(gates: number, d: number, h: number): [NdArray, NdArray, NdArray] {
    return [this.normal(d, gates * h), this.normal(h, gates * h), this.normal(gates * h)];
  }
}
