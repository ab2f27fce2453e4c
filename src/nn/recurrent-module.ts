import { refusal } from "../base/check.js";
import { OptionError } from "../base/errors.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Module } from "./module.js";
import { checkBoolean } from "./options.js";
import type { PackedSequence } from "./packed-sequence.js";
import type { SequenceOptions } from "./recurrent.js";
import { WeightDrop } from "./weight-drop.js";

/**
 * A module from a sequence and a state to a sequence and a state: `LSTM`, `MinGRU`, a `WeightDrop` around one, or one of your own.
 * For sequences of many lengths it needs `forwardPacked`.
 */
export interface RecurrentModule extends Module {
  // biome-ignore lint/suspicious/noExplicitAny: each kind of module has its own kind of state
  forward(x: Tensor, state?: any, options?: SequenceOptions): readonly [Tensor, any];
  // biome-ignore lint/suspicious/noExplicitAny: each kind of module has its own kind of state
  forwardPacked?(x: PackedSequence, state?: any): readonly [PackedSequence, any];
}

/** The state that a module carries. */
export type StateOf<M extends RecurrentModule> = ReturnType<M["forward"]>[1];

/** @throws OptionError for a module that returns no pair of an output and a state */
export function forwardTensor<M extends RecurrentModule>(
  op: string,
  module: M,
  x: Tensor,
  state: StateOf<M> | null | undefined,
  options?: SequenceOptions,
): readonly [Tensor, StateOf<M>] {
  const result: unknown = options === undefined ? module.forward(x, state) : module.forward(x, state, options);
  if (Array.isArray(result) && result.length === 2) return result as unknown as readonly [Tensor, StateOf<M>];
  throw refusal(op, "module", "be one that returns [output, state]", module);
}

/** @throws OptionError for a module without a way for packed sequences */
export function forwardPacked<M extends RecurrentModule>(
  op: string,
  module: M,
  x: PackedSequence,
  state: StateOf<M> | null | undefined,
): readonly [PackedSequence, StateOf<M>] {
  if (typeof module.forwardPacked === "function") return module.forwardPacked(x, state);
  const must = "be one with forwardPacked() for sequences of many lengths";
  throw refusal(op, "module", must, module);
}

/**
 * Whether modules take [N, L, ..]: what they say themselves, else what `given` says, else false.
 * @throws OptionError when they do not agree
 */
export function batchFirstOf(op: string, modules: readonly Module[], given: boolean | undefined): boolean {
  const said = modules.flatMap((module) => {
    const { batchFirst } = (module instanceof WeightDrop ? module.module : module) as { batchFirst?: unknown };
    return typeof batchFirst === "boolean" ? [batchFirst] : [];
  });
  const found = given === undefined ? (said[0] ?? false) : checkBoolean(op, "batchFirst", given);
  if (said.every((own) => own === found)) return found;
  const value = given === undefined ? "some of each" : String(given);
  throw new OptionError({ op, argument: "batchFirst", must: "be the same as that of its modules", value });
}
