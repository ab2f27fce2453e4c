/** Text of data and models in a page: nothing in it may act or deceive. */
export { numberText } from "../../../src/base/number-text.js";
export { harmless } from "../../../src/base/unsafe-text.js";

import { grouped } from "../../../src/base/grouped.js";
import { UNSAFE } from "../../../src/base/unsafe-text.js";

/** As `harmless`, but lines may end and tabs may stand. */
export function harmlessLines(text: string): string {
  return text.replace(UNSAFE, (found) => (found === "\n" || found === "\t" ? found : found === "\r" ? "" : "▯"));
}

/** `3.2 MB`. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** `72.1k`: short, of a width that hardly changes. */
export function shortNumber(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)}k`;
  return grouped(Math.round(value));
}
