import {
  checkBoolean,
  checkFunction,
  checkKnownOptions,
  checkNonNegativeInteger,
  checkNumber,
  checkObject,
  checkOneOf,
  checkPositiveInteger,
  checkString,
  isObject,
  refusal,
} from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import type { Generator } from "../../base/random.js";
import { generatorOf } from "../../base/random.js";
import { checkPath } from "../../io/files.js";
import type { Module } from "../../nn/module.js";
import type { Optimizer } from "../../optim/index.js";
import type { StepEvent, TrainEvent } from "../events.js";
import { checkLoss, type Loss } from "./batch.js";
import type { EvaluateSettings } from "./evaluate.js";
import type { FitReport } from "./report.js";
import type { ScheduleGiven } from "./schedules.js";
import type { Batches } from "./source.js";

export interface EarlyStoppingSettings {
  /** A figure of the history. Default: `val_loss` where there is validation data, else `loss`. */
  monitor?: string | undefined;
  /** Which way it is good. Default: the metric's own; a loss is better when lower. */
  mode?: "min" | "max" | undefined;
  /** Validations without improvement after which to end; 0: never. Default 5. */
  patience?: number | undefined;
  /** What counts as an improvement: more than this. Default 0. */
  minDelta?: number | undefined;
  /** Whether the model has its best weights in the end. Default true. */
  restoreBest?: boolean | undefined;
}

export interface CheckpointSettings {
  /** Where all that training goes on from is written: `last.safetensors`. */
  path: string;
  /** After each validation alone, or also after so many steps. Default `epoch`. */
  every?: "epoch" | number | undefined;
  /** Where the weights of the best validation are written, by themselves. */
  best?: string | undefined;
}

/** What callbacks see. */
export interface FitContext<M> {
  readonly model: M;
  readonly optimizer: Optimizer;
  /** Steps done. */
  readonly step: number;
  /** Figures of the validations so far, by name. */
  readonly history: FitReport["history"];
  /** Ends training after what is under way. */
  stop(): void;
}

/** What is called on the way; whoever returns "stop" ends training. Promises are waited for. */
export interface Callback<M> {
  onBegin?(context: FitContext<M>): unknown;
  onStepEnd?(event: StepEvent, context: FitContext<M>): unknown;
  /** After each validation. @param figures  of this epoch, by the names of the history */
  onEpochEnd?(figures: Readonly<Record<string, number>>, context: FitContext<M>): unknown;
  onEnd?(report: FitReport, context: FitContext<M>): unknown;
}

export interface FitSettings<M, B> extends EvaluateSettings<M, B> {
  train: Batches<B>;
  /** Data to validate on, after each epoch. */
  valid?: Batches<B> | undefined;
  loss: Loss<B>;
  optimizer: Optimizer;
  /** Passes over the data. Either these or `steps` are needed. */
  epochs?: number | undefined;
  /** Updates after which to end. */
  steps?: number | undefined;
  /** Batches of an epoch, where the data have no end. Default: all there are. */
  stepsPerEpoch?: number | undefined;
  /** Updates between validations. Default: once an epoch. */
  validateEvery?: number | undefined;
  /** Stepped after each epoch, or each update; a ReduceLROnPlateau after each validation. */
  schedule?: ScheduleGiven | readonly ScheduleGiven[] | undefined;
  /** Most that the norm of all gradients may be. Default: any. */
  clipNorm?: number | undefined;
  /** Batches whose gradients make one update, weighted by their counts. Default 1. */
  accumulate?: number | undefined;
  /** The state that a recurrent model returns goes into the next batch, cut from its history. Default false. */
  stateful?: boolean | undefined;
  /** For `earlyStopping: { patience }`. */
  patience?: number | undefined;
  earlyStopping?: EarlyStoppingSettings | undefined;
  /** A path, or more. */
  checkpoint?: string | CheckpointSettings | undefined;
  /** Goes on from a checkpoint, bit for bit: that of `checkpoint`, where there is one yet, or another's path. */
  resume?: boolean | string | undefined;
  /** Besides the default one: what `train` draws its order from, so that a checkpoint has it. */
  generator?: Generator | undefined;
  callbacks?: readonly Callback<M>[] | Callback<M> | undefined;
  /** A live line on a terminal; where there is none nothing is written. Default true. */
  progress?: boolean | undefined;
  onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Ends training after the update under way. */
  signal?: AbortSignal | undefined;
}

const KNOWN = [
  ...[
    "train",
    "valid",
    "loss",
    "optimizer",
    "epochs",
    "steps",
    "stepsPerEpoch",
    "validateEvery",
    "schedule",
    "metrics",
  ],
  ...[
    "metricInput",
    "forward",
    "clipNorm",
    "accumulate",
    "stateful",
    "patience",
    "earlyStopping",
    "checkpoint",
    "resume",
  ],
  ...["generator", "callbacks", "progress", "onEvent", "signal"],
];

/** Settings of which none is left open. */
export type Resolved = ReturnType<typeof resolveSettings>;

