import { isObject } from "../../base/check.js";
import { ShapeError } from "../../base/errors.js";
import { Tensor } from "../../tensor/index.js";
import { shapeText } from "./leaf.js";

/** How a sample is written: one array, a pair [x, y], or an object of named parts. */
export type Form = "one" | "pair" | "record";

/** Samples taken apart: for each part, what every sample has of it. */
export interface Parts {
  form: Form;
  columns: ReadonlyMap<string, readonly unknown[]>;
}

/** An array of two is a pair unless both are numbers, which are a vector. */
function formOf(sample: unknown): Form {
  if (Array.isArray(sample)) {
    return sample.length === 2 && !sample.every((part) => typeof part === "number") ? "pair" : "one";
  }
  return isObject(sample) && !(sample instanceof Tensor) && !ArrayBuffer.isView(sample) ? "record" : "one";
}

function partsOf(form: Form, sample: unknown): [string, unknown][] {
  if (form === "one") return [["x", sample]];
  if (form === "record") return Object.entries(sample as object);
  const [x, y] = sample as [unknown, unknown];
  return [
    ["x", x],
    ["y", y],
  ];
}

/** @throws ShapeError naming the first sample that is written in another way than the first one */
export function takeApart(op: string, samples: readonly unknown[], rows: ArrayLike<number>): Parts {
  const form = formOf(samples[0]);
  const columns = new Map<string, unknown[]>(partsOf(form, samples[0]).map(([name]) => [name, []]));
  for (const [i, sample] of samples.entries()) {
    const parts = formOf(sample) === form ? partsOf(form, sample) : [];
    if (parts.length !== columns.size || parts.some(([name]) => !columns.has(name))) unlike(op, samples, i, rows);
    for (const [name, value] of parts) columns.get(name)!.push(value);
  }
  return { form, columns };
}

function unlike(op: string, samples: readonly unknown[], i: number, rows: ArrayLike<number>): never {
  throw new ShapeError({
    op,
    argument: `sample ${rows[i]}`,
    must: `be written as sample ${rows[0]} is (${described(samples[0])})`,
    value: described(samples[i]),
    fix: "A sample is a number, an array, a typed array, a tensor, [x, y], or an object of these.",
    details: { index: rows[i] },
  });
}

function described(sample: unknown): string {
  const form = formOf(sample);
  if (form === "pair") return "a pair [x, y]";
  if (form === "one") return shapeText(sample);
  return `{ ${Object.keys(sample as object).join(", ")} }`;
}
