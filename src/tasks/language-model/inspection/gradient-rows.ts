import { noGrad } from "../../../autograd/index.js";
import * as nn from "../../../nn/index.js";
import { detachState } from "../../../nn/utils.js";
import { type Tensor, tensor } from "../../../tensor/index.js";
import { gradientRow, normsByStep } from "../../score/gradient-row.js";
import { atSteps, inputGradients } from "../../score/input-gradients.js";
import type { GradientRow } from "../../score/score-data.js";
import type { LanguageModel, RecurrentState } from "../model.js";

/** A prediction is followed back through at least so many steps: of what is further away there is next to nothing left. */
const WINDOW = 256;

/**
 * Which earlier steps a prediction follows from: ‖∂(-log p)/∂e_s‖, where e_s is the embedding that step s reads and p what the model
 * gave, at step t, to the token that came next (after the last, to the one it expected most).
 */
export class GradientRows {
  readonly #model: LanguageModel;
  readonly #ids: Int32Array;
  /** The state before step k · WINDOW. */
  readonly #states: (RecurrentState | undefined)[] = [undefined];

  constructor(model: LanguageModel, ids: Int32Array) {
    this.#model = model;
    this.#ids = ids;
  }

  row(step: number): GradientRow {
    return this.rows([step])[0];
  }

  /** Rows of these steps, in their order; gradients and mode of the model are left as they were. */
  rows(steps: readonly number[]): GradientRow[] {
    const { training } = this.#model;
    this.#model.train(false);
    try {
      const found = new Map<number, GradientRow>();
      for (const [from, group] of grouped(steps)) {
        for (const row of this.#walk(from, group)) found.set(row.step, row);
      }
      return steps.map((step) => found.get(step)!);
    } finally {
      this.#model.train(training);
    }
  }

  #stateBefore(from: number): RecurrentState | undefined {
    for (let k = this.#states.length; k <= from / WINDOW; k++) {
      const piece = this.#ids.slice((k - 1) * WINDOW, k * WINDOW);
      const { embed, rnn } = this.#model;
      const [, state] = noGrad(() =>
        rnn.forward(embed.forward(tensor(piece, { shape: [piece.length, 1] })), this.#states[k - 1] as never),
      );
      this.#states[k] = detachState(state as object) as RecurrentState;
    }
    return this.#states[from / WINDOW];
  }

  #walk(from: number, steps: readonly number[]): GradientRow[] {
    const { embed, rnn, head } = this.#model;
    const state = this.#stateBefore(from);
    const lengthOf = (own: readonly number[]): number => Math.max(...own) - from + 1;
    const read = (own: readonly number[]) => {
      const ids = Int32Array.from({ length: lengthOf(own) * own.length }, (_, i) => {
        return this.#ids[from + Math.floor(i / own.length)];
      });
      return [embed.forward(tensor(ids, { shape: [lengthOf(own), own.length] }))];
    };
    const predicted = ([x]: readonly Tensor[], own: readonly number[]) => {
      const [y] = rnn.forward(x, repeated(state, own.length) as never) as [Tensor, unknown];
      const places = own.map((t) => t - from);
      const logits = head.forward(atSteps(y, places));
      return nn.functional.crossEntropy(logits, this.#targets(own, logits), { reduction: "sum" });
    };
    return inputGradients({ model: this.#model, read, predicted }, steps).map(([gradient], b): GradientRow => {
      const size = embed.weight.shape[1];
      return gradientRow(steps[b], normsByStep(gradient, gradient.length / size, steps[b] - from + 1), from);
    });
  }

  #targets(steps: readonly number[], logits: Tensor): Tensor {
    const expected = noGrad(() => logits.argmax(1)).data();
    return tensor(Int32Array.from(steps, (t, b) => this.#ids[t + 1] ?? expected[b]));
  }
}

/** By the step at which their window begins. */
function grouped(steps: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const step of new Set(steps)) {
    const from = Math.max(0, Math.floor((step + 1 - WINDOW) / WINDOW)) * WINDOW;
    groups.set(from, [...(groups.get(from) ?? []), step]);
  }
  return groups;
}

/** A state [K, 1, H] for `width` sequences that are one and the same. */
function repeated(state: RecurrentState | undefined, width: number): unknown {
  if (state === undefined) return undefined;
  const wide = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(wide);
    const x = value as Tensor;
    if (typeof x.expand === "function") return x.expand(x.shape[0], width, x.shape[2]).contiguous();
    return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, wide(one)]));
  };
  return noGrad(() => wide(state));
}
