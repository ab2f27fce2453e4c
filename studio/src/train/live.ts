/** What is known of the training that is shown: told by the worker, drawn by the page. None of it is in the address. */
import type { TaskInfo } from "../worker/about-task.js";
import type { Answered, ErrorData } from "../worker/protocol.js";
import type { Curve, RunRecord } from "../worker/runs.js";
import type { Sample } from "../worker/samples.js";
import type { DataAnswer, Phase, Validated } from "../worker/train.js";

export interface SampledAt {
  readonly step: number;
  readonly samples: readonly Sample[];
}

export interface Live {
  readonly begun: Answered<"train.begin"> | null;
  /** The file that is read: a name for a title. */
  readonly file: string | null;
  readonly reading: boolean;
  readonly about: DataAnswer | null;
  /** Values of settings as nobody changed them, as far as they were seen. */
  readonly fits: Readonly<Record<string, unknown>>;
  /** Of reading, of a setting, of training. */
  readonly error: ErrorData | null;
  /** null: nothing was begun yet. */
  readonly phase: Phase | null;
  readonly step: number;
  readonly epoch: number;
  readonly totalSteps: number;
  readonly loss: number | null;
  readonly gradNorm: number | null;
  readonly lr: number | null;
  /** Terms, such as tokens, and steps, each second. */
  readonly perSecond: number | null;
  readonly stepsPerSecond: number | null;
  readonly validated: Validated | null;
  /** Drawn from, and grown in place: `version` says when. */
  readonly curves: Record<string, Curve>;
  readonly version: number;
  /** The newest last; of those before it the ones at steps that are far apart. */
  readonly sampled: readonly SampledAt[];
  readonly checkpoints: readonly number[];
  /** The first step before which settings became others. */
  readonly changedAt: number | null;
  readonly runs: readonly RunRecord[];
}

export const NOTHING: Live = {
  begun: null,
  file: null,
  reading: false,
  about: null,
  fits: {},
  error: null,
  phase: null,
  step: 0,
  epoch: 0,
  totalSteps: 0,
  loss: null,
  gradNorm: null,
  lr: null,
  perSecond: null,
  stepsPerSecond: null,
  validated: null,
  curves: {},
  version: 0,
  sampled: [],
  checkpoints: [],
  changedAt: null,
  runs: [],
};

/** What a training leaves behind when another begins. */
export function cleared(live: Live): Live {
  const { begun, runs } = live;
  return { ...NOTHING, curves: {}, begun, runs };
}

/** With new samples: those in between stay where their step is half as far again, so that one sees how it came to be. */
export function withSamples(all: readonly SampledAt[], next: SampledAt): SampledAt[] {
  const before = all.filter(({ step }) => step < next.step);
  const kept: SampledAt[] = [];
  for (const one of before) {
    const last = kept.at(-1);
    if (last === undefined || one.step >= Math.max(1, 1.5 * last.step)) kept.push(one);
  }
  return [...kept, next];
}

export function taskOf({ begun, about }: Live): TaskInfo | null {
  return begun?.tasks.find(({ name }) => name === about?.task) ?? null;
}
