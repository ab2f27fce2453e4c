import { refusal } from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import type { TensorEntry } from "../interchange/formats/safetensors/index.js";
import { Tensor } from "../tensor/index.js";

/**
 * Weights as they go into a file.
 * @throws FormatError, code `not-finite`, for a NaN or an infinity: such a file must not replace a good one
 */
export function entriesOf(op: string, weights: ReadonlyMap<string, Tensor>): Map<string, TensorEntry> {
  const fix = "A model with it answers nothing else: go back to an earlier one, with a smaller learning rate.";
  const entries = new Map<string, TensorEntry>();
  for (const [name, weight] of weights) {
    if (!(weight instanceof Tensor)) throw refusal(op, `weight ${show(name)}`, "be a tensor", weight);
    const data = weight.data();
    checkFinite(op, `weight ${show(name)}`, data, fix);
    entries.set(name, { dtype: weight.dtype, shape: weight.shape, data });
  }
  return entries;
}

/** A model with a NaN in it answers nothing but NaN: better said when it is saved or loaded. @throws FormatError, code `not-finite` */
export function checkFinite(op: string, argument: string, data: ArrayLike<number>, fix = ""): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    const value = `${data[i]} at element ${i}`;
    throw new FormatError({ code: "not-finite", op, argument, must: "be finite", value, fix, details: { index: i } });
  }
}
