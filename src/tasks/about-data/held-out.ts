import type { Source } from "../task.js";
import type { HeldOutSettings } from "../training/held-out.js";

/** What is trained on, and how much is kept to validate on: `7,544 rows (397 to validate on)`. */
export function heldOutText(train: number, validation: number, unit: string): string {
  const held = validation === 0 ? "none" : validation.toLocaleString("en");
  return `${train.toLocaleString("en")} ${unit} (${held} to validate on)`;
}

/**
 * How the two were parted: `5 %, at random, seed 1`; `part 2 of 5, at random, seed 1`.
 * @param valid  a file to validate on
 * @param drawn  how a part was taken: `at random`, `the end of the text`
 */
export function heldHow(
  { valid: part, seed, fold, splitSeed }: { valid: number | string; seed: number } & Partial<HeldOutSettings>,
  valid: Pick<Source, "name"> | undefined,
  drawn: string,
): string {
  if (valid !== undefined) return `the file ${valid.name}`;
  const random = drawn.includes("random") ? `, ${drawn}, seed ${splitSeed ?? seed}` : "";
  if (fold) return `part ${fold.replace("/", " of ")}${random}`;
  if (typeof part !== "number" || part === 0) return "none";
  return `${Number((100 * part).toPrecision(3))} %${random || `, ${drawn}`}`;
}
