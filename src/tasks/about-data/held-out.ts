import type { Source } from "../task.js";

/** What is trained on, and how much is kept to validate on: `7,544 rows (397 to validate on)`. */
export function heldOutText(train: number, validation: number, unit: string): string {
  const held = validation === 0 ? "none" : validation.toLocaleString("en");
  return `${train.toLocaleString("en")} ${unit} (${held} to validate on)`;
}

/**
 * How the two were parted: `5 % at random, seed 1`.
 * @param valid  a file to validate on
 * @param drawn  how a part was taken: `at random`, `the end of the text`
 */
export function heldHow(
  { valid: part, seed }: { valid: number | string; seed: number },
  valid: Pick<Source, "name"> | undefined,
  drawn: string,
): string {
  if (valid !== undefined) return `the file ${valid.name}`;
  if (typeof part !== "number" || part === 0) return "none";
  return `${Number((100 * part).toPrecision(3))} %, ${drawn}${/random/.test(drawn) ? `, seed ${seed}` : ""}`;
}
