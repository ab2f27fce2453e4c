/** At most about `most` round numbers that enclose the range. */
export function linearTicks(low: number, high: number, most = 6): number[] {
  const rough = (high - low) / (most - 1) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((candidate) => candidate >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** Exponents of ten that enclose the range, every one or every few. */
export function powerTicks(low: number, high: number, most = 8): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(Math.ceil(Math.log10(high) - 1e-9), first + 1);
  const step = Math.max(1, Math.ceil((last - first) / (most - 1)));
  return Array.from({ length: Math.ceil((last - first) / step) + 1 }, (_, i) => first + i * step);
}

/** 0.30000000000000004 as 0.3, 10^6 as 1e6. */
export function tickText(x: number): string {
  const exact = Number(x.toPrecision(6));
  return Math.abs(exact) >= 1e6 || (exact !== 0 && Math.abs(exact) < 1e-4)
    ? exact.toExponential().replace("e+", "e")
    : String(exact);
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A power of ten as it is read most easily: 1, 100, 10 k, but 10⁻³ and 10⁷. */
export function powerText(value: number): string {
  const power = Math.round(Math.log10(value));
  if (power >= 0 && power < 6) return power < 3 ? String(10 ** power) : `${10 ** (power - 3)} k`;
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
  return `10${power < 0 ? "⁻" : ""}${digits}`;
}
