import { type Listed, piecesOf, type Told } from "../../base/report.js";
import type { Shape } from "../../base/shape.js";
import type { Shard } from "../../data/index.js";
import * as nn from "../../nn/index.js";
import { matmul, type Tensor } from "../../tensor/index.js";
import type { BatchSource } from "../../train/index.js";
import { layersWidth, recurrentActivations, recurrentLayers, recurrentShapes } from "../recurrent/layers.js";
import { featuresOf, padSteps, type RowInputs, type Steps } from "../rows/inputs.js";
import { type Samples, sampleBatches } from "../stored/samples.js";
import type { ManyToOneConfig } from "./config.js";
import { pooled } from "./pooling.js";

/** A sequence, and what is to be told of it: the index of a class, a 0 or 1 for each label, or a number. */
export interface Example {
  steps: Steps;
  target: readonly number[];
}

/** Sequences of many lengths, padded: steps [L, N] of ids or [L, N, F] of numbers. */
export interface RowBatch {
  steps: Tensor;
  lengths: readonly number[];
  targets: readonly (readonly number[])[];
}

export function padded(examples: readonly Example[], features: number): RowBatch {
  const targets = examples.map(({ target }) => target);
  return {
    ...padSteps(
      examples.map(({ steps }) => steps),
      features,
    ),
    targets,
  };
}

/** Many to one: tokens or numbers, recurrent layers, their outputs pooled over time, and a linear layer. */
export class RowModel extends nn.Module {
  readonly embed: nn.Embedding | null;
  readonly rnn: nn.RecurrentModule;
  readonly head: nn.Linear;
  readonly dropout: nn.Dropout;
  readonly pool: nn.PoolOverTime | null;
  readonly config: ManyToOneConfig;
  /** Numbers in each step. */
  readonly features: number;

  constructor(config: ManyToOneConfig, inputs: RowInputs, outputs: number) {
    super();
    const { embed, pooling } = config;
    const { vocabulary } = inputs;
    const width = layersWidth(config);
    this.features = featuresOf(inputs, config);
    this.embed = vocabulary === null ? null : new nn.Embedding(vocabulary.size, embed);
    this.rnn = recurrentLayers({ ...config, input: vocabulary === null ? this.features : embed });
    this.head = new nn.Linear(width, outputs);
    this.dropout = new nn.Dropout(config.dropout);
    this.pool = pooling === "attention" ? new nn.PoolOverTime("attention", { size: width }) : null;
    this.config = config;
  }

  /** @returns [N, outputs] */
  forward({ steps, lengths }: Pick<RowBatch, "steps" | "lengths">): Tensor {
    return this.answer(this.read(steps), lengths);
  }

  /** Steps as the layers read them, [L, N, F]. */
  read(steps: Tensor): Tensor {
    const { training, embed } = this;
    if (embed === null) return steps;
    return nn.functional.embeddingDropout(embed.weight, steps, this.config.embeddingDropout, { training });
  }

  /** @param x  what `read` gives @returns [N, outputs] */
  answer(x: Tensor, lengths: readonly number[]): Tensor {
    const { training, pool } = this;
    const { inputDropout, pooling } = this.config;
    const read = this.dropout.forward(nn.functional.lockedDropout(x, inputDropout, { training }));
    const [y, state] = this.rnn.forward(read, null, { lengths });
    const one = pool === null ? pooled(pooling as "last", y, state, lengths) : pool.forward(y, { lengths });
    return this.head.forward(this.dropout.forward(one));
  }

  /** How attention weighs the steps of one sequence x [L, 1, F]: [L]; null where they are pooled in another way. */
  poolWeights(x: Tensor): Tensor | null {
    const query = this.pool?.query ?? null;
    if (query === null) return null;
    const [y] = this.rnn.forward(x, null, { lengths: [x.shape[0]] });
    return matmul(y.select(1, 0), query).softmax(0);
  }
}

/** Every parameter of a `RowModel` by name. @param inputs  null where no data were read yet */
export function rowModelShapes(config: ManyToOneConfig, inputs: RowInputs | null, outputs: number): Map<string, Shape> {
  const { embed, text, pooling } = config;
  const width = layersWidth(config);
  const shapes = recurrentShapes("rnn", { ...config, input: text === null ? featuresOf(inputs, config) : embed });
  if (text !== null) shapes.set("embed.weight", [inputs?.vocabulary?.size ?? 1, embed]);
  if (pooling === "attention") shapes.set("pool.query", [width]);
  return shapes.set("head.weight", [outputs, width]).set("head.bias", [outputs]);
}

/** Numbers that a step of training keeps, about. */
export function rowActivations(config: ManyToOneConfig): number {
  return config.batch * config.maxLength * (recurrentActivations({ ...config, input: 1 }) + 3 * config.embed);
}

export type Examples = Samples<Example>;

/**
 * The training part batch by batch, sequences of like lengths together.
 * @param more  what else each batch is told
 * @param told  what a target is to the network. Default: as it is
 */
export function rowBatches<More extends object>(
  train: Examples,
  features: number,
  { batch: batchSize, seed }: ManyToOneConfig,
  {
    shard,
    more,
    told,
  }: { shard: Shard | undefined; more: More; told?: (target: readonly number[]) => readonly number[] },
): BatchSource<RowBatch & More> {
  const make = (examples: readonly Example[]) => {
    const batch = padded(examples, features);
    return { ...batch, ...(told && { targets: batch.targets.map(told) }), ...more };
  };
  return sampleBatches(train, { batchSize, seed, shard, lengthOf: ({ steps }) => steps.length }, make);
}

/** Examples computed at once, unless somebody says how many. */
export const PIECE = 64;

/** Batches of examples in their order, for a look without a way back. */
export function* pieces(
  examples: Listed<Example>,
  features: number,
  size: number = PIECE,
  told?: Told,
  takes?: (piece: number) => boolean,
): Generator<RowBatch> {
  for (const some of piecesOf(examples, size, told, takes)) yield padded(some, features);
}
