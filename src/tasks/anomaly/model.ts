import * as nn from "../../nn/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import type { Vocabulary } from "../../text/index.js";
import type { ForecastBatch } from "../forecast/batch.js";
import type { ForecastMeta } from "../forecast/data.js";
import { Forecaster } from "../forecast/model.js";
import { recurrentLayers } from "../recurrent/layers.js";
import { padSteps } from "../rows/inputs.js";
import type { AnomalyConfig } from "./config.js";
import { forecastConfig } from "./forecast-config.js";

/** What a model has to know: of its series, or of its texts. */
export interface AnomalyMeta {
  series: ForecastMeta | null;
  vocabulary: Vocabulary | null;
}

/** Lines side by side, padded. */
export interface LineBatch {
  /** Tokens [L, N], and for each the next one, -100 beyond a line's end. */
  steps: Tensor;
  targets: Tensor;
  lengths: readonly number[];
}

export type AnomalyBatch = ForecastBatch | LineBatch;

const NONE = -100;

export function lineBatch(lines: readonly Int32Array[]): LineBatch {
  const { steps, lengths } = padSteps(lines.map((ids) => ids.subarray(0, -1)));
  const targets = new Int32Array(steps.size).fill(NONE);
  for (const [n, ids] of lines.entries())
    for (let t = 1; t < ids.length; t++) targets[(t - 1) * lines.length + n] = ids[t];
  return { steps, targets: tensor(targets, { shape: steps.shape }), lengths };
}

/** The settings of the layers that read lines. */
export function lineSettings(config: AnomalyConfig) {
  return { ...config, embeddingDropout: 0, input: config.embed };
}

/** The likelihood of each token of a line after those before it. */
export class LineModel extends nn.Module {
  readonly embed: nn.Embedding;
  readonly rnn: nn.RecurrentModule;
  readonly head: nn.Linear;
  readonly dropout: nn.Dropout;

  constructor(config: AnomalyConfig, { size }: Vocabulary) {
    super();
    this.embed = new nn.Embedding(size, config.embed);
    this.rnn = recurrentLayers(lineSettings(config));
    this.head = new nn.Linear(config.hidden, size);
    this.dropout = new nn.Dropout(config.dropout);
  }

  /** @returns of each token [L, N] its loss in nats, or their mean */
  loss({ steps, ...rest }: LineBatch, reduction: "none" | "mean"): Tensor {
    return this.lossOf(this.embed.forward(steps), rest, reduction);
  }

  /** @param x  embedded tokens [L, N, E] */
  lossOf(x: Tensor, { targets, lengths }: Omit<LineBatch, "steps">, reduction: "none" | "mean"): Tensor {
    return nn.functional.crossEntropy(this.logits(x, lengths), targets, { reduction, ignoreIndex: NONE });
  }

  /** @param x  embedded tokens [L, N, E] @returns of each what comes next [L, N, V] */
  logits(x: Tensor, lengths: readonly number[]): Tensor {
    const [y] = this.rnn.forward(this.dropout.forward(x), null, { lengths });
    return this.head.forward(this.dropout.forward(y));
  }
}

/** What is usual in a series or in lines, and from which score on something is not. */
export class AnomalyModel extends nn.Module {
  readonly series: Forecaster | null;
  readonly lines: LineModel | null;
  /** [1], in nats: of what is held out the quantile. 0 before the first validation. */
  declare readonly threshold: Tensor;

  constructor(config: AnomalyConfig, { series, vocabulary }: AnomalyMeta) {
    super();
    this.series = series === null ? null : new Forecaster(forecastConfig(config), series);
    this.lines = vocabulary === null ? null : new LineModel(config, vocabulary);
    this.registerBuffer("threshold", tensor([0]));
  }

  loss(batch: AnomalyBatch): Tensor {
    return "x" in batch ? this.series!.loss(batch) : this.lines!.loss(batch, "mean");
  }
}
