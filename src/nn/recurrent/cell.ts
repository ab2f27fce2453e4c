import type { Shape } from "../../base/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Gate } from "../observable.js";
import type { Parameter } from "../parameter.js";

/** The sizes that shape a layer's parameters. */
export interface LayerSizes {
  /** What comes in: I, or D·H above the first layer. */
  inputSize: number;
  hiddenSize: number;
}

/** A parameter of a layer. One whose name starts with `bias` is left out when the module has none. */
export interface ParameterSpec {
  shape: Shape;
  /** Fills it. Default: uniform in ±1/√H. */
  init?: (parameter: Parameter) => void;
}

/** One layer in one direction: what a cell works on. */
export interface CellLayer {
  /** [L, N, I], in the order in which it is walked. */
  x: Tensor;
  /** [N, H] each, as many as the cell has; zeros when the user gave none. */
  states: readonly Tensor[];
  hiddenSize: number;
  training: boolean;
  /**
   * What `draw` gave in the first run over these sequences, for as many of them as still run. A packed batch is run in pieces
   * of equally many sequences; a mask that holds for the whole sequence is drawn in the first, which has them all. Absent
   * where the layer is one run.
   */
  once?(draw: () => Tensor): Tensor;
  /** The parameter of this name, without its suffix. */
  weight(name: string): Tensor;
  /** The same for one that may have been left out. */
  bias(name: string): Tensor | null;
  /**
   * Given when someone looks: to be told of every step in the order of the walk, its next states [N, H], h first, and its gates in
   * the order in which the cell announces them. `unroll` does it; a cell that computes a sequence in one operation then walks instead.
   */
  observe?(states: readonly Tensor[], gates: readonly Tensor[]): void;
}

/** What a layer gives: h at every step [L, N, H], and the states after the last one. */
export interface LayerResult {
  y: Tensor;
  states: readonly Tensor[];
}

/** A recurrence without an engine kernel of its own: its parameters, its states, and the walk through a sequence. */
export interface Cell {
  /** For errors and `toString`: `MGU`. */
  name: string;
  states: 1 | 2;
  /** What `diagnostics` shows of it; none when left out. */
  gates?: readonly Gate[];
  /**
   * The parameter that takes h from one step to the next: [G·H, H], a block for each of the gates in their order, or [H] when each
   * unit sees itself alone. Left out when there is none.
   */
  recurrent?: string;
  parameters(sizes: LayerSizes): Record<string, ParameterSpec>;
  run(layer: CellLayer): LayerResult;
}

/** PyTorch's four parameters of a layer of `gates` gates. */
export function gateParameters(gates: number, { inputSize, hiddenSize }: LayerSizes): Record<string, ParameterSpec> {
  const rows = gates * hiddenSize;
  return {
    weight_ih: { shape: [rows, inputSize] },
    weight_hh: { shape: [rows, hiddenSize] },
    bias_ih: { shape: [rows] },
    bias_hh: { shape: [rows] },
  };
}
