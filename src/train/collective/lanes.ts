import { concat, type Tensor, tensor } from "../../tensor/index.js";
import { mapTensors } from "../tree.js";
import type { Collective } from "./collective.js";

/** The axis of a carried state on which the rows of a batch lie: [K, N, H]. */
const BATCH_AXIS = 1;

/**
 * What every lane carries from batch to batch, as one process with the whole batch would: the rows of all, one lane after another.
 * All ranks must call it.
 * @param own  of this rank's lanes, in their order
 */
export function joinCarried<C>(collective: Collective, own: readonly (C | undefined)[]): C | undefined {
  if (own[0] === undefined) return undefined;
  const lists = own.map(tensorsOf);
  let at = 0;
  return mapTensors(own[0], () => {
    const parts = lists.map((list) => list[at]);
    at++;
    return collective.size === 1 ? concat(parts, BATCH_AXIS).detach() : gathered(collective, parts[0]);
  }) as C;
}

/** The rows of lane `lane` of `lanes`, out of what all carry. */
export function sliceCarried<C>(whole: C, lane: number, lanes: number): C {
  return mapTensors(whole, (found) => {
    const rows = found.shape[BATCH_AXIS] / lanes;
    return found
      .narrow(BATCH_AXIS, lane * rows, rows)
      .contiguous()
      .detach();
  }) as C;
}

function tensorsOf(tree: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapTensors(tree, (one) => {
    found.push(one);
    return one;
  });
  return found;
}

function gathered(collective: Collective, part: Tensor): Tensor {
  const all = collective.gather(Float64Array.from(part.data()));
  const lanes = Array.from({ length: collective.size }, (_, rank) =>
    tensor(all.slice(rank * part.size, (rank + 1) * part.size), { shape: part.shape, dtype: part.dtype as "float32" }),
  );
  return concat(lanes, BATCH_AXIS).detach();
}
