import { show, UnsupportedError } from "../../../base/errors.js";
import { GATES } from "../../../engine/cells.js";
import { lockedDropout } from "../../../nn/functional/regularization.js";
import { LSTMStack } from "../../../nn/recurrent/lstm-stack.js";
import { flip, reshape, unsqueeze } from "../../../tensor/ops/shape.js";
import { narrow } from "../../../tensor/ops/slice.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { keras } from "../../conventions/columns.js";
import { cudnn, isCudnn } from "../../conventions/cudnn.js";
import { JsonObject } from "../../json-object.js";
import type { NamedArray } from "../../named-array.js";
import { activationName } from "../activations.js";
import { type CellName, type RecurrentLayer, recurrentOf } from "../cells.js";
import { KerasLayer, type LayerSpec, type Signal } from "../layer.js";
import { Walk } from "../step-mask.js";
import { type LayerWeights, PlacedNames } from "../weights.js";

const CELLS: Readonly<Record<string, CellName>> = {
  SimpleRNN: "rnn",
  SimpleRNNCell: "rnn",
  LSTM: "lstm",
  LSTMCell: "lstm",
  CuDNNLSTM: "lstm",
  GRU: "gru",
  GRUCell: "gru",
  CuDNNGRU: "gru",
};

const NAMES = { kernel: "kernel", recurrent: "recurrent_kernel", bias: "bias" };

export interface RecurrentSettings {
  returnSequences: boolean;
  returnState: boolean;
  goBackwards: boolean;
  stateful: boolean;
  /** Zeros at masked steps, not the output before. */
  zeroOutput: boolean;
  /** At masked steps before the first that counts, the initial state is put out. */
  showsInitial: boolean;
  /** The states of the last cell come first. */
  lastFirst: boolean;
  /** Of the inputs, in training; one mask for all steps. */
  dropout: number;
}

/** A recurrent layer of Keras: one cell or several, each a recurrent module of ours over the whole sequence. */
export class KerasRecurrent extends KerasLayer {
  readonly settings: RecurrentSettings;
  cells: RecurrentLayer[];
  /** Where `stateful`: the states after the last call. */
  kept: Tensor[] | null = null;

  constructor(cells: RecurrentLayer[], settings: RecurrentSettings) {
    super();
    this.cells = cells;
    this.settings = settings;
  }

  override resetState(): void {
    this.kept = null;
  }

  /** A sequence, and initial states: none or all. */
  override takes(count: number): boolean {
    return count === 1 || count === 1 + this.cells.reduce((sum, cell) => sum + statesOf(cell), 0);
  }

  call([{ x: given, mask }, ...initial]: readonly Signal[]): readonly Signal[] {
    const { goBackwards, returnSequences, returnState, zeroOutput, stateful, dropout } = this.settings;
    const x = lockedDropout(given, dropout, { axis: 1, training: this.training });
    const before = initial.length > 0 ? initial.map((signal) => signal.x) : this.kept;
    const walk = mask === null || !mask.on.includes(0) ? null : new Walk(mask, goBackwards);
    const walked = walk?.gather(x) ?? (goBackwards ? flip(x, 1) : x);
    const { y, states, top } = this.run(walked, before, walk);
    if (stateful) this.kept = states.map((state) => state.detach().retain());
    const first = this.settings.showsInitial ? top : null;
    const outputs = walk === null ? y : walk.spread(y, goBackwards, zeroOutput, first);
    const steps = outputs.shape[1];
    const output = returnSequences ? outputs : reshape(narrow(outputs, 1, steps - 1, 1), [-1, outputs.shape[2]]);
    const rest = returnState ? states.map((state) => ({ x: state, mask: null })) : [];
    return [{ x: output, mask: returnSequences ? mask : null }, ...rest];
  }

  /** `top`: the last cell's h before the first step. States are [N, H] each. */
  private run(x: Tensor, before: readonly Tensor[] | null, walk: Walk | null) {
    const options = walk === null ? {} : { lengths: walk.lengths };
    const groups: Tensor[][] = [];
    const initial = before === null ? null : this.perCell(before);
    let y = x;
    for (const [k, cell] of this.cells.entries()) {
      const from = initial?.[k] ?? null;
      const [outputs, next] = forwardFrom(cell, y, from, options);
      y = outputs;
      groups.push(next.map((state, i) => (walk === null ? state : walk.settle(state, from?.[i] ?? null))));
    }
    const states = (this.settings.lastFirst ? groups.toReversed() : groups).flat();
    return { y, states, top: initial?.at(-1)?.[0] ?? null };
  }

  /** States as Keras lists them, by cell. */
  private perCell(states: readonly Tensor[]): Tensor[][] {
    const order = this.settings.lastFirst ? this.cells.toReversed() : this.cells;
    let at = 0;
    const groups = order.map((cell) => {
      const from = at;
      at += statesOf(cell);
      return states.slice(from, at);
    });
    return this.settings.lastFirst ? groups.toReversed() : groups;
  }
}

const statesOf = (cell: RecurrentLayer): number => (cell instanceof LSTMStack ? 2 : 1);

