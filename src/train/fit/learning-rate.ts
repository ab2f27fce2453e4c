import { backward } from "../../autograd/index.js";
import { checkKnownOptions, checkNumber, checkPositiveInteger } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { defaultGenerator } from "../../base/random.js";
import { type Module, requireModule } from "../../nn/module.js";
import type { Optimizer } from "../../optim/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import { Pacer } from "../pause.js";
import type { BatchPosition } from "../trainer-state.js";
import { checkLoss, type Forward, type Loss, lossOf, run } from "./batch.js";
import { type Batches, FitSource, hasState, isSource } from "./source.js";

export interface LearningRateSettings<M, B> {
  train: Batches<B>;
  loss: Loss<B>;
  optimizer: Optimizer;
  /** The first rate. Default 1e-7. */
  from?: number | undefined;
  /** The last one. Default 1. */
  to?: number | undefined;
  /** Updates, each at a rate that is a factor larger. Default 100. */
  steps?: number | undefined;
  forward?: Forward<M, B> | undefined;
}

/** What `findLearningRate` saw. */
export interface LearningRateCurve {
  learningRates: number[];
  /** Before the update at that rate. */
  losses: number[];
  /** Their exponential mean, without the bias of its start. */
  smoothed: number[];
  /** Where the smoothed loss falls most steeply over the logarithm of the rate; null where it never falls. */
  suggestion: number | null;
}

const OP = "findLearningRate";
const SMOOTHING = 0.9;
/** The end of the search: a loss so many times the best. */
const DIVERGED = 4;
/** Rates at the start that are not looked at: the mean is still that of few batches. */
const SKIPPED = 10;

/**
 * Trains for a few updates at rates that grow from `from` to `to` by equal factors, and tells the loss at each: a good rate is where it
 * falls most steeply, well below that at which it explodes, where the search ends. Weights, buffers, modes, the optimiser, the random
 * numbers and the place in the data are afterwards as they were.
 * @returns rates, losses and a suggestion; `learningRateChart(curve)` of `unrolled/svg` draws them
 * @throws OptionError for rates that do not grow, and for a loss that is not finite at the first
 * Source: Smith 2017; the steepest slope, as fastai has it.
 * @example const { suggestion } = await findLearningRate(model, { train, loss, optimizer });
 */
export async function findLearningRate<M extends Module, B>(
  model: M,
  settings: LearningRateSettings<M, B>,
): Promise<LearningRateCurve> {
  requireModule(OP, model, "model");
  checkKnownOptions(OP, settings, ["train", "loss", "optimizer", "from", "to", "steps", "forward"]);
  const { train, loss, optimizer, from = 1e-7, to = 1, steps = 100, forward } = settings;
  checkLoss(OP, loss);
  checkNumber(OP, "from", from, { min: 0, openMin: true });
  checkNumber(OP, "to", to, { min: from, openMin: true });
  checkPositiveInteger(OP, "steps", steps);
  const putBack = remembered(model, optimizer, train);
  const source = new FitSource<B>(train, 0, []);
  const found: LearningRateCurve = { learningRates: [], losses: [], smoothed: [], suggestion: null };
  const pacer = new Pacer();
  let mean = 0;
  try {
    model.train();
    for (let step = 0; step < steps; step++) {
      await source.ready(1);
      const lr = from * (to / from) ** (step / Math.max(1, steps - 1));
      const batch = source.next();
      const { loss: value } = lossOf(OP, loss, run(OP, model, batch, forward).output, batch);
      const now = value.item();
      mean = SMOOTHING * mean + (1 - SMOOTHING) * now;
      const smooth = mean / (1 - SMOOTHING ** (step + 1));
      if (step === 0) requireFinite(now);
      if (!Number.isFinite(now) || (step > 0 && smooth > DIVERGED * Math.min(...found.smoothed))) break;
      found.learningRates.push(lr);
      found.losses.push(now);
      found.smoothed.push(smooth);
      optimizer.zeroGrad();
      backward(value);
      for (const group of optimizer.paramGroups) group.lr = lr;
      optimizer.step();
      await pacer.tick();
    }
  } finally {
    optimizer.zeroGrad();
    putBack();
    await source.close();
  }
  return { ...found, suggestion: steepest(found) };
}

function requireFinite(loss: number): void {
  if (Number.isFinite(loss)) return;
  const fix = "Look at the data: it is so before the first update.";
  throw new OptionError({ op: OP, argument: "the first loss", must: "be finite", value: String(loss), fix });
}

/** How to put back what there is now. */
function remembered(model: Module, optimizer: Optimizer, data: unknown): () => void {
  const copy = (x: Tensor) => tensor(x.data(), { shape: x.shape, dtype: x.dtype });
  const weights = new Map([...model.stateDict()].map(([name, x]) => [name, copy(x)]));
  const { tensors, scalars } = optimizer.stateDict();
  const state = {
    scalars: structuredClone(scalars),
    tensors: new Map([...tensors].map(([name, x]) => [name, copy(x)])),
  };
  const extras = optimizer.paramGroups.map((group) => ({ ...group }));
  const modes = model.modules().map((module) => [module, module.training] as const);
  const generator = defaultGenerator.state;
  const place = hasState(data) ? data.state() : isSource(data) ? data.position : undefined;
  return () => {
    if (hasState(data)) data.loadState(place);
    else if (isSource(data)) data.position = place as BatchPosition;
    model.loadStateDict(weights);
    optimizer.loadStateDict(state);
    optimizer.paramGroups.forEach((group, i) => {
      for (const key of Object.keys(group)) if (!(key in extras[i])) Reflect.deleteProperty(group, key);
    });
    for (const [module, training] of modes) module.training = training;
    defaultGenerator.state = generator;
  };
}

/** By central differences over equal steps of the rate's logarithm. */
function steepest({ learningRates, smoothed }: LearningRateCurve): number | null {
  let best: number | null = null;
  let slope = 0;
  const first = Math.min(SKIPPED, Math.floor(smoothed.length / 4));
  for (let i = Math.max(1, first); i < smoothed.length - 1; i++) {
    const here = smoothed[i + 1] - smoothed[i - 1];
    if (here < slope) [best, slope] = [learningRates[i], here];
  }
  return best;
}
