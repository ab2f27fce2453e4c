import { checkKnownOptions, checkNumber, checkOneOf } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import { checkRoom } from "../base/room.js";
import { ACTIVATIONS, type Activation } from "./functional/activations.js";
import type { MergeMode } from "./functional/recurrent.js";
import { checkBoolean, type DTypeOption } from "./options.js";
import { resolveRates, STEP_OPTIONS, type StepOptions } from "./step-rates.js";

/**
 * What `RNN`, `LSTM` and `GRU` take: PyTorch's names and defaults, then what others have besides. `zoneout`, and in training
 * `recurrentDropout`, are done step by step, not in a kernel, which is slower (docs/log.md).
 */
export interface RecurrentOptions extends DTypeOption, StepOptions {
  /** Default 1. */
  numLayers?: number | undefined;
  /** Default true. */
  bias?: boolean | undefined;
  /** Sequences are [N, L, ..] instead of [L, N, ..]. States are [D·K, N, H] all the same. Default false. */
  batchFirst?: boolean | undefined;
  /** Probability between layers, in training. Default 0. */
  dropout?: number | undefined;
  /** Also walk from the end to the start; outputs are [L, N, 2H]. Default false. */
  bidirectional?: boolean | undefined;
  /** How a layer's two directions become its output: side by side, or added, averaged or multiplied to [L, N, H]. Default concat. */
  mergeMode?: MergeMode | undefined;
  /** False: y is the output after each sequence's last step alone, [N, D·H]; backwards, after its first. Default true. */
  returnSequences?: boolean | undefined;
  /** Begin each call with the state after the one before, detached, until `resetState()`. Default false. */
  stateful?: boolean | undefined;
  /** How `weight_hh` starts: uniform in ±1/√H, or each gate's block orthogonal. Default uniform. Source: Saxe et al. 2014. */
  recurrentInit?: "uniform" | "orthogonal" | undefined;
}

/** Activations other than these defaults run step by step, not in a kernel, which is slower (docs/log.md). */
export interface GateActivations {
  /** Of the gates. Default sigmoid. */
  gateActivation?: Activation;
  /** Of the candidate, and of c in the lstm's output. Default tanh. */
  stateActivation?: Activation;
}

const OPTIONS = [
  "numLayers",
  "bias",
  "batchFirst",
  "dropout",
  "bidirectional",
  "mergeMode",
  "returnSequences",
  "stateful",
  ...STEP_OPTIONS,
  "recurrentInit",
  "dtype",
];

/**
 * Those that need no more than a look.
 * @param own     names of the options of this cell alone
 * @param states  of the cell
 */
/** JavaScript's own objects of a layer, in bytes: what many narrow layers cost. */
const LAYER_BYTES = 4096;

/** @throws OutOfMemoryError for more layers than there is room for, before the first is made */
export function checkLayers(op: string, numLayers: number, hiddenSize: number): void {
  checkRoom(numLayers * (LAYER_BYTES + 4 * hiddenSize * hiddenSize), op);
}

export function checkRecurrentOptions(op: string, options: RecurrentOptions, own: readonly string[], states: 1 | 2) {
  checkKnownOptions(op, options, [...OPTIONS.slice(0, -1), ...own, "dtype"]);
  const bidirectional = checkBoolean(op, "bidirectional", options.bidirectional ?? false);
  const mergeMode = checkOneOf(op, "mergeMode", options.mergeMode ?? "concat", ["concat", "sum", "mean", "mul"]);
  if (mergeMode !== "concat" && !bidirectional) {
    const fix = "Pass bidirectional: true as well.";
    throw new OptionError({
      op,
      argument: "mergeMode",
      must: "be left out with one direction",
      value: `"${mergeMode}"`,
      fix,
    });
  }
  return {
    bias: checkBoolean(op, "bias", options.bias ?? true),
    batchFirst: checkBoolean(op, "batchFirst", options.batchFirst ?? false),
    bidirectional,
    mergeMode,
    returnSequences: checkBoolean(op, "returnSequences", options.returnSequences ?? true),
    stateful: checkBoolean(op, "stateful", options.stateful ?? false),
    dropout: checkNumber(op, "dropout", options.dropout ?? 0, { min: 0, max: 1 }),
    rates: resolveRates(op, options, states),
    recurrentInit: checkOneOf(op, "recurrentInit", options.recurrentInit ?? "uniform", ["uniform", "orthogonal"]),
  };
}

export function checkActivation(op: string, argument: string, value: unknown): Activation {
  return checkOneOf(op, argument, value, ACTIVATIONS);
}
