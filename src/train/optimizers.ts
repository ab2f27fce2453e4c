import { checkKnownOptions, checkNonNegativeInteger } from "../base/check.js";
import * as optim from "../optim/index.js";
import type { Tensor } from "../tensor/index.js";
import type { ResolvedTraining, ScheduleName } from "./fields.js";
import type { TrainerListener, TrainerSchedule } from "./trainer.js";

/** The optimiser that a configuration names. */
export function createOptimizer(parameters: readonly Tensor[], config: ResolvedTraining): optim.Optimizer {
  const { lr, momentum, weightDecay, nonMonotone } = config;
  switch (config.optimizer) {
    case "sgd":
      return new optim.SGD(parameters, { lr, momentum, weightDecay });
    case "adam":
      return new optim.Adam(parameters, { lr, weightDecay });
    case "adamw":
      return new optim.AdamW(parameters, { lr, weightDecay });
    case "rmsprop":
      return new optim.RMSprop(parameters, { lr, momentum, weightDecay });
    case "adagrad":
      return new optim.Adagrad(parameters, { lr, weightDecay });
    case "nt-asgd":
      return new optim.NTASGD(parameters, { lr, weightDecay, nonMonotone });
  }
}

/** `exponential` ends at this share of the learning rate that it began with. */
const EXPONENTIAL_END = 0.01;

/**
 * The learning rate's way through the run: `warmup` steps up from 0, then, over the rest,
 *   linear: down to 0;  cosine: half a cosine down to 0;  step: a tenth after each third;  exponential: down to 1 %;
 *   plateau: halved by each validation that is no better.
 */
export function createSchedule(
  optimizer: optim.Optimizer,
  { schedule, warmup }: ResolvedTraining,
  totalSteps: number,
): TrainerSchedule | undefined {
  if (schedule === "constant" && warmup === 0) return undefined;
  const rest = Math.max(1, totalSteps - warmup);
  const warmUp = new optim.LambdaLR(optimizer, (step) => Math.min(1, (step + 1) / (warmup + 1)));
  if (schedule === "plateau") return plateauSchedule(optimizer, warmUp, warmup);
  const main = mainSchedule(optimizer, schedule, rest);
  const whole =
    warmup === 0 ? main : new optim.SequentialLR(optimizer, { schedules: [warmUp, main], milestones: [warmup] });
  return {
    afterStep: () => whole.step(),
    stateDict: () => whole.stateDict(),
    loadStateDict: (state) => whole.loadStateDict(state as optim.ScheduleState),
  };
}

/** Runs `body` with the averages of the weights in their places, where the optimiser keeps some. */
export function withAverages<T>(optimizer: optim.Optimizer, body: () => T): T {
  return optimizer instanceof optim.AveragingOptimizer ? optimizer.withAverages(body) : body();
}

/** What happens between steps: the schedule's part, and the optimiser's where it asks how validation went. */
export function listenerOf(
  optimizer: optim.Optimizer,
  schedule: TrainerSchedule | undefined,
): TrainerListener | undefined {
  if (!(optimizer instanceof optim.NTASGD)) return schedule;
  return {
    afterStep: () => schedule?.afterStep?.(),
    afterEpoch: () => schedule?.afterEpoch?.(),
    afterValidation(loss) {
      schedule?.afterValidation?.(loss);
      optimizer.validated(loss);
    },
  };
}

function mainSchedule(optimizer: optim.Optimizer, schedule: ScheduleName, steps: number): optim.Schedule {
  switch (schedule) {
    case "linear":
      return new optim.LinearLR(optimizer, { startFactor: 1, endFactor: 0, totalIters: steps });
    case "cosine":
      return new optim.CosineAnnealingLR(optimizer, { tMax: steps });
    case "step":
      return new optim.StepLR(optimizer, { stepSize: Math.max(1, Math.ceil(steps / 3)), gamma: 0.1 });
    case "exponential":
      return new optim.ExponentialLR(optimizer, { gamma: EXPONENTIAL_END ** (1 / steps) });
    default:
      return new optim.LambdaLR(optimizer, () => 1);
  }
}

/** After the warm-up the rate is what validation has made of it, and the optimiser remembers that. */
function plateauSchedule(optimizer: optim.Optimizer, warmUp: optim.LambdaLR, warmup: number): TrainerSchedule {
  const plateau = new optim.ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 0 });
  return {
    afterStep: () => {
      if (warmUp.epoch < warmup) warmUp.step();
    },
    afterValidation: (loss) => plateau.step(loss),
    stateDict: () => ({ warmUp: warmUp.epoch, plateau: plateau.stateDict() }),
    loadStateDict: (state) => {
      checkKnownOptions("schedule", state as object, ["warmUp", "plateau"]);
      const saved = state as { warmUp: number; plateau: optim.PlateauState };
      const warm = checkNonNegativeInteger("schedule", "warmUp", saved.warmUp);
      plateau.loadStateDict(saved.plateau);
      warmUp.epoch = warm;
    },
  };
}
