import { Generator } from "../../src/base/random.js";
import { type Tensor, tensor } from "../../src/index.js";

/** Normal numbers in float64, the same for a seed. */
export function random(shape: readonly number[], seed: number): Tensor {
  const generator = new Generator(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: size }, () => generator.normal()),
    { shape },
  );
}
