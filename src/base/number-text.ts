import { grouped } from "./grouped.js";

/** Numbers as a person reads them: 4 significant digits, more for large ones. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value < 0) return `-${numberText(-value)}`;
  if (value >= 1e9) return value.toExponential(3);
  if (value >= 1000) return grouped(Math.round(value));
  if (value >= 0.001 || value === 0) return value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(Math.max(value, 1)))));
  return value.toExponential(1);
}

/** A share as a percentage with one decimal. */
export function percent(value: number): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(1)}` : String(value);
}
