import { add, mul, sub } from "../../../tensor/ops/arithmetic.js";
import { chunk, concat } from "../../../tensor/ops/join.js";
import { linear } from "../../../tensor/ops/matmul.js";
import { narrow } from "../../../tensor/ops/slice.js";
import { unary } from "../../../tensor/ops/unary.js";
import type { Cell } from "../cell.js";
import { gruGates } from "../gates.js";
import { HiddenStack } from "../hidden-stack.js";
import type { RecurrentOptions } from "../options.js";
import { unroll } from "../unroll.js";
import { type NormOptions, normalized, normalizedCell, normParameters } from "./normalized.js";

export interface LayerNormGRUOptions extends RecurrentOptions, NormOptions {}

/**
 * GRU with layer normalisation of what the inputs and the hidden state bring to a step; the gates together, the
 * candidate by itself.
 *   r|z = σ(LN(W_ir|z x_t) + LN(W_hr|z h_{t-1}))   n = tanh(LN(W_in x_t) + r⊙LN(W_hn h_{t-1}))
 *   h_t = (1-z)⊙n + z⊙h_{t-1}
 * Parameters of layer k: `weight_ih_l{k}` [3H, I] and `weight_hh_l{k}` [3H, H], rows r|z|n, uniform in ±1/√H at the start;
 * γ `norm_ih_gates_l{k}`, `norm_hh_gates_l{k}` [2H] and `norm_ih_n_l{k}`, `norm_hh_n_l{k}` [H], ones; β of the same sizes,
 * `bias_` instead of `norm_`, zeros.
 * Source: Ba, Kiros & Hinton 2016, equations 26 to 29, with PyTorch's meaning of z.
 * @example
 * const gru = new nn.LayerNormGRU(64, 128);
 * const [y, h] = gru.forward(x); // x [L, N, 64], y [L, N, 128], h [1, N, 128]
 */
export class LayerNormGRU extends HiddenStack {
  /** @internal The cell of the table, with the defaults. */
  static get cell(): Cell {
    return CELL.of({});
  }

  constructor(inputSize: number, hiddenSize: number, options: LayerNormGRUOptions = {}) {
    super(CELL.of(options), inputSize, hiddenSize, options, CELL.own);
  }
}

const CELL = normalizedCell("LayerNormGRU", (eps) => ({
  states: 1,
  gates: gruGates(),
  recurrent: "weight_hh",
  takesNoise: true,
  parameters: ({ inputSize, hiddenSize: h }) => ({
    weight_ih: { shape: [3 * h, inputSize] },
    weight_hh: { shape: [3 * h, h] },
    ...normParameters("ih_gates", 2 * h),
    ...normParameters("ih_n", h),
    ...normParameters("hh_gates", 2 * h),
    ...normParameters("hh_n", h),
  }),
  run(layer) {
    const h = layer.hiddenSize;
    const products = linear(layer.x, layer.weight("weight_ih"));
    const gates = normalized(layer, "ih_gates", narrow(products, 2, 0, 2 * h), eps);
    const candidates = normalized(layer, "ih_n", narrow(products, 2, 2 * h, h), eps);
    const wHh = layer.weight("weight_hh");
    const [wGates, wN] = [narrow(wHh, 0, 0, 2 * h), narrow(wHh, 0, 2 * h, h)];
    return unroll(concat([gates, candidates], 2), layer, layer.rates, (x, [old], seen) => {
      const [xR, xZ, xN] = chunk(x, 3, 1);
      const [hR, hZ] = chunk(normalized(layer, "hh_gates", linear(seen, wGates), eps), 2, 1);
      const r = unary("sigmoid", add(xR, hR));
      const z = unary("sigmoid", add(xZ, hZ));
      const n = unary("tanh", add(xN, mul(r, normalized(layer, "hh_n", linear(seen, wN), eps))));
      return { states: [add(n, mul(z, sub(old, n)))], gates: [r, z, n] };
    });
  },
}));
