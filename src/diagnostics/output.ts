import { OptionError } from "../base/errors.js";
import { Generator } from "../base/random.js";
import { formatShape } from "../base/shape.js";
import type { Lengths } from "../nn/recurrent/lengths.js";
import { packingOf } from "../nn/recurrent/packed-sequence.js";
import type { Tensor } from "../tensor/index.js";
import type { ObservedRun } from "./observed-run.js";

/** How the elements of what a module returned belong to sequences and their steps. */
export interface Output {
  y: Tensor;
  /** False when y has no dimension for the steps. */
  hasSteps: boolean;
  /** Steps of each sequence. */
  lengths: readonly number[];
  /** Which sequence lies at each place of a run: longest first. */
  order: readonly number[];
  stepOf: (element: number) => number;
  sequenceOf: (element: number) => number;
}

/**
 * @param run  of the module that y came of
 * @throws OptionError when y does not have the run's sequences and steps
 */
export function outputOf(y: Tensor, run: ObservedRun, given: Lengths | undefined): Output {
  const { batchFirst, returnSequences: hasSteps } = run.module.anatomy;
  const width = y.shape.at(-1) ?? 1;
  const outer = y.shape.slice(0, -1);
  const steps = hasSteps ? (outer[batchFirst && outer.length === 2 ? 1 : 0] ?? 1) : run.steps;
  const batch = y.size / width / (hasSteps ? steps : 1);
  const packing = given === undefined ? null : packingOf("trace", given, batch, Math.max(steps, run.steps));
  const lengths = packing?.lengths ?? new Array<number>(batch).fill(steps);
  const order = packing?.order ?? lengths.map((_, place) => place);
  checkRun(y, run, lengths, order);
  const inStep = batchFirst && outer.length === 2;
  return {
    y,
    hasSteps,
    lengths,
    order,
    stepOf: (i) => (inStep ? Math.floor(i / width) % steps : Math.floor(i / width / batch)),
    sequenceOf: (i) =>
      inStep || !hasSteps ? Math.floor(i / width / (hasSteps ? steps : 1)) : Math.floor(i / width) % batch,
  };
}

function checkRun(y: Tensor, run: ObservedRun, lengths: readonly number[], order: readonly number[]): void {
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  const seen = run.norms()[0].h;
  if (seen.flat().length === rows && seen[0].length === order.length) return;
  throw new OptionError({
    op: "trace",
    argument: "module",
    must: `return [y, state] with a y that has the ${seen.length} steps of ${seen[0].length} sequences that its last layer took`,
    value: formatShape(y.shape),
    fix: "Pass lengths only to modules whose forward takes them, and watch() a model whose output is no sequence.",
  });
}

/** Where the loss sees a sequence, indices of time: null when it does not. */
export interface Seen {
  first: number;
  last: number;
}

/** By place. Padding does not count. */
export function seenBy({ hasSteps, lengths, order, stepOf, sequenceOf }: Output, dY: Float64Array): (Seen | null)[] {
  const seen = lengths.map((): Seen | null => null);
  for (const [i, value] of dY.entries()) {
    if (value === 0) continue;
    const b = sequenceOf(i);
    const length = lengths[b];
    if (!hasSteps) {
      seen[b] = { first: 0, last: length - 1 };
      continue;
    }
    const t = stepOf(i);
    if (t >= length) continue;
    seen[b] ??= { first: t, last: t };
    seen[b].first = Math.min(seen[b].first, t);
    seen[b].last = Math.max(seen[b].last, t);
  }
  return order.map((b) => seen[b]);
}

/** The part of dY that belongs to each sequence's first or last step that the loss sees. */
export function onlyAt(which: keyof Seen, output: Output, dY: Float64Array): Float64Array {
  if (!output.hasSteps) return dY;
  const steps = new Map(seenBy(output, dY).map((seen, place) => [output.order[place], seen?.[which]]));
  return dY.map((value, i) => (output.stepOf(i) === steps.get(output.sequenceOf(i)) ? value : 0));
}

/** A random direction in the outputs of each sequence's last step, and where a walk ends at the first one, in those of the first. */
export function probe({ y, hasSteps, lengths, stepOf, sequenceOf }: Output, bothEnds: boolean): Float64Array {
  const generator = new Generator(0);
  const isEnd = (i: number): boolean => {
    const t = stepOf(i);
    return !hasSteps || t === lengths[sequenceOf(i)] - 1 || (bothEnds && t === 0);
  };
  return Float64Array.from({ length: y.size }, (_, i) => (isEnd(i) ? generator.normal() : 0));
}
