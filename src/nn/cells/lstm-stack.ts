import { OptionError, show } from "../../base/errors.js";
import { select } from "../../tensor/ops/slice.js";
import { Tensor } from "../../tensor/tensor.js";
import type { LSTMState } from "../lstm.js";
import { CellStack } from "./stack.js";

/** The modules whose state is { h, c }. */
export abstract class LSTMStack extends CellStack {
  /**
   * @param x      [L, N, I], or [N, L, I] with batchFirst
   * @param state  { h, c }, each [D·K, N, H]; zeros when left out
   * @returns      y [L, N, D·H] and the state after the last step
   * @throws ShapeError, DTypeError when x or state do not fit
   */
  forward(x: Tensor, state?: LSTMState | null): readonly [Tensor, LSTMState] {
    if (state != null && !(state.h instanceof Tensor && state.c instanceof Tensor)) {
      const op = `${this.constructor.name}.forward`;
      throw new OptionError({ op, argument: "state", rule: "{ h, c } of two tensors", value: show(state) });
    }
    const { y, states } = this.run(x, [state?.h ?? null, state?.c ?? null]);
    return [y, { h: states[0]!, c: states[1]! }];
  }

  /**
   * One time step, for streams.
   * @param x      [N, I]
   * @param state  { h, c }, each [D·K, N, H]; zeros when left out
   * @returns      y [N, D·H] and the next state
   */
  step(x: Tensor, state?: LSTMState | null): readonly [Tensor, LSTMState] {
    const [y, next] = this.forward(this.asSequence(x), state);
    return [select(y, this.batchFirst ? 1 : 0, 0), next];
  }
}
