import type { Tensor } from "../../tensor/tensor.js";
import { CellStack } from "./cell-stack.js";

/** The modules whose state is h alone, [D·K, N, H]. */
export abstract class HiddenStack extends CellStack<Tensor> {
  protected statesOf(h: Tensor): readonly Tensor[] {
    return [h];
  }

  protected stateFrom([h]: readonly Tensor[]): Tensor {
    return h!;
  }
}
