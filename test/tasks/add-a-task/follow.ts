import { count, resolveFields } from "../../../src/base/fields.js";
import { SampleBatcher } from "../../../src/data/index.js";
import { type LossOutput, meanLoss } from "../../../src/metrics/index.js";
import * as nn from "../../../src/nn/index.js";
import type { Task } from "../../../src/tasks/task.js";
import { fingerprint } from "../../../src/tasks/training/fingerprint.js";
import { tensor } from "../../../src/tensor/index.js";
import { resolveTraining, TRAINING_FIELDS, type TrainingConfig } from "../../../src/train/fields.js";
import { SampleSource } from "../../../src/train/sample-source.js";

interface Types {
  settings: TrainingConfig & { width: number };
  config: TrainingConfig & { width: number; lr: number };
  meta: null;
  data: Float32Array;
  model: nn.Linear;
  batch: { before: number[]; next: number[] };
  carried: undefined;
  output: LossOutput;
}

const fields = { width: count(3, { help: "numbers that are looked back at", fixed: true }), ...TRAINING_FIELDS };

export const follow: Task<Types> = {
  ...{ name: "follow", title: "a follower of numbers", input: "list", unit: "numbers", fields, sizes: ["batch"] },
  resolve: (given, op, nameOf) => resolveTraining(resolveFields(op, fields, given, nameOf)),
  read: ({ train }, given, { op, nameOf }) => ({
    data: Float32Array.from(new TextDecoder().decode(train.bytes).trim().split(/\s+/), Number),
    config: follow.resolve(given, op, nameOf),
    fitted: {},
  }),
  about: (data) => ({
    ...{ meta: null, fingerprint: fingerprint([data]), heldOut: false },
    ...{ summary: `${data.length} numbers`, counts: { numbers: data.length } },
  }),
  describeMeta: () => ({}),
  readMeta: () => null,
  metaDifference: () => undefined,
  parameterShapes: ({ width }) =>
    new Map([
      ["weight", [1, width] as const],
      ["bias", [1] as const],
    ]),
  activations: ({ batch, width }) => batch * width,
  build: ({ width }) => new nn.Linear(width, 1),
  batches(data, { batch: batchSize, seed, width }, shard) {
    const batcher = new SampleBatcher(data.length - width, { batchSize, seed, shard });
    return new SampleSource(batcher, (rows) => ({
      before: [...rows].flatMap((at) => [...data.subarray(at, at + width)]),
      next: Array.from(rows, (at) => data[at + width]!),
    }));
  },
  loss(model, { before, next }) {
    const [count, shape] = [next.length, [next.length, 1]];
    const x = tensor(before, { shape: [count, before.length / count] });
    return { loss: nn.functional.mseLoss(model.forward(x), tensor(next, { shape })), count };
  },
  outputs: () => [],
  metrics: () => [meanLoss("")],
  lossMetrics: () => [meanLoss("")],
};
