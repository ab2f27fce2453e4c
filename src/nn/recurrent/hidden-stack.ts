import type { Tensor } from "../../tensor/tensor.js";
import { Recurrent } from "./stack.js";

/** The modules whose state is h alone, [D·K, N, H]. Extend it with a `Cell` of your own. */
export abstract class HiddenStack extends Recurrent<Tensor> {
  protected statesOf(h: Tensor): readonly Tensor[] {
    return [h];
  }

  protected stateFrom(states: readonly Tensor[]): Tensor {
    return states[0];
  }
}
