/**
 * One rank that trains a configuration, or a process that is alone: `node rank.mjs PROBLEM SECONDS`, alone or under mpirun.
 * Rank 0 prints a JSON line: milliseconds of a step, and of what ranks add to it.
 */

import * as unrolled from "../../dist/index.js";
import { launchedAs } from "../../dist/train/collective/launched.js";
import { joinRanks } from "../../dist/train/collective/mpi-node.js";
import { RankSteps } from "../../dist/train/collective/rank-steps.js";
import { CLIP_NORM, LEARNING_RATE } from "../configs.mjs";
import { LanguageModel } from "../model.mjs";
import { readProblem } from "../problem.mjs";
import { median } from "../statistics.mjs";
import { timedSteps } from "./timed-steps.mjs";

const { nn, optim, tensor } = unrolled;
const [path, seconds] = process.argv.slice(2);
const launched = launchedAs(process.env);
const mpi = launched === null ? null : joinRanks(launched);

const { config, weights, data } = readProblem(path);
const model = new LanguageModel(config);
model.loadStateDict(
  new Map(Object.entries(weights).map(([key, { shape, data: flat }]) => [key, tensor(flat, { shape })])),
);
const [x, y] = [data.inputs, data.targets].map(({ shape, data: ids }) => tensor(ids, { shape }));
const parameters = model.parameters();
const optimizer = new optim.SGD(parameters, { lr: LEARNING_RATE });

function loss() {
  const [h] = model.hidden(x);
  return nn.functional.linearCrossEntropy(h, model.head.weight, model.head.bias, y);
}

/** As bench/model.mjs has it. */
function alone() {
  optimizer.zeroGrad();
  loss().backward();
}

/** What the trainer does where there are ranks. */
function inRanks() {
  const batches = { steps: 1, position: { epoch: 0, step: 0 }, next: () => null };
  const forward = () => ({ loss: loss(), count: x.size });
  const steps = new RankSteps({ collective: mpi, lanes: [batches], seed: 1 }, { optimizer, forward }, parameters);
  let step = 0;
  return () => steps.run(step++, [undefined], { aborted: false, saveDue: false });
}

const gradients = mpi === null ? alone : inRanks();
const times = timedSteps(
  () => {
    gradients();
    nn.utils.clipGradNorm(parameters, CLIP_NORM);
    optimizer.step();
  },
  Number(seconds),
  // All ranks make as many steps: rank 0's clock counts.
  (isOver) => (mpi === null ? isOver : mpi.gather(Float64Array.of(isOver ? 1 : 0))[0] === 1),
);
if (mpi === null || mpi.rank === 0) {
  const numbers = parameters.reduce((sum, { size }) => sum + size, 0);
  console.log(JSON.stringify({ ms: median(times), steps: times.length, numbers }));
}
mpi?.close();
process.exit(0);
