import type { Tensor } from "../../tensor/tensor.js";
import type { LayerWeights } from "./composed-layer.js";
import type { RecurrentWeights } from "./recurrent-layer.js";

/** The parameters of one layer in one direction, read at every call: whoever replaces or ties a parameter changes the property. */
export class LayerParameters implements LayerWeights {
  readonly #own: Record<string, Tensor | undefined>;
  readonly #suffix: string;
  readonly #kernelNames: Readonly<Record<keyof Required<RecurrentWeights>, string>>;

  /** @param suffix  `_l0`, `_l0_reverse`, `_l1`, ... */
  constructor(module: object, suffix: string) {
    this.#own = module as Record<string, Tensor | undefined>;
    this.#suffix = suffix;
    this.#kernelNames = {
      wIh: `weight_ih${suffix}`,
      wHh: `weight_hh${suffix}`,
      bIh: `bias_ih${suffix}`,
      bHh: `bias_hh${suffix}`,
      wHr: `weight_hr${suffix}`,
    };
  }

  nameOf(name: string): string {
    return name + this.#suffix;
  }

  get(name: string): Tensor | null {
    return this.#own[name + this.#suffix] ?? null;
  }

  /** As a kernel takes them. */
  forKernel(): RecurrentWeights {
    const own = this.#own;
    const { wIh, wHh, bIh, bHh, wHr } = this.#kernelNames;
    return {
      wIh: own[wIh]!,
      wHh: own[wHh]!,
      bIh: own[bIh] ?? null,
      bHh: own[bHh] ?? null,
      wHr: own[wHr] ?? null,
    };
  }
}
