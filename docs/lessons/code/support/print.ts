import type { NdArray } from "unrolled/layers";

/** A matrix [R, C] a row a line, or a vector on one line. */
export function show(x: NdArray, digits = 4): string {
  const width = x.shape.at(-1)!;
  const lines: string[] = [];
  for (let from = 0; from < x.size; from += width) {
    lines.push(Array.from(x.data.subarray(from, from + width), (value) => fixed(value, digits)).join(" "));
  }
  return lines.join("\n");
}

/** A number with room for a sign, and no minus before a zero. */
export function fixed(value: number, digits = 4): string {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).padStart(digits + 3);
}
