import { refusal } from "../../base/check.js";
import { Tensor } from "../../tensor/tensor.js";
import { Recurrent } from "./stack.js";

/** What an LSTM carries from one sequence to the next: h [D·K, N, H] (or P with a projection) and c [D·K, N, H]. */
export interface LSTMState {
  h: Tensor;
  c: Tensor;
}

/** The modules whose state is { h, c }, each [D·K, N, H]. Extend it with a `Cell` of your own. */
export abstract class LSTMStack extends Recurrent<LSTMState> {
  protected statesOf(state: LSTMState, op: string): readonly Tensor[] {
    const { h, c } = state;
    if (h instanceof Tensor && c instanceof Tensor) return [h, c];
    throw refusal(op, "state", "be { h, c } of two tensors", state);
  }

  protected stateFrom(states: readonly Tensor[]): LSTMState {
    return { h: states[0], c: states[1] };
  }
}
