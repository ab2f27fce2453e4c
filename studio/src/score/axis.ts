/** The part of a sequence that is seen, in steps from its beginning: fractions while one zooms. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** Fewer steps than this are not blown up to the whole width. */
const LEAST = 8;

/** Within the sequence, and neither narrower than a few steps nor wider than all. */
export function within({ from, to }: View, length: number): View {
  const whole = Math.max(1, length);
  const span = Math.min(Math.max(to - from, Math.min(LEAST, whole)), whole);
  const start = Math.min(Math.max(from, 0), whole - span);
  return { from: start, to: start + span };
}

/** Closer by `factor`, the step `at` staying where it is. */
export function zoomed({ from, to }: View, at: number, factor: number, length: number): View {
  const span = (to - from) / factor;
  const share = (at - from) / (to - from);
  return within({ from: at - share * span, to: at + (1 - share) * span }, length);
}

export function moved({ from, to }: View, steps: number, length: number): View {
  return within({ from: from + steps, to: to + steps }, length);
}

/** Moved as little as shows this step. */
export function showing(view: View, step: number, length: number): View {
  if (step < view.from) return moved(view, step - view.from, length);
  if (step + 1 > view.to) return moved(view, step + 1 - view.to, length);
  return view;
}

/** From the beginning, as many steps as have `cell` pixels each; all of them where each has `least`. */
export function opening(length: number, width: number, cell: number, least = cell): View {
  return within({ from: 0, to: length * least <= width ? length : width / cell }, length);
}

/** Where a step begins, in pixels. */
export const xOf = ({ from, to }: View, step: number, width: number): number => ((step - from) / (to - from)) * width;

/** The step at a place. */
export function stepAt({ from, to }: View, x: number, width: number, length: number): number {
  const step = Math.floor(from + (x / width) * (to - from));
  return Math.min(Math.max(step, 0), length - 1);
}

/** The whole steps that are seen, a part of one counting: the first, and the one after the last. */
export function seen({ from, to }: View, length: number): { first: number; end: number } {
  return { first: Math.max(0, Math.floor(from)), end: Math.min(length, Math.ceil(to)) };
}

/** Round numbers of steps at least `least` pixels apart. */
export function ticks(view: View, width: number, least = 64): number[] {
  const each = (least / width) * (view.to - view.from);
  const power = 10 ** Math.floor(Math.log10(Math.max(each, 1)));
  const step = [1, 2, 5, 10].map((m) => m * power).find((candidate) => candidate >= each) ?? power;
  const first = Math.ceil(view.from / step);
  const last = Math.floor(view.to / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}
