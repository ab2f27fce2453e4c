import type { Tensor } from "../../tensor/tensor.js";
import { layerNorm } from "../functional/layer-norm.js";
import { ones, zeros } from "../init.js";
import type { CellLayer, ParameterSpec } from "./cell.js";

export interface NormOptions {
  /** Added to each variance. Default 1e-5. */
  eps?: number | undefined;
}

export const NORM_OPTIONS = ["eps"];

/** γ and β of one normalisation over `size` elements. */
export function normParameters(name: string, size: number): Record<string, ParameterSpec> {
  return {
    [`norm_${name}`]: { shape: [size], init: ones },
    [`bias_${name}`]: { shape: [size], init: zeros },
  };
}

/** LN(x; γ, β) over the last dimension with the layer's parameters of this name. */
export function normalized(layer: CellLayer, name: string, x: Tensor, eps: number): Tensor {
  const [weight, bias] = [layer.weight(`norm_${name}`), layer.bias(`bias_${name}`)];
  return layerNorm(x, x.shape.slice(-1), { weight, bias, eps });
}