/** @throws OptionError for settings that will not do */
export function resolveSettings<M extends Module, B>(op: string, model: M, given: FitSettings<M, B>) {
  checkKnownOptions(op, given, KNOWN);
  const { epochs, steps, stepsPerEpoch = 0, validateEvery = 0, clipNorm = 0, accumulate = 1, stateful = false } = given;
  if (epochs === undefined && steps === undefined) {
    const fix = "Write epochs: 10, or steps: 1000.";
    throw new OptionError({ op, argument: "epochs", must: "be given, or steps", value: "neither", fix });
  }
  if (epochs !== undefined) checkPositiveInteger(op, "epochs", epochs);
  if (steps !== undefined) checkPositiveInteger(op, "steps", steps);
  checkPositiveInteger(op, "accumulate", accumulate);
  for (const [name, value] of Object.entries({ stepsPerEpoch, validateEvery }))
    checkNonNegativeInteger(op, name, value);
  checkNumber(op, "clipNorm", clipNorm, { min: 0 });
  checkBoolean(op, "stateful", stateful);
  checkBoolean(op, "progress", given.progress ?? true);
  checkLoss(op, given.loss, accumulate);
  for (const name of ["onEvent", "forward", "metricInput"] as const) {
    if (given[name] !== undefined) checkFunction(op, name, given[name]);
  }
  checkOptimizer(op, model, given.optimizer);
  const counts = { epochs: epochs ?? Number.MAX_SAFE_INTEGER, steps: steps ?? 0, stepsPerEpoch, validateEvery };
  return {
    ...counts,
    clipNorm,
    accumulate,
    stateful,
    stopping: stoppingOf(op, given),
    checkpoint: checkpointOf(op, given.checkpoint),
    generators: given.generator === undefined ? [] : [generatorOf(op, given.generator)],
    callbacks: callbacksOf(op, given.callbacks),
  };
}

function stoppingOf<M, B>(op: string, { earlyStopping, patience, valid }: FitSettings<M, B>) {
  const usual = valid === undefined ? "loss" : "val_loss";
  if (earlyStopping === undefined && patience === undefined) {
    return { monitor: usual, mode: undefined, patience: 0, minDelta: 0, restoreBest: false };
  }
  const own = earlyStopping ?? {};
  checkKnownOptions(op, own, ["monitor", "mode", "patience", "minDelta", "restoreBest"]);
  const { monitor = usual, mode, minDelta = 0, restoreBest = true } = own;
  const found = { monitor, mode, patience: own.patience ?? patience ?? 5, minDelta, restoreBest };
  checkString(op, "earlyStopping.monitor", monitor);
  if (mode !== undefined) checkOneOf(op, "earlyStopping.mode", mode, ["min", "max"]);
  checkNonNegativeInteger(op, "patience", found.patience);
  checkNumber(op, "earlyStopping.minDelta", minDelta, { min: 0 });
  checkBoolean(op, "earlyStopping.restoreBest", restoreBest);
  return found;
}

function checkpointOf(op: string, given: string | CheckpointSettings | undefined) {
  if (given === undefined) return undefined;
  const own = typeof given === "string" ? { path: given } : given;
  checkObject(op, "checkpoint", own, "a path, or { path, every, best }");
  checkKnownOptions(op, own, ["path", "every", "best"]);
  const { path, every = "epoch", best } = own;
  checkPath(op, path);
  if (best !== undefined) checkPath(op, best);
  if (every !== "epoch") checkPositiveInteger(op, "checkpoint.every", every);
  return { path, every: every === "epoch" ? 0 : every, best };
}

function callbacksOf<M>(op: string, given: readonly Callback<M>[] | Callback<M> | undefined): Callback<M>[] {
  const list = given === undefined ? [] : Array.isArray(given) ? (given as Callback<M>[]) : [given as Callback<M>];
  const known = ["onBegin", "onStepEnd", "onEpochEnd", "onEnd"] as const;
  for (const one of list) {
    if (!isObject(one)) throw refusal(op, "callbacks", "be objects with onEpochEnd and the like", one);
    for (const name of known) if (one[name] !== undefined) checkFunction(op, `callbacks.${name}`, one[name]);
    if (known.some((name) => one[name] !== undefined)) continue;
    throw refusal(op, "callbacks", `have one of ${known.join(", ")}`, one);
  }
  return list;
}

function checkOptimizer(op: string, model: Module, optimizer: unknown): void {
  const groups = (optimizer as { paramGroups?: { params: unknown[] }[] } | null | undefined)?.paramGroups;
  const make = "Write optimizer: new optim.Adam(model.parameters()).";
  if (!Array.isArray(groups)) throw refusal(op, "optimizer", "be an optimiser", optimizer, make);
  const own = new Set<unknown>(model.parameters());
  if (groups.some(({ params }) => params.some((parameter) => own.has(parameter)))) return;
  const fix = `${make} A clone() and to() have parameters of their own.`;
  throw new OptionError({ op, argument: "optimizer", must: "hold parameters of the model", value: "others", fix });
}
