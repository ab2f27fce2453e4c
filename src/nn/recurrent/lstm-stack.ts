import { OptionError, show } from "../../base/errors.js";
import { Tensor } from "../../tensor/tensor.js";
import { CellStack } from "./cell-stack.js";
import type { LSTMState } from "./cells/lstm.js";

/** The modules whose state is { h, c }, each [D·K, N, H]. */
export abstract class LSTMStack extends CellStack<LSTMState> {
  protected statesOf(state: LSTMState): readonly Tensor[] {
    if (state.h instanceof Tensor && state.c instanceof Tensor) return [state.h, state.c];
    const op = `${this.constructor.name}.forward`;
    throw new OptionError({ op, argument: "state", must: "be { h, c } of two tensors", value: show(state) });
  }

  protected stateFrom([h, c]: readonly Tensor[]): LSTMState {
    return { h: h!, c: c! };
  }
}
