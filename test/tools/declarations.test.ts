import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.js";

/** A user's file: options that may be undefined, the trainer with an optimiser of the package. */
const CONSUMER = `
import {
  data, defaultGenerator, evaluate, findLearningRate, fit, io, load, loadCheckpoint, type LSTMState, metrics, nn, optim, predict, save,
  saveCheckpoint, type Tensor, tensor, text, train,
} from "./dist/index.js";
import { learningRateChart } from "./dist/svg/index.js";
import * as layers from "./dist/layers/index.js";

declare const maybe: number | undefined;
declare const flag: boolean | undefined;

export const lstm = new nn.LSTM(3, 4, { numLayers: maybe, bidirectional: flag, dropout: maybe, dtype: undefined });
export const x = tensor([1, 2], { dtype: undefined, requiresGrad: flag });
export const sgd = new layers.SGD({ lr: maybe });
export const quick = new layers.SGD(0.1);
export const adam = new optim.Adam(lstm.parameters(), { lr: maybe });
export const step = new optim.StepLR(adam, { stepSize: 3, gamma: maybe });
export const stack = new nn.RecurrentStack([lstm], { residual: flag });
export const grus = new nn.AWDLSTM(10, { numLayers: maybe });
export const cell = new nn.GRUCell(2, 3, { bias: flag });

export const trainer = new train.Trainer<number, LSTMState>(
  {
    model: lstm,
    optimizer: adam,
    batches: { steps: 1, position: { epoch: 0, step: 0 }, next: () => 0 },
    forward: () => ({ loss: x.sum(), count: 2 }),
    clipGradNorm: nn.utils.clipGradNorm,
  },
  { epochs: 1, clip: maybe },
);
const parameters = lstm.parameters();
const optimizers = [
  new optim.SGD(parameters, { lr: 1 }), new optim.Adam(parameters), new optim.AdamW(parameters), new optim.RMSprop(parameters),
  new optim.Adagrad(parameters), new optim.ASGD(parameters), new optim.NTASGD(parameters),
];
const schedules = [
  new optim.StepLR(adam, { stepSize: 1 }), new optim.MultiStepLR(adam, { milestones: [1] }), new optim.LinearLR(adam),
  new optim.CosineAnnealingLR(adam, { tMax: 3 }), new optim.ReduceLROnPlateau(adam), new optim.LambdaLR(adam, () => 1),
];
const batches2 = { steps: 1, position: { epoch: 0, step: 0 }, next: () => 0 };
export const trainers = [
  new train.Trainer({ model: lstm, optimizer: new optim.SGD(parameters, { lr: 1 }), batches: batches2, forward: () => ({ loss: x, count: 1 }) }, { epochs: 1 }),
  new train.Trainer({ model: lstm, optimizer: new optim.NTASGD(parameters), batches: batches2, forward: () => ({ loss: x, count: 1 }) }, { epochs: 1 }),
  ...optimizers.map((optimizer) => new train.Trainer({ model: lstm, optimizer, batches: batches2, forward: () => ({ loss: x, count: 1 }) }, { epochs: 1, accumulate: maybe })),
];

class Net extends nn.Module {
  linear = new nn.Linear(2, 2);
  forward(input: Tensor): Tensor {
    return this.linear.forward(input);
  }
}
declare const pairs: [Tensor, Tensor][];
declare const objects: { x: Tensor; y: Tensor; lengths: number[] }[];
declare const words: AsyncIterable<{ words: Tensor; tag: number }>;
export async function everyday(): Promise<void> {
  const model: Net = new Net().clone();
  const loss = nn.functional.crossEntropy;
  for (const optimizer of optimizers) await fit(model, { train: pairs, loss, optimizer, epochs: maybe, steps: 3, patience: maybe });
  for (const schedule of schedules) await fit(model, { train: objects, loss: new nn.MSELoss(), optimizer: adam, epochs: 1, schedule });
  const report = await fit(model, {
    train: async () => pairs, valid: function* () { yield* pairs; }, optimizer: adam, epochs: 2,
    loss: (output, target) => ({ loss: output.sub(target).mean(), count: 3 }),
    metrics: { accuracy: metrics.accuracy({ classes: 2 }), mine: (output, target) => output.size + target.size },
    schedule: [{ schedule: new optim.ExponentialLR(adam, { gamma: 0.9 }), every: "step" }, new optim.ReduceLROnPlateau(adam)],
    checkpoint: { path: "a", every: maybe }, resume: flag, generator: defaultGenerator, signal: undefined,
    callbacks: { onEpochEnd: ({ loss }, { history, stop }) => (loss! < history["loss"]![0]! ? stop() : undefined) },
  });
  const best: number | undefined = report.best?.value;
  await fit(model, {
    train: words, loss: (output: Tensor) => output.mean(), optimizer: adam, epochs: 1,
    forward: (net, batch) => net.forward(batch.words),
  });
  const figures: Record<string, number> = await evaluate(model, pairs, { loss });
  const one: Tensor = await predict(model, x);
  const many: Tensor[] = await predict(model, pairs);
  learningRateChart(await findLearningRate(model, { train: pairs, loss, optimizer: adam }));
  await save("m", model, { dtype: "bfloat16", metadata: undefined });
  await save("m", { x, one }, { dtype: undefined });
  const { missing } = await load("m", model, { strict: flag });
  await saveCheckpoint("m", { model, optimizer: adam, step: 1 });
  const { step: at } = await loadCheckpoint("m", { model, optimizer: adam, step: 0, generator: defaultGenerator });
  const sum: number = at + (best ?? 0) + figures["loss"]! + many.length + missing.length;
  io.fromBytes(io.toBytes(model), model);
  const { count } = io.fromBytes(io.toBytes({ model, count: sum }), { model, count: 0 });
  void (count satisfies number);
}
export const loaded = lstm.loadStateDict({ weight: { dtype: "float32", shape: [1], data: new Float32Array(1) } });
export function release(y: Tensor): void {
  y.dispose();
}
export const batches = new data.StreamBatcher(new Int32Array(9), { batchSize: 1, seqLen: 2, dropLast: flag });
export const vocabulary = text.CharVocabulary.fromText("a", { unknown: flag });
`;

const SETTINGS = {
  compilerOptions: {
    ...{ target: "ES2022", module: "NodeNext", moduleResolution: "NodeNext", lib: ["ES2022", "DOM"], noEmit: true },
    // No @types/node, and every declaration looked at.
    ...{ types: [], strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
  },
  files: ["consumer.ts"],
};

const folder = temporaryFolder();

function tsc(version: string, ...args: string[]): string {
  try {
    return execFileSync(process.execPath, [`node_modules/${version}/bin/tsc`, ...args], { encoding: "utf8" });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? error);
  }
}

test.each(["typescript", "typescript-5.4"])("declarations type-check in a user's project under %s", (version) => {
  const emitted = tsc(
    "typescript",
    "-p",
    "tsconfig.build.json",
    "--outDir",
    folder.at("dist"),
    "--emitDeclarationOnly",
  );
  expect(emitted).toBe("");
  writeFileSync(folder.at("package.json"), '{ "type": "module" }');
  writeFileSync(folder.at("consumer.ts"), CONSUMER);
  writeFileSync(folder.at("tsconfig.json"), JSON.stringify(SETTINGS));
  expect(tsc(version, "-p", folder.at("tsconfig.json"))).toBe("");
});
