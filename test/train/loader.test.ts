import { expect, test } from "vitest";
import { Generator, manualSeed } from "../../src/base/random.js";
import { collate, loader } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { Trainer } from "../../src/train/index.js";

/** Sequences of many lengths, whose class is whether they end above where they began. */
const noise = new Generator(3);
const SAMPLES = Array.from({ length: 21 }, (_, i) => {
  const x = Array.from({ length: 1 + ((i * 5) % 7) }, () => [noise.normal()]);
  return { x, y: x.at(-1)![0]! > x[0]![0]! ? 1 : 0 };
});

function build() {
  manualSeed(2);
  const gru = new nn.GRU(1, 4);
  const head = new nn.Linear(4, 2);
  const model = new nn.ModuleList([gru, head]);
  const batches = loader(SAMPLES, {
    batchSize: 4,
    shuffle: true,
    bucketBy: ({ x }) => x.length,
    collate: collate.padded(),
  });
  const trainer = new Trainer(
    {
      model,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      batches,
      forward: ({ x, lengths, y }) => {
        const [, h] = gru.forward(x, null, { lengths });
        return { loss: nn.functional.crossEntropy(head.forward(h.select(0, 0)), y), count: lengths.length };
      },
      clipGradNorm: nn.utils.clipGradNorm,
    },
    { epochs: 9 },
  );
  return { trainer, model };
}

test("a Trainer over a loader goes on bit for bit", () => {
  const whole = build();
  const losses = Array.from({ length: 17 }, () => whole.trainer.trainStep().loss);
  const first = build();
  for (let i = 0; i < 8; i++) first.trainer.trainStep();
  const resumed = build();
  resumed.model.loadStateDict(first.model.stateDict());
  resumed.trainer.state = JSON.parse(JSON.stringify(first.trainer.state));
  expect(Array.from({ length: 9 }, () => resumed.trainer.trainStep().loss)).toEqual(losses.slice(8));
});
