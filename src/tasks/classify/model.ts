import * as nn from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import { pooled } from "../many-to-one.js";
import { recurrentLayers } from "../recurrent-layers.js";
import { padSteps } from "../row-inputs.js";
import type { ClassifyConfig } from "./config.js";
import type { Example, Meaning } from "./data.js";

/** Rows of many lengths, padded: steps [L, N] of ids or [L, N, 1] of numbers. */
export interface ClassifyBatch {
  steps: Tensor;
  lengths: readonly number[];
  labels: Int32Array;
}

export function padded(examples: readonly Example[]): ClassifyBatch {
  const labels = Int32Array.from(examples, ({ label }) => label);
  return { ...padSteps(examples.map(({ steps }) => steps)), labels };
}

/** Many to one: tokens or numbers, recurrent layers, their outputs pooled over time, and a linear layer over the classes. */
export class Classifier extends nn.Module {
  readonly embed: nn.Embedding | null;
  readonly rnn: nn.RecurrentModule;
  readonly head: nn.Linear;
  readonly dropout: nn.Dropout;
  readonly config: ClassifyConfig;

  constructor(config: ClassifyConfig, { classes, inputs: { vocabulary } }: Meaning) {
    super();
    const { hidden, bidirectional, embed } = config;
    this.embed = vocabulary === null ? null : new nn.Embedding(vocabulary.size, embed);
    this.rnn = recurrentLayers({ ...config, input: vocabulary === null ? 1 : embed });
    this.head = new nn.Linear(hidden * (bidirectional ? 2 : 1), classes.length);
    this.dropout = new nn.Dropout(config.dropout);
    this.config = config;
  }

  /** @returns logits [N, C] */
  forward({ steps, lengths }: Pick<ClassifyBatch, "steps" | "lengths">): Tensor {
    const { training, embed } = this;
    const { embeddingDropout, inputDropout, pooling } = this.config;
    const options = { training };
    const x = embed === null ? steps : nn.functional.embeddingDropout(embed.weight, steps, embeddingDropout, options);
    const read = this.dropout.forward(nn.functional.lockedDropout(x, inputDropout, options));
    const [y, state] = this.rnn.forward(read, null, { lengths });
    return this.head.forward(this.dropout.forward(pooled(pooling, y, state, lengths)));
  }
}
