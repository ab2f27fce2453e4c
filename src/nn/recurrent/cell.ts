import type { Shape } from "../../base/shape.js";
import type { CellKind } from "../../engine/cells.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Gate } from "../observable.js";
import type { Parameter } from "../parameter.js";
import type { StepRates } from "./step-rates.js";

/** The sizes that shape a layer's parameters. */
export interface LayerSizes {
  /** What comes in: I, or what the layer below gives. */
  inputSize: number;
  hiddenSize: number;
  /** Of h: H, or P where it is projected. */
  outputSize: number;
}

/** A parameter of a layer. One whose name starts with `bias` is left out when the module has none. */
export interface ParameterSpec {
  shape: Shape;
  /** Fills it. Default: uniform in ±1/√H. */
  init?: ((parameter: Parameter) => void) | undefined;
}

/** One layer in one direction: what a cell works on. */
export interface CellLayer {
  /** [L, N, I], in the order in which it is walked; to a cell that `walksPacked`, as it lies. */
  x: Tensor;
  /** [N, H] each, as many as the cell has, h first; zeros when the user gave none. */
  states: readonly Tensor[];
  hiddenSize: number;
  training: boolean;
  /** Of a cell that `takesNoise`, for `unroll`; else zeros. */
  rates: StepRates;
  /** For a cell that `walksPacked`: the sequences at each step, never growing, of which x may be the packed rows [R, I]. */
  batchSizes?: readonly number[] | undefined;
  /** For a cell that `walksPacked`: whether to go from the end to the start. */
  reverse?: boolean | undefined;
  /**
   * What `draw` gave in the first run over these sequences, for as many of them as still run. A packed batch is run in pieces
   * of equally many sequences; a mask that holds for the whole sequence is drawn in the first, which has them all. Absent
   * where the layer is one run.
   */
  once?(draw: () => Tensor): Tensor;
  /** The parameter of this name, without its suffix. */
  weight(name: string): Tensor;
  /** The bias of this name, without its suffix; null where it has been left out. */
  bias(name: string): Tensor | null;
  /**
   * Given when someone looks: to be told of every step in the order of the walk, its next states [N, H], h first, and its gates in
   * the order in which the cell announces them. `unroll` does it; a cell that computes a sequence in one operation then walks instead.
   */
  observe?(states: readonly Tensor[], gates: readonly Tensor[]): void;
}

/** What a layer gives: h at every step, x with H for I, and the states after the last one. */
export interface LayerResult {
  y: Tensor;
  states: readonly Tensor[];
}

/**
 * A recurrence: its parameters, its states, and the walk of one layer. All else (layers, directions, lengths, options) is
 * `Recurrent`'s, for all of them alike.
 */
export interface Cell {
  /** For errors: `MGU`. */
  name: string;
  states: 1 | 2;
  /** What `diagnostics` shows of it; none when left out. */
  gates?: readonly Gate[] | undefined;
  /**
   * The parameter that takes h from one step to the next: [G·H, H], a block for each of the gates in their order, or [H] when each
   * unit sees itself alone. Left out when there is none.
   */
  recurrent?: string | undefined;
  /** Its steps are those of `unroll` with the layer's rates, so that zoneout and recurrent dropout are options of the module. */
  takesNoise?: boolean | undefined;
  /** h_t may be W_hr times what it would be: `projSize` is an option, and the layer has `weight_hr` [P, H]. */
  projects?: boolean | undefined;
  /** Its `run` does nothing along the steps but `unroll`, which then takes packed rows and both directions as they lie. */
  walksPacked?: boolean | undefined;
  /** The engine's kernel that does a whole layer, when nobody looks and no noise is on; its parameters are PyTorch's. Null for none. */
  kernel?: CellKind | null | undefined;
  parameters(sizes: LayerSizes): Record<string, ParameterSpec>;
  run(layer: CellLayer): LayerResult;
}

/** All parameters of a layer, the projection's too. */
export function layerParameters(cell: Cell, sizes: LayerSizes): Record<string, ParameterSpec> {
  const { hiddenSize, outputSize } = sizes;
  const own = cell.parameters(sizes);
  return outputSize === hiddenSize ? own : { ...own, weight_hr: { shape: [outputSize, hiddenSize] } };
}

/** PyTorch's four parameters of a layer of `gates` gates. */
export function gateParameters(
  gates: number,
  { inputSize, hiddenSize, outputSize }: LayerSizes,
): Record<string, ParameterSpec> {
  const rows = gates * hiddenSize;
  return {
    weight_ih: { shape: [rows, inputSize] },
    weight_hh: { shape: [rows, outputSize] },
    bias_ih: { shape: [rows] },
    bias_hh: { shape: [rows] },
  };
}
