import type { Tensor } from "../../tensor/index.js";

/** What recurrent layers end with: h [D·K, N, H], by itself or with cell states; of a stack one a layer. */
export type RowState = Tensor | { h: Tensor } | readonly (Tensor | { h: Tensor })[];

/** What recurrent layers carry, with `change` made to each of its tensors [D·K, N, H]. */
export function mapStates(state: RowState, change: (tensor: Tensor) => Tensor): RowState {
  if (Array.isArray(state)) return state.map((layer) => mapStates(layer, change)) as Tensor[];
  const one = state as Tensor | { h: Tensor };
  if (!("h" in one)) return change(one);
  return Object.fromEntries(Object.entries(one).map(([name, tensor]) => [name, change(tensor)])) as { h: Tensor };
}

/** h of the highest layer, of both directions side by side. @param width  of its outputs, D·H @returns [N, D·H] */
export function lastHidden(state: RowState, width: number): Tensor {
  const last = Array.isArray(state) ? (state.at(-1) as Tensor | { h: Tensor }) : (state as Tensor | { h: Tensor });
  const h = "h" in last ? last.h : last;
  const directions = width / h.shape[2];
  return h
    .narrow(0, h.shape[0] - directions, directions)
    .transpose(0, 1)
    .reshape([h.shape[1], width]);
}

/** Both directions of each layer as one that is twice as wide: [2·K, N, H] to [K, N, 2·H]. */
export function joinDirections(state: RowState): RowState {
  return mapStates(state, (tensor) => {
    const [rows, batch, hidden] = tensor.shape as [number, number, number];
    return tensor
      .reshape([rows / 2, 2, batch, hidden])
      .transpose(1, 2)
      .reshape([rows / 2, batch, 2 * hidden]);
  });
}
