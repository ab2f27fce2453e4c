import { FormatError, show } from "../base/errors.js";
import type { GeneratorState } from "../base/random.js";
import type { EarlyStoppingState } from "./early-stopping.js";
import type { MeanState } from "./metrics.js";

/** What the next batch is. JSON-safe. */
export interface BatchPosition {
  epoch: number;
  /** Batches of this epoch already taken. */
  step: number;
}

/** Where batches come from: `StreamBatcher` is one. */
export interface BatchSource<B> {
  /** Batches in an epoch. */
  readonly steps: number;
  /** Of the next batch. */
  position: BatchPosition;
  next(): B;
  /** Awaited before each step: batches that come from elsewhere are fetched here, `count` of them and what says whether more follow. */
  ready?(count: number): Promise<void> | undefined;
}

/** JSON-safe: all that a trainer is besides tensors. */
export interface TrainerState {
  step: number;
  validatedStep: number;
  position: BatchPosition;
  generator: GeneratorState;
  stopping: EarlyStoppingState;
  window: MeanState;
  windowNorm: MeanState;
  interval: MeanState;
}

type Check = (value: unknown) => boolean;
const natural: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const finite: Check = Number.isFinite;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const mean = { sum: finite, count: natural };

const RULES: Readonly<Record<string, Check | Readonly<Record<string, Check>>>> = {
  step: natural,
  validatedStep: natural,
  position: { epoch: natural, step: natural },
  generator: { seed: natural, counter: natural, used: natural },
  stopping: {
    bestLoss: orNull(finite),
    bestStep: orNull(natural),
    stale: natural,
    best: (best) => best === undefined || finite(best),
    others: (others) => others === undefined || (Array.isArray(others) && others.every(finite)),
  },
  window: mean,
  windowNorm: mean,
  interval: mean,
};

/**
 * The state of a trainer, checked.
 * @throws FormatError naming the field that is missing or wrong
 */
export function readTrainerState(given: unknown): TrainerState {
  const state = asObject("state", given, RULES);
  for (const [name, rule] of Object.entries(RULES)) {
    if (typeof rule === "function") {
      if (!rule(state[name])) fail(name, state[name]);
      continue;
    }
    const part = asObject(name, state[name], rule);
    for (const [key, check] of Object.entries(rule)) if (!check(part[key])) fail(`${name}.${key}`, part[key]);
  }
  return given as TrainerState;
}

/** An object of no other fields than `known`: what is not known would be lost. */
function asObject(name: string, value: unknown, known: object): Record<string, unknown> {
  if (value === null || typeof value !== "object") fail(name, value);
  for (const key of Object.keys(value)) if (!Object.hasOwn(known, key)) fail(name, key);
  return value as Record<string, unknown>;
}

function fail(name: string, value: unknown): never {
  throw new FormatError({
    op: "Trainer.state",
    argument: name,
    must: "be as Trainer.state gives it",
    value: value === undefined ? "nothing" : show(value),
  });
}
