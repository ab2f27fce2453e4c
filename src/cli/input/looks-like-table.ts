import { SEPARATORS } from "../../data/readers/table.js";

/** Bytes and lines that are looked at. */
const START = 2 ** 16;
const [FEWEST, MOST] = [4, 50];

/**
 * Whether a text without a name that says so is probably a table: objects of JSON, or lines of as many cells as the first, which
 * has names in it and no numbers.
 */
export function looksLikeTable(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes.subarray(0, START));
  const whole = text.split(/\r\n|\n|\r/);
  const lines = (bytes.length > START ? whole.slice(0, -1) : whole).filter((line) => line.trim() !== "").slice(0, MOST);
  if (lines.length < FEWEST) return false;
  if (lines.every((line) => /^\s*\{.*:.*\}\s*$/.test(line))) return true;
  const [header] = lines;
  return SEPARATORS.some((separator) => {
    const cells = (line: string) => line.replace(/"[^"]*"/g, "").split(separator).length;
    const names = header.split(separator).map((name) => name.replace(/^\ufeff/, "").trim());
    const areNames =
      new Set(names).size === names.length && names.every((name) => /^["\p{L}_][^.!?]{0,40}$/u.test(name));
    return names.length > 1 && areNames && lines.every((line) => cells(line) === names.length);
  });
}
