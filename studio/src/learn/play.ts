/** How far one has come: 0 nothing; 1 to T the steps there; T + 1 the loss; then T steps back. */
export const lastOf = (length: number): number => 2 * length + 1;

export interface Where {
  phase: "begin" | "there" | "loss" | "back";
  /** The step that was computed last, from 0; of the loss the last one. */
  step: number;
}

export function whereOf(position: number, length: number): Where {
  if (position <= 0) return { phase: "begin", step: 0 };
  if (position <= length) return { phase: "there", step: position - 1 };
  if (position === length + 1) return { phase: "loss", step: length - 1 };
  return { phase: "back", step: Math.max(0, 2 * length + 1 - position) };
}

/** Whether the values of a step are there by now, and its gradients. */
export const isForward = (position: number, step: number): boolean => position >= step + 1;
export const isBackward = (position: number, step: number, length: number): boolean =>
  position >= 2 * length + 1 - step;

export const startOf = (start: "begin" | "there" | "back", length: number): number =>
  ({ begin: 0, there: length, back: lastOf(length) })[start];

/** As a number is written on an edge: two digits, or its power where it is small. */
export function short(value: number): string {
  if (value === 0 || Object.is(value, -0)) return "0";
  const size = Math.abs(value);
  if (size < 0.005) {
    const power = Math.floor(Math.log10(size));
    return `${value < 0 ? "−" : ""}10${superscript(power)}`;
  }
  return value.toFixed(2).replace("-", "−");
}

function superscript(power: number): string {
  return String(power)
    .replace("-", "⁻")
    .replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]);
}

/** Pixels of a line: by the power of ten, so that what fades is seen to. @param most  the largest of all */
export function widthOf(value: number, most: number): number {
  if (value === 0 || most === 0) return 0;
  return Math.max(0, 1 + Math.log10(Math.abs(value) / most) / 4) * 9 + 0.4;
}
