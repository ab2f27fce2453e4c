import * as optim from "../../optim/index.js";
import type { Tensor } from "../../tensor/index.js";
import type { TrainerSchedule } from "../../train/index.js";
import type { ResolvedConfig } from "./config.js";

export function createOptimizer(parameters: readonly Tensor[], config: ResolvedConfig): optim.Optimizer {
  const { lr, momentum, weightDecay } = config;
  switch (config.optimizer) {
    case "sgd":
      return new optim.SGD(parameters, { lr, momentum, weightDecay }) as unknown as optim.Optimizer;
    case "adam":
      return new optim.Adam(parameters, { lr, weightDecay }) as unknown as optim.Optimizer;
    case "adamw":
      return new optim.AdamW(parameters, { lr, weightDecay }) as unknown as optim.Optimizer;
    case "rmsprop":
      return new optim.RMSprop(parameters, { lr, momentum, weightDecay }) as unknown as optim.Optimizer;
    case "adagrad":
      return new optim.Adagrad(parameters, { lr, weightDecay }) as unknown as optim.Optimizer;
  }
}

export function createSchedule(
  _optimizer: optim.Optimizer,
  _config: ResolvedConfig,
  _totalSteps: number,
): TrainerSchedule | undefined {
  return undefined;
}
