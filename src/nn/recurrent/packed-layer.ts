import { concat, split } from "../../tensor/ops/join.js";
import { reshape } from "../../tensor/ops/shape.js";
import { narrow } from "../../tensor/ops/slice.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Cell, CellLayer, LayerResult } from "./cell.js";
import { segmentsOf } from "./segments.js";

/**
 * A layer over packed rows: the cell runs on blocks of equally many sequences, and each sequence's states stay as they are when
 * it ends.
 * @param layer       x [R, I] in the order in which it is walked; states [N, H], longest sequence first
 * @param batchSizes  sequences at each step, never growing
 * @returns           y [R, H]
 */
export function packedLayer(cell: Cell, layer: CellLayer, batchSizes: readonly number[]): LayerResult {
  const segments = segmentsOf(batchSizes);
  const sizes = segments.map(({ steps, batch }) => steps * batch);
  const once = drawnOnce();
  let states = layer.states;
  // The shortest sequences end first and lie last.
  const ended: Tensor[][] = states.map(() => []);
  const ys = split(layer.x, sizes).map((rows, i) => {
    const { steps, batch } = segments[i];
    const x = reshape(rows, [steps, batch, rows.shape[1]]);
    const run = cell.run({ ...layer, x, states, once: (draw) => once(draw, batch) });
    const going = segments[i + 1]?.batch ?? 0;
    states = run.states.map((state, k) => {
      const [on, over] = going === 0 ? [state, state] : split(state, [going, batch - going]);
      ended[k].unshift(over);
      return on;
    });
    return reshape(run.y, [sizes[i], run.y.shape[2]]);
  });
  return { y: concat(ys), states: ended.map((parts) => concat(parts)) };
}

function drawnOnce(): (draw: () => Tensor, rows: number) => Tensor {
  let drawn: Tensor | null = null;
  return (draw, rows) => {
    drawn ??= draw();
    return rows === drawn.shape[0] ? drawn : narrow(drawn, 0, 0, rows);
  };
}
