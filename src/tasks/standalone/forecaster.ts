import { inputWidth, type View, writeStep } from "../forecast/batch.js";
import type { ForecastConfig } from "../forecast/config.js";
import type { ForecastMeta } from "../forecast/data.js";
import { lagsOf } from "../forecast/lags.js";
import type { States } from "./net/cells.js";
import { Recurrent } from "./net/recurrent.js";
import { concatenated, linear, type Vector, type Weights, weightOf } from "./net/vectors.js";

/** Recurrent layers over the steps of a series, and a linear layer that reads their outputs and the step's own inputs. */
export class StepForecaster {
  readonly #rnn: Recurrent;
  readonly #weights: Weights;
  readonly #prefix: string;
  readonly #config: ForecastConfig;
  readonly #lags: readonly number[];
  readonly #width: number;

  /** @param prefix  what stands before the names of its weights: `series.` */
  constructor(weights: Weights, prefix: string, config: ForecastConfig, meta: ForecastMeta) {
    this.#rnn = new Recurrent(weights, config.cell, `${prefix}rnn`);
    this.#weights = weights;
    this.#prefix = prefix;
    this.#config = config;
    this.#lags = lagsOf("forecast", "lags", config.lags);
    this.#width = inputWidth(config, meta);
  }

  /** What one step reads. @param ahead  steps after the last known value; 1 for all that are known */
  input(view: View, step: number, ahead: number): Vector {
    const x = new Float32Array(this.#width);
    writeStep(x, 0, view, { step, ahead, lags: this.#lags, config: this.#config });
    return Float64Array.from(x);
  }

  /** The steps of a window from its context on. */
  inputs(view: View, steps: number): Vector[] {
    const { decoding } = this.#config;
    const context = this.#config.context!;
    return Array.from({ length: steps }, (_, t) => {
      const ahead = decoding === "direct" ? Math.max(1, t - context + 1) : 1;
      return this.input(view, view.origin - context + t, ahead);
    });
  }

  /** What is said of each step, and the state after the last. */
  run(x: readonly Vector[], from?: readonly States[]): { raw: Vector[]; states: States[] } {
    const { outputs, states } = this.#rnn.run(x, from);
    const [w, b] = ["weight", "bias"].map((name) => weightOf(this.#weights, `${this.#prefix}head.${name}`));
    return { raw: outputs.map((y, t) => linear(w, concatenated([y, x[t]]), b)), states };
  }
}
