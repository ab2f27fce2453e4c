import type { RecordedLayer } from "../../diagnostics/record.js";
import type { Block, ShownStep } from "../inspection/blocks.js";
import type { GradientRow, PairData, Track } from "./score-data.js";

/** A track as it is. It is made when a score is: a report does without. */
export interface TrackBlock {
  kind: "track";
  steps: readonly ShownStep[];
  track(): Track;
}

/** Where the predictions of a sequence come from. */
export interface Traced {
  kind: "traced";
  steps: readonly ShownStep[];
  about: string;
  /** Of these steps, in their order. */
  rows(steps: readonly number[]): GradientRow[];
}

/** What the layers do as they read a sequence. */
export interface LayersBlock {
  kind: "layers";
  steps: readonly ShownStep[];
  /** The step of the layers' first one. */
  from: number;
  layers(): RecordedLayer[];
}

/** What was read beside what was written of it. */
export interface PairBlock {
  kind: "pair";
  steps: readonly ShownStep[];
  pair(): PairData;
}

/** A part of what a score shows: of a report, or of it alone. */
export type ScoreBlock = Block | TrackBlock | Traced | LayersBlock | PairBlock;
