import type { FloatDType } from "../../nn/options.js";
import { Parameter } from "../../nn/parameter.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { OnnxNode } from "../formats/onnx/model.js";
import type { OnnxArray } from "../formats/onnx/tensor-data.js";
import { Floats, type Value } from "./value.js";

/**
 * What a graph computes of its weights and constants alone, from one run to the next. It belongs to one module: a copy of that starts
 * with none.
 */
export class KeptValues {
  /** Which weights it was made of. */
  #stamp = -1;
  #dtype: FloatDType = "float32";
  readonly #outputs = new Map<OnnxNode, (Value | null)[]>();
  readonly #tensors = new Map<OnnxNode, Map<string, Tensor[]>>();
  readonly #constants = new Map<OnnxArray, Value>();

  /** Forgets all where the weights are others than those of `stamp`. */
  startRun(stamp: number, dtype: FloatDType): void {
    if (dtype !== this.#dtype) this.#constants.clear();
    else if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#dtype = dtype;
    for (const values of this.#outputs.values()) for (const value of values) disposeOf(value);
    for (const byKey of this.#tensors.values())
      for (const list of byKey.values()) for (const x of list) disposeTensor(x);
    this.#outputs.clear();
    this.#tensors.clear();
  }

  outputs(node: OnnxNode, make: () => (Value | null)[]): (Value | null)[] {
    const found = this.#outputs.get(node);
    if (found !== undefined) return found;
    const made = make();
    for (const value of made) if (value instanceof Floats) value.tensor.retain();
    this.#outputs.set(node, made);
    return made;
  }

  tensors(node: OnnxNode, key: string, make: () => Tensor[]): Tensor[] {
    const byKey = this.#tensors.get(node) ?? new Map<string, Tensor[]>();
    this.#tensors.set(node, byKey);
    const found = byKey.get(key);
    if (found !== undefined) return found;
    const made = make();
    for (const x of made) x.retain();
    byKey.set(key, made);
    return made;
  }

  constant(array: OnnxArray, make: () => Value): Value {
    const found = this.#constants.get(array);
    if (found !== undefined) return found;
    const made = make();
    if (made instanceof Floats) made.tensor.retain();
    this.#constants.set(array, made);
    return made;
  }

  /** For `Module.clone()`. */
  clone(): KeptValues {
    return new KeptValues();
  }
}

function disposeOf(value: Value | null): void {
  if (value instanceof Floats) disposeTensor(value.tensor);
}

/** What is handed through may be a weight itself, which lives on; what a graph holds dies with that. */
function disposeTensor(x: Tensor): void {
  if (!(x instanceof Parameter) && x.holds === 0) x.dispose();
}
