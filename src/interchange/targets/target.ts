import type { Json } from "../../base/strict-json.js";
import type { NamedArrays } from "../named-array.js";
import type { Blueprint } from "./blueprint.js";
import type { ModelCode } from "./ts/code.js";

/** How weights are written: as they are, in 16 bits, or in 8 with a scale for each row. */
export const PRECISIONS = ["float32", "float16", "int8"] as const;
export type Precision = (typeof PRECISIONS)[number];

/** A trained model as targets see it. */
export interface ModelToWrite {
  /** What its files are called: `reviews`. */
  readonly name: string;
  /** For a person: `a classifier`. */
  readonly title: string;
  readonly blueprint: Blueprint;
  /** By our names, in float32; a matrix that two modules share once. */
  readonly weights: NamedArrays;
  /** What else is to be known of it: its task, settings, vocabulary, classes, scales. */
  readonly description: Readonly<Record<string, Json>>;
  /** As a checkpoint of ours keeps that. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What makes it a module that stands by itself; null where its task has nothing. */
  readonly code: ModelCode | null;
}

/** What a target cannot write. */
export interface Obstacle {
  /** A module, or an output: `rnn`. */
  readonly layer: string;
  /** A clause: `has peepholes, which Keras lacks`. */
  readonly why: string;
}

/** Files by their names, which may have folders in them. */
export interface WrittenModel {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What is to be known when they are used, each a sentence without its full stop. */
  readonly notes: readonly string[];
}

/** What does the writing, fetched when it is needed. */
export interface TargetWriter {
  /** What stands in the way; empty: nothing. */
  obstacles(blueprint: Blueprint, precision: Precision): readonly Obstacle[];
  /** Called where nothing stands in the way. */
  write(model: ModelToWrite, precision: Precision): WrittenModel | Promise<WrittenModel>;
}

/** A format to write models in. */
export interface Target {
  /** Typed after `--to`. */
  readonly name: string;
  /** For a person: `PyTorch`. */
  readonly title: string;
  /** For help: `weights (.pt) and a module in Python (.py)`. */
  readonly writes: string;
  readonly precisions: readonly Precision[];
  load(): Promise<TargetWriter>;
}
