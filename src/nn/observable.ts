import type { Tensor } from "../tensor/tensor.js";
import type { Activation } from "./functional/activations.js";
import type { Module } from "./module.js";

/** Also "positive": the candidate of the minimal cells, x + 0.5 where x >= 0, else σ(x). */
export type GateActivation = Activation | "positive";

/** A gate, or the candidate that the gates let in, as its cell announces it. */
export interface Gate {
  /** As its paper calls it: `forget`. */
  name: string;
  activation: GateActivation;
}

/** What a recurrent module says of itself to those who look into it. */
export interface Anatomy {
  /** In the order in which an `ObservedStep` has them. */
  gates: readonly Gate[];
  numLayers: number;
  bidirectional: boolean;
  batchFirst: boolean;
  /** False when the module returns the output after each sequence's last step alone. */
  returnSequences: boolean;
  /**
   * What takes h from one step to the next in a layer and direction, without history: [G·H, H], a block a gate in their order; [H]
   * when each unit sees itself alone; null when no weight does, the gates seeing the inputs alone.
   * @param row  of the D·K layers and directions
   */
  recurrentWeight(row: number): Tensor | null;
}

/** One step of one layer in one direction; its tensors are on the tape, [n, H] each, n sequences being still there. */
export interface ObservedStep {
  /** Of the layers and directions, D·K of them. */
  row: number;
  /** Of each of the n sequences, longest first, its index of time: the same but in cells that walk back from each one's own end. */
  times: readonly number[];
  h: Tensor;
  c: Tensor | null;
  /** After their activations; the simple network's is h itself. */
  gates: readonly Tensor[];
}

export type StepObserver = (step: ObservedStep) => void;

/**
 * Called as a run begins; what it returns sees the run's steps.
 * @param from  the h that a single-step cell goes on from, or null: zeros, or a module that walks whole sequences
 */
export type RunObserver = (from: Tensor | null) => StepObserver;

/** A recurrent module that can be seen at work: `diagnostics` looks into whatever is one. */
export interface Observable extends Module {
  readonly anatomy: Anatomy;
  /**
   * Who sees every step of its runs, or null. While someone looks, steps are single operations, not one kernel for the sequence, with
   * the same results but for rounding.
   */
  observer: RunObserver | null;
}

export function isObservable(module: Module): module is Observable {
  return "anatomy" in module && "observer" in module;
}

/** The `times` of `count` sequences that are all at step t. */
export function sameTime(t: number, count: number): number[] {
  return new Array<number>(count).fill(t);
}
