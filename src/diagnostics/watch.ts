import { OptionError, show } from "../base/errors.js";
import { Module } from "../nn/module.js";
import { type LayerTrace, Observation } from "./observation.js";
import { isRecurrentNet, type RecurrentNet } from "./recurrent-net.js";

/** One call of a recurrent module inside a `watch`. */
export interface WatchedRun {
  /** The module's name in the model: `encoder.lstm`; empty for the model itself. */
  name: string;
  /** Layer by layer; the gradients are those of the last walk inside the `watch` that reached them. */
  layers: LayerTrace[];
}

/**
 * Runs `body`, any part of a program that uses `model`, with every `RNN`, `LSTM` and `GRU` in it taking its steps one by one,
 * and returns what was seen of each of their runs, in order. Results and gradients are those of the usual way but for
 * rounding, so that a step of training can go on from them.
 * @example
 * const [run] = diagnostics.watch(model, () => {
 *   optimizer.zeroGrad();
 *   lossOf(model.forward(x), targets).backward();
 * });
 * optimizer.step();
 * console.log(run.name, run.layers[0].gradH);
 */
export function watch(model: Module, body: () => unknown): WatchedRun[] {
  if (!(model instanceof Module)) {
    throw new OptionError({ op: "watch", argument: "model", rule: "a Module", value: show(model) });
  }
  const seen: { name: string; run: Observation }[] = [];
  const changed: RecurrentNet[] = [];
  try {
    for (const [name, module] of model.namedModules()) {
      if (!isRecurrentNet(module)) continue;
      changed.push(module);
      // Both ways in, for tensors and for packed sequences.
      for (const way of ["forward", "forwardPacked"] as const) {
        const usual = module[way].bind(module) as (...args: unknown[]) => unknown;
        Object.defineProperty(module, way, {
          configurable: true,
          value: (...args: unknown[]): unknown => {
            let result: unknown;
            const run = new Observation(module, () => {
              result = usual(...args);
            });
            seen.push({ name, run });
            return result;
          },
        });
      }
    }
    body();
  } finally {
    for (const module of changed) {
      delete (module as Partial<RecurrentNet>).forward;
      delete (module as Partial<RecurrentNet>).forwardPacked;
    }
  }
  return seen.map(({ name, run }) => ({ name, layers: run.layers() }));
}
