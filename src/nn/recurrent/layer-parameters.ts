import type { Tensor } from "../../tensor/tensor.js";
import type { LayerWeights } from "./composed-layer.js";
import type { RecurrentWeights } from "./recurrent-layer.js";

/** The parameters of one layer in one direction, read at every call: whoever replaces or ties a parameter changes the property. */
export class LayerParameters implements LayerWeights {
  readonly #own: Record<string, Tensor | undefined>;
  readonly #suffix: string;
  /** Of `nameOf`: a name that is put together anew is slow to look up, and a step of one token is short. */
  readonly #names = new Map<string, string>();
  readonly #kernelNames: Readonly<Record<keyof Required<RecurrentWeights>, string>>;

  /** @param suffix  `_l0`, `_l0_reverse`, `_l1`, ... */
  constructor(module: object, suffix: string) {
    this.#own = module as Record<string, Tensor | undefined>;
    this.#suffix = suffix;
    this.#kernelNames = {
      wIh: this.nameOf("weight_ih"),
      wHh: this.nameOf("weight_hh"),
      bIh: this.nameOf("bias_ih"),
      bHh: this.nameOf("bias_hh"),
      wHr: this.nameOf("weight_hr"),
    };
  }

  nameOf(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const full = name + this.#suffix;
    this.#names.set(name, full);
    return full;
  }

  get(name: string): Tensor | null {
    return this.#own[this.nameOf(name)] ?? null;
  }

  /** As a kernel takes them. @param isProjected  whether there is a `weight_hr`: to look for what is not there takes long */
  forKernel(isProjected: boolean): RecurrentWeights {
    const own = this.#own;
    const { wIh, wHh, bIh, bHh, wHr } = this.#kernelNames;
    return {
      wIh: own[wIh]!,
      wHh: own[wHh]!,
      bIh: own[bIh] ?? null,
      bHh: own[bHh] ?? null,
      wHr: isProjected ? own[wHr]! : null,
    };
  }
}
