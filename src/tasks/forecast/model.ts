import * as nn from "../../nn/index.js";
import { concat, type Tensor, tensor } from "../../tensor/index.js";
import { recurrentLayers } from "../recurrent/layers.js";
import type { RowState } from "../recurrent/states.js";
import { type ForecastBatch, inputWidth } from "./batch.js";
import type { ForecastConfig } from "./config.js";
import type { ForecastMeta } from "./data.js";
import { outputNamed } from "./outputs.js";

/** What recurrent layers and tables of shapes are told. */
export function layerSettings(config: ForecastConfig, meta: Pick<ForecastMeta, "calendar" | "covariates">) {
  return { ...config, embeddingDropout: 0, input: inputWidth(config, meta) };
}

/**
 * Recurrent layers over the context and the steps to forecast, and a linear layer that reads their outputs and the step's own inputs:
 * what is linear in earlier values need not go through gates. Source: Salinas et al. 2020 (DeepAR) for recursive decoding.
 */
export class Forecaster extends nn.Module {
  readonly rnn: nn.RecurrentModule;
  readonly head: nn.Linear;
  readonly dropout: nn.Dropout;
  /** By what intervals are widened about their medians, [1]; undefined where they are left as they are. */
  declare readonly widening: Tensor | undefined;
  readonly config: ForecastConfig;

  constructor(config: ForecastConfig, meta: ForecastMeta) {
    super();
    const settings = layerSettings(config, meta);
    this.rnn = recurrentLayers(settings);
    this.head = new nn.Linear(config.hidden + settings.input, outputNamed(config.output).size);
    this.dropout = new nn.Dropout(config.dropout);
    if (config.calibrate) this.registerBuffer("widening", tensor([1]));
    this.config = config;
  }

  /** @param x  [L, N, I] @returns what is said of each step [L, N, P], and the state after the last one */
  forward(x: Tensor, state: RowState | null = null): [raw: Tensor, state: RowState] {
    const read = nn.functional.lockedDropout(x, this.config.inputDropout, { training: this.training });
    const [y, after] = this.rnn.forward(read, state);
    return [this.head.forward(concat([this.dropout.forward(y), x], -1)), after];
  }

  /** The mean loss: of the steps to forecast with direct decoding, of all with recursive. */
  loss({ x, values, scale }: ForecastBatch): Tensor {
    const { decoding, horizon, output } = this.config;
    const [raw] = this.forward(x);
    const from = decoding === "direct" ? values.shape[0] - horizon : 0;
    const rest = values.shape[0] - from;
    return outputNamed(output).loss(raw.narrow(0, from, rest), values.narrow(0, from, rest), scale);
  }
}
