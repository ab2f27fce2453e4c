import { checkNumber, checkOptionsObject } from "../../../base/check.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { layerNorm } from "../../functional/layer-norm.js";
import { ones, zeros } from "../../init.js";
import type { Cell, CellLayer, ParameterSpec } from "../cell.js";

export interface NormOptions {
  /** Added to each variance. Default 1e-5. */
  eps?: number | undefined;
}

const EPS = 1e-5;

/** A cell with layer normalisation: `eps` is an option of its own. */
export function normalizedCell(name: string, make: (eps: number) => Omit<Cell, "name">) {
  return {
    /** The names of its own options. */
    own: ["eps"],
    of(options: NormOptions): Cell {
      checkOptionsObject(name, options);
      return { name, ...make(checkNumber(name, "eps", options.eps ?? EPS, { min: 0 })) };
    },
  };
}

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