function forwardFrom(
  cell: RecurrentLayer,
  x: Tensor,
  states: readonly Tensor[] | null,
  options: { lengths?: readonly number[] },
): [Tensor, Tensor[]] {
  const [h = null, c = null] = states?.map((state) => unsqueeze(state, 0)) ?? [];
  const last = (state: Tensor): Tensor => reshape(state, state.shape.slice(1));
  if (cell instanceof LSTMStack) {
    const [y, next] = cell.forward(x, h === null || c === null ? null : { h, c }, options);
    return [y, [last(next.h), last(next.c)]];
  }
  const [y, next] = cell.forward(x, h, options);
  return [y, [last(next)]];
}

/** SimpleRNN, LSTM, GRU, their forms for cuDNN, and RNN of cells. */
export function buildRecurrent(spec: LayerSpec): KerasRecurrent {
  const { op, where, config, type, dialect } = spec;
  if (config.boolean("time_major", false)) {
    const [must, value] = ["have sequences with the batch first", "time_major"];
    throw new UnsupportedError({ op, argument: where, must, value });
  }
  const cells = type === "RNN" ? cellsOf(spec) : [{ type, config, weights: spec.weights.part("cell") }];
  const modules = cells.map((cell) => buildCell(spec, cell.type, cell.config, cell.weights));
  return new KerasRecurrent(modules, {
    returnSequences: config.boolean("return_sequences", false),
    returnState: config.boolean("return_state", false),
    goBackwards: config.boolean("go_backwards", false),
    stateful: config.boolean("stateful", false),
    zeroOutput: config.boolean("zero_output_for_mask", false),
    showsInitial: dialect.isTfjs,
    lastFirst: dialect.isTfjs,
    dropout: config.number("dropout", 0),
  });
}

interface CellPart {
  type: string;
  config: JsonObject;
  weights: LayerWeights;
}

/** The cells of an RNN layer: `cell`, which may be StackedRNNCells. */
function cellsOf({ config, where, weights, op }: LayerSpec): CellPart[] {
  const cell = config.object("cell").called(`cell of ${where}`);
  const type = cell.string("class_name");
  const own = cell.object("config");
  if (type !== "StackedRNNCells") return [{ type, config: own, weights: weights.part("cell") }];
  const names = new PlacedNames();
  const inside = weights.part("cell").part("cells");
  return own.list("cells").map((entry, i) => {
    const part = new JsonObject(op, `cell ${i} of ${where}`, entry);
    const inner = part.string("class_name");
    return { type: inner, config: part.object("config"), weights: inside.part(names.next(inner)) };
  });
}

function buildCell(spec: LayerSpec, type: string, config: JsonObject, weights: LayerWeights): RecurrentLayer {
  const { op, where, dialect } = spec;
  if (!Object.hasOwn(CELLS, type)) throw unknownCell(spec, type);
  const cell = CELLS[type];
  const isOfCudnn = type.startsWith("CuDNN");
  const units = config.count("units");
  const bias = isOfCudnn || config.boolean("use_bias", true);
  const { arrays, resetAfter } = takeArrays(
    cell,
    units,
    bias,
    isOfCudnn || config.boolean("reset_after", false),
    weights,
  );
  const settings = {
    cell,
    inputSize: arrays.get("kernel")!.shape[0],
    units,
    bias,
    activation: isOfCudnn ? "tanh" : activationName(config, "activation", "tanh"),
    recurrentActivation: isOfCudnn
      ? "sigmoid"
      : activationName(config, "recurrent_activation", dialect.recurrentActivation),
    resetAfter,
    recurrentDropout: config.number("recurrent_dropout", 0),
  };
  const module = recurrentOf(op, where, settings, dialect);
  module.loadStateDict(keras({ cell: cell === "rnn" ? "rnn_tanh" : cell, names: NAMES }).toOurs(arrays));
  return module;
}

/** The layer's arrays in Keras's plain layout. A GRU that cuDNN trained resets after the product, whatever its class is called. */
function takeArrays(cell: CellName, units: number, bias: boolean, resetAfter: boolean, weights: LayerWeights) {
  const width = GATES[cell === "rnn" ? "rnn_tanh" : cell] * units;
  const arrays = new Map<string, NamedArray>([
    ["kernel", weights.take("kernel", [null, width])],
    ["recurrent_kernel", weights.take("recurrent_kernel", [units, width])],
  ]);
  if (!bias) return { arrays, resetAfter };
  const found = weights.peek("bias");
  if (cell !== "rnn" && found !== null && isCudnn(cell, units, found)) {
    arrays.set("bias", weights.take("bias", [2 * width]));
    return { arrays: cudnn({ cell, names: NAMES }).toOurs(arrays), resetAfter: true };
  }
  arrays.set("bias", weights.take("bias", cell === "gru" && resetAfter ? [2, width] : [width]));
  return { arrays, resetAfter };
}

function unknownCell({ op, where }: LayerSpec, type: string): UnsupportedError {
  const must = `be of ${Object.keys(CELLS)
    .filter((name) => name.endsWith("Cell"))
    .join(", ")} or StackedRNNCells`;
  return new UnsupportedError({ op, argument: `the cell of ${where}`, must, value: show(type) });
}
