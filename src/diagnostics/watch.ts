import { checkFunction } from "../base/check.js";
import { type Module, requireModule } from "../nn/module.js";
import { observe } from "./observe.js";
import type { LayerTrace } from "./observed-run.js";
import { recurrentParts } from "./recurrent-net.js";

/** One run of a recurrent module inside a `watch`. */
export interface WatchedRun {
  /** The module's name in the model: `encoder.lstm`; empty for the model itself. */
  name: string;
  /** Layer by layer; the gradients are those of the last walk inside the `watch` that reached them. */
  layers: LayerTrace[];
}

/**
 * Runs `body`, any part of a program that uses `model`, with every recurrent module in it taking its steps one by one, and
 * returns what was seen of each of their runs, in order. Results and gradients are those of the usual way but for rounding, so
 * that a step of training can go on from them.
 *
 * Seen are `RNN`, `LSTM` and `GRU`, the other recurrent modules of `nn` (`IRNN`, `IndRNN`, `MGU`, `MinGRU`, `MinLSTM`,
 * `PeepholeLSTM`, `LayerNormLSTM` and `GRU`), modules that extend `CellStack`, wherever they stand (`RecurrentStack`,
 * `WeightDrop`, `AWDLSTM`); and the single-step cells `RNNCell`, `LSTMCell` and `GRUCell`: calls that pass the state on are the
 * steps of one run. A call with no state, or with one that comes from elsewhere or was detached, begins another.
 * @example
 * const [run] = diagnostics.watch(model, () => {
 *   optimizer.zeroGrad();
 *   lossOf(model.forward(x), targets).backward();
 * });
 * optimizer.step();
 * console.log(run.name, run.layers[0].gradH);
 */
export function watch(model: Module, body: () => unknown): WatchedRun[] {
  requireModule("watch", model, "model");
  checkFunction("watch", "body", body, "Write watch(model, () => { ... }).");
  const runs = observe(recurrentParts(model), body);
  return runs.map((run) => ({ name: run.name, layers: run.layers() }));
}
