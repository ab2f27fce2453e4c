import { add } from "../../../tensor/ops/arithmetic.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { CellLayer } from "../cell.js";

/** b_ih + b_hh, for cells in which only their sum counts: added to all inputs of a sequence at once. */
export function joinedBias(layer: CellLayer): Tensor | null {
  const [bIh, bHh] = [layer.bias("bias_ih"), layer.bias("bias_hh")];
  return bIh === null || bHh === null ? null : add(bIh, bHh);
}
