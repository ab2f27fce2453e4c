import { ShapeError } from "../base/errors.js";
import type { Operand } from "../engine/engine.js";
import { fromRows, toRows } from "./arrange.js";
import { checkInput, checkShape, floatDType, gradsOf, type Layer, requireCache } from "./layer.js";
import type { NdArray } from "./nd-array.js";
import { onEngine, type Workspace } from "./workspace.js";

/**
 * Row `ids[n]` of a table, which is what a one-hot vector times W comes to.
 *   y_n = W[ids_n]
 *   dW[v] = Σ over those n whose ids_n = v of dy_n
 * ids [N] int32, W [V, D], y [N, D].
 */
export class Embedding implements Layer {
  readonly W: NdArray;
  readonly dW: NdArray;
  readonly params: readonly NdArray[];
  readonly grads: readonly NdArray[];
  /** The ids of the last forward pass. */
  ids: NdArray | null = null;

  constructor(W: NdArray) {
    checkShape("Embedding", "W", W, ["V", "D"]);
    floatDType("Embedding", "W", W);
    this.W = W;
    this.params = [W];
    this.grads = gradsOf(this.params);
    this.dW = this.grads[0];
  }

  /** @throws ShapeError for an id outside [0, V) */
  forward(ids: NdArray): NdArray {
    checkInput("Embedding.forward", "ids", ids, ["N"], "int32");
    const [vocabSize, d] = this.W.shape as [number, number];
    this.ids = ids;
    return onEngine((w) => {
      const index = w.upload(ids);
      checkIds("Embedding.forward", w, index, vocabSize);
      const y = w.empty([ids.size, d], this.W.dtype);
      w.engine.gatherRows(y, w.upload(this.W), index);
      return w.download(y);
    });
  }

  /** dy [N, D]; fills dW. Ids have no gradient, so nothing is returned. */
  backward(dy: NdArray): void {
    const ids = requireCache("Embedding.backward", this.ids);
    checkInput("Embedding.backward", "dy", dy, [ids.size, this.W.shape[1]], this.W.dtype);
    onEngine((w) => {
      const dTable = w.filled(this.W.shape, this.W.dtype, 0);
      w.engine.scatterAddRows(dTable, w.upload(ids), w.upload(dy));
      this.dW.assign(w.download(dTable));
    });
  }
}

/** `Embedding` at every step: ids [N, T] to ys [N, T, D]. */
export class TimeEmbedding extends Embedding {
  override forward(ids: NdArray): NdArray {
    checkInput("TimeEmbedding.forward", "ids", ids, ["N", "T"], "int32");
    const [n, t] = ids.shape as [number, number];
    return fromRows(super.forward(toRows(ids)), n, t);
  }

  override backward(dys: NdArray): void {
    checkInput("TimeEmbedding.backward", "dys", dys, ["N", "T", this.W.shape[1]], this.W.dtype);
    super.backward(toRows(dys));
  }
}

/** @throws ShapeError naming the id that is no row */
function checkIds(op: string, w: Workspace, ids: Operand, vocabSize: number): void {
  const [low, high] = w.engine.range(ids);
  if (low >= 0 && high < vocabSize) return;
  const must = `lie in [0, ${vocabSize - 1}] (vocabSize=${vocabSize})`;
  throw new ShapeError({ op, argument: "ids", must, value: String(low < 0 ? low : high) });
}
