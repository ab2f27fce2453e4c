import {
  checkFunction,
  checkKnownOptions,
  checkLayerCount,
  checkNonNegativeInteger,
  checkNumber,
  checkObject,
  checkOneOf,
  checkPositiveInteger,
  checkString,
} from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { checkRoom } from "../../base/room.js";
import { ACTIVATIONS, type Activation } from "../functional/activations.js";
import { checkBoolean, checkFloatDType, type DTypeOption } from "../options.js";
import type { Cell } from "./cell.js";
import { MERGE_MODES, type MergeMode } from "./merge.js";
import { resolveRates, STEP_OPTIONS, type StepOptions, type StepRates } from "./step-rates.js";

/** What every recurrent module takes: PyTorch's names and defaults, then what others have besides. */
export interface CellStackOptions extends DTypeOption {
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
  /** Add a layer's input to its output wherever their sizes agree. Default false. Source: Wu et al. 2016. */
  residual?: boolean | undefined;
}

/**
 * What a module takes whose steps multiply h by a matrix. `zoneout`, and in training `recurrentDropout`, are done step by step, not in
 * a kernel, which is slower (docs/decisions/010).
 */
export interface RecurrentOptions extends CellStackOptions, StepOptions {
  /** How `weight_hh` starts: uniform in ±1/√H, or each gate's block orthogonal. Default uniform. Source: Saxe et al. 2014. */
  recurrentInit?: "uniform" | "orthogonal" | undefined;
}

export interface ProjectionOption {
  /**
   * P, less than hiddenSize: h_t is W_hr times what it would be, with `weight_hr_l{k}` [P, H]; y is [L, N, D·P]. 0 for none. Default 0.
   * Source: Sak, Senior & Beaufays 2014.
   */
  projSize?: number | undefined;
}

/** Activations other than these defaults run step by step, not in a kernel, which is slower (docs/decisions/010). */
export interface GateActivations {
  /** Of the gates. Default sigmoid. */
  gateActivation?: Activation | undefined;
  /** Of the candidate, and of c in the lstm's output. Default tanh. */
  stateActivation?: Activation | undefined;
}

/** Of every module. */
const SHARED = [
  "numLayers",
  "bias",
  "batchFirst",
  "dropout",
  "bidirectional",
  "mergeMode",
  "returnSequences",
  "stateful",
  "residual",
];

type AnyOptions = RecurrentOptions & ProjectionOption;

/** Whether the module decides how the cell's recurrent matrix starts. */
function startsOrthogonal(cell: Cell, own: readonly string[]): boolean {
  return cell.recurrent !== undefined && !own.includes("recurrentInit");
}

/** A subclass may bring a cell of its own. */
function checkCell(cell: Cell): void {
  const op = "Recurrent";
  checkObject(op, "cell", cell, "{ name, states, parameters, run }");
  checkString(op, "cell.name", cell.name);
  checkNumber(op, "cell.states", cell.states, { min: 1, max: 2 });
  checkFunction(op, "cell.parameters", cell.parameters);
  checkFunction(op, "cell.run", cell.run);
}

/** The names of the options of a module of this cell. @param own  those that it reads itself */
function optionsOf(cell: Cell, own: readonly string[]): string[] {
  const known = [
    ...SHARED,
    ...(cell.takesNoise ? STEP_OPTIONS : []),
    ...(startsOrthogonal(cell, own) ? ["recurrentInit"] : []),
    ...(cell.projects ? ["projSize"] : []),
    ...own,
    "dtype",
  ];
  return [...new Set(known)];
}

/**
 * The options of a recurrent module, checked and with their defaults.
 * @param own  names of those that the module reads itself
 */
export function checkStackOptions(
  cell: Cell,
  sizes: { inputSize: number; hiddenSize: number },
  given: CellStackOptions,
  own: readonly string[],
) {
  checkCell(cell);
  const op = cell.name;
  checkKnownOptions(op, given, optionsOf(cell, own));
  const options: AnyOptions = given;
  const bidirectional = checkBoolean(op, "bidirectional", options.bidirectional ?? false);
  const returnSequences = checkBoolean(op, "returnSequences", options.returnSequences ?? true);
  const residual = checkBoolean(op, "residual", options.residual ?? false);
  if (residual && bidirectional && !returnSequences) {
    const fix = "Take the last outputs of a module that returns sequences.";
    const must = "be left out where both directions return their last output alone, which is of different steps";
    throw new OptionError({ op, argument: "residual", must, value: "true", fix });
  }
  return {
    bidirectional,
    mergeMode: checkMergeMode(op, options.mergeMode, bidirectional),
    bias: checkBoolean(op, "bias", options.bias ?? true),
    batchFirst: checkBoolean(op, "batchFirst", options.batchFirst ?? false),
    returnSequences,
    stateful: checkBoolean(op, "stateful", options.stateful ?? false),
    residual,
    dropout: checkNumber(op, "dropout", options.dropout ?? 0, { min: 0, max: 1 }),
    rates: cell.takesNoise ? resolveRates(op, options, cell.states) : noRates(cell),
    isOrthogonal:
      startsOrthogonal(cell, own) &&
      checkOneOf(op, "recurrentInit", options.recurrentInit ?? "uniform", ["uniform", "orthogonal"]) === "orthogonal",
    inputSize: checkPositiveInteger(op, "inputSize", sizes.inputSize),
    hiddenSize: checkPositiveInteger(op, "hiddenSize", sizes.hiddenSize),
    projSize: cell.projects ? checkProjection(op, options.projSize ?? 0, sizes.hiddenSize) : 0,
    numLayers: checkLayers(op, options.numLayers ?? 1, sizes.hiddenSize),
    dtype: checkFloatDType(op, options.dtype),
  };
}

/** JavaScript's own objects of a layer, in bytes: what many narrow layers cost. */
const LAYER_BYTES = 4096;

/** @throws OptionError, OutOfMemoryError for more layers than there may be, or is room for, before the first is made */
export function checkLayers(op: string, numLayers: unknown, hiddenSize: number): number {
  const count = checkLayerCount(op, "numLayers", numLayers);
  checkRoom(count * (LAYER_BYTES + 4 * hiddenSize * hiddenSize), op);
  return count;
}

function noRates({ states }: Cell): StepRates {
  return { zoneout: new Array<number>(states).fill(0), recurrentDropout: 0 };
}

function checkMergeMode(op: string, given: unknown = "concat", bidirectional: boolean): MergeMode {
  const mergeMode = checkOneOf(op, "mergeMode", given as MergeMode, MERGE_MODES);
  if (mergeMode === "concat" || bidirectional) return mergeMode;
  const [must, fix] = ["be left out with one direction", "Pass bidirectional: true as well."];
  throw new OptionError({ op, argument: "mergeMode", must, value: `"${mergeMode}"`, fix });
}

function checkProjection(op: string, projSize: unknown, hiddenSize: number): number {
  const size = checkNonNegativeInteger(op, "projSize", projSize);
  if (size < hiddenSize) return size;
  const must = `be less than hiddenSize (${hiddenSize})`;
  throw new OptionError({ op, argument: "projSize", must, value: String(size) });
}

export function checkActivation(op: string, argument: string, value: unknown): Activation {
  return checkOneOf(op, argument, value, ACTIVATIONS);
}
