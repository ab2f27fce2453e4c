import { select } from "../../tensor/ops/slice.js";
import type { Tensor } from "../../tensor/tensor.js";
import { CellStack } from "./stack.js";

/** The modules whose state is h alone. */
export abstract class HiddenStack extends CellStack {
  /**
   * @param x  [L, N, I], or [N, L, I] with batchFirst
   * @param h  [D·K, N, H]; zeros when left out
   * @returns  y [L, N, D·H] and the state after the last step
   * @throws ShapeError, DTypeError when x or h do not fit
   */
  forward(x: Tensor, h?: Tensor | null): readonly [Tensor, Tensor] {
    const { y, states } = this.run(x, [h ?? null]);
    return [y, states[0]!];
  }

  /**
   * One time step, for streams.
   * @param x  [N, I]
   * @param h  [D·K, N, H]; zeros when left out
   * @returns  y [N, D·H] and the next state
   */
  step(x: Tensor, h?: Tensor | null): readonly [Tensor, Tensor] {
    const [y, next] = this.forward(this.asSequence(x), h);
    return [select(y, this.batchFirst ? 1 : 0, 0), next];
  }
}
