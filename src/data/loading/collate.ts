import { checkBoolean, checkKnownOptions, checkNumber, checkOneOf, isObject } from "../../base/check.js";
import { checkDType, type DType, typedArray } from "../../base/dtype.js";
import { DTypeError, OptionError, ShapeError } from "../../base/errors.js";
import { formatShape, misshapen, type Shape, sameShape, sizeOf } from "../../base/shape.js";
import type { Tensor } from "../../tensor/index.js";
import { fromHost } from "../../tensor/ops/raw.js";
import { isWhole, type Leaf, leafOf, writeLeaf } from "./leaf.js";
import { takeApart } from "./parts.js";

/** What a loader tells of a batch besides its samples. */
export interface CollateContext {
  /** The samples' numbers in the data set. */
  readonly rows: Int32Array;
  /** Of parts that come as plain numbers, by name, as far as the data set knows: else each batch decides. */
  readonly dtypes?: Readonly<Partial<Record<string, DType>>> | undefined;
}

/** Makes a batch of samples. */
export type Collate<S, B> = (samples: readonly S[], context: CollateContext) => B;

/** The type of numbers that are not typed already, of all parts or by name. Default float32; targets that are whole numbers int32. */
export type PartDTypes = DType | Readonly<Record<string, DType>>;

export interface StackOptions {
  dtype?: PartDTypes | undefined;
}

export interface PaddedOptions extends StackOptions {
  /** x is [N, L, ...] instead of [L, N, ...]. Default false, as recurrent modules have it. */
  batchFirst?: boolean | undefined;
  /** What stands in x beyond a sequence's end. Default 0. */
  padding?: number | undefined;
  /** Whether y has one value (of one shape) a sequence, or one a step, which is padded as x is. Default "stack". */
  targets?: "stack" | "pad" | undefined;
  /** What stands in y beyond a sequence's end. Default -100, which `crossEntropy` is told by `ignoreIndex`. */
  targetPadding?: number | undefined;
}

/** Sequences of many lengths in one tensor. */
export interface PaddedBatch {
  /** [L, N, ...], or with batchFirst [N, L, ...]; L is the longest of the batch. */
  x: Tensor;
  /** Of each of the N, for `forward(x, null, { lengths })`. */
  lengths: number[];
}

// biome-ignore lint/suspicious/noExplicitAny: what a sample is made of is known where it is called
type Stacked = any;

/**
 * Stacks samples: numbers become [N], arrays of shape [...] become [N, ...]. A pair gives a pair, an object an object of tensors.
 * @throws ShapeError for a sample of another shape, DTypeError for one of another type, both naming its number
 * @example
 * data.loader(samples, { batchSize: 32, collate: data.collate.stack({ dtype: { x: "int32" } }) });
 */
export function stack(options: StackOptions = {}): Collate<unknown, Stacked> {
  const op = "collate.stack";
  checkKnownOptions(op, options, ["dtype"]);
  const dtypes = dtypeTable(op, options.dtype);
  return (samples, context) => {
    const { form, columns } = takeApart(op, samples, context.rows);
    const make = (name: string): Tensor => stackPart(op, name, columns.get(name)!, dtypes, context);
    if (form === "one") return make("x");
    if (form === "pair") return [make("x"), make("y")];
    return Object.fromEntries([...columns.keys()].map((name) => [name, make(name)]));
  };
}

/**
 * Sequences of many lengths, padded to the longest of the batch, with their lengths: samples are sequences (typed arrays, tensors
 * [L, ...], arrays), pairs [x, y], or objects with an `x`. Other parts are stacked.
 * @returns { x: [L, N, ...], lengths, y }, and whatever else the samples have
 * @throws ShapeError naming a sample without a step, or with steps of another shape
 * @example
 * for (const { x, lengths, y } of data.loader(reviews, { batchSize: 32, collate: data.collate.padded() })) {
 *   const [, { h }] = lstm.forward(embed.forward(x), null, { lengths });
 * }
 */
export function padded(options: PaddedOptions = {}): Collate<unknown, PaddedBatch & Stacked> {
  const op = "collate.padded";
  checkKnownOptions(op, options, ["dtype", "batchFirst", "padding", "targets", "targetPadding"]);
  const { batchFirst = false, padding = 0, targets = "stack", targetPadding = -100 } = options;
  checkBoolean(op, "batchFirst", batchFirst);
  checkNumber(op, "padding", padding);
  checkNumber(op, "targetPadding", targetPadding);
  checkOneOf(op, "targets", targets, ["stack", "pad"]);
  const dtypes = dtypeTable(op, options.dtype);
  return (samples, context) => {
    const { columns } = takeApart(op, samples, context.rows);
    if (!columns.has("x")) {
      const value = `one with ${[...columns.keys()].join(", ")}`;
      throw new OptionError({ op, argument: "sample", must: "have its sequence under x", value });
    }
    const batch: Record<string, unknown> = {};
    for (const [name, values] of columns) {
      const isSequence = name === "x" || (name === "y" && targets === "pad");
      if (!isSequence) batch[name] = stackPart(op, name, values, dtypes, context);
      else {
        const leaves = leavesOf(op, name, values, context);
        if (name === "x") batch["lengths"] = leaves.map(({ shape }) => shape[0]);
        const fill = name === "x" ? padding : targetPadding;
        batch[name] = pad(
          op,
          name,
          leaves,
          { batchFirst, fill, dtype: dtypeOfPart(name, leaves, dtypes, context) },
          context,
        );
      }
    }
    return batch as unknown as PaddedBatch;
  };
}

type DTypeOf = (name: string) => DType | undefined;

function dtypeTable(op: string, given: PartDTypes | undefined): DTypeOf {
  if (given === undefined) return () => undefined;
  if (!isObject(given)) {
    const dtype = checkDType(op, given);
    return () => dtype;
  }
  for (const dtype of Object.values(given)) checkDType(op, dtype);
  return (name) => (Object.hasOwn(given, name) ? given[name] : undefined);
}

function leavesOf(op: string, name: string, values: readonly unknown[], { rows }: CollateContext): Leaf[] {
  return values.map((value, i) => leafOf(op, `${name} of sample ${rows[i]}`, value));
}

/** Of a typed part its own; of numbers float32, but whole numbers as targets are classes. */
function dtypeOfPart(name: string, leaves: readonly Leaf[], dtypes: DTypeOf, context: CollateContext): DType {
  const known = dtypes(name) ?? leaves[0].dtype ?? context.dtypes?.[name];
  if (known !== undefined || name !== "y") return known ?? "float32";
  return leaves.every(({ data }) => Array.prototype.every.call(data, isWhole)) ? "int32" : "float32";
}

function stackPart(
  op: string,
  name: string,
  values: readonly unknown[],
  dtypes: DTypeOf,
  context: CollateContext,
): Tensor {
  const leaves = leavesOf(op, name, values, context);
  const { shape } = leaves[0];
  const dtype = dtypeOfPart(name, leaves, dtypes, context);
  const size = sizeOf(shape);
  const data = typedArray(dtype, leaves.length * size);
  for (const [i, leaf] of leaves.entries()) {
    const argument = `${name} of sample ${context.rows[i]}`;
    if (!sameShape(leaf.shape, shape)) throw otherShape(op, argument, leaf.shape, shape, context, i);
    checkAlike(op, argument, leaf, leaves[0], dtypes(name), context.rows[0]);
    writeLeaf(op, argument, leaf, { dtype, data }, i * size);
  }
  return fromHost(data, [leaves.length, ...shape]);
}

function otherShape(
  op: string,
  argument: string,
  found: Shape,
  first: Shape,
  { rows }: CollateContext,
  i: number,
): ShapeError {
  const fix =
    op === "collate.stack"
      ? "For sequences of many lengths: { collate: data.collate.padded() }."
      : 'For a target at every step: data.collate.padded({ targets: "pad" }).';
  return new ShapeError({
    op,
    argument,
    must: `have the shape ${formatShape(first)}, as in sample ${rows[0]}`,
    value: formatShape(found),
    fix,
    details: { index: rows[i], shape: found },
  });
}

function checkAlike(
  op: string,
  argument: string,
  leaf: Leaf,
  first: Leaf,
  given: DType | undefined,
  row: number,
): void {
  if (given !== undefined || leaf.dtype === undefined || leaf.dtype === (first.dtype ?? leaf.dtype)) return;
  const fix = 'Make them one type, or say which: collate.stack({ dtype: "float32" }).';
  throw new DTypeError({ op, argument, must: `be ${first.dtype}, as in sample ${row}`, value: leaf.dtype, fix });
}

function pad(
  op: string,
  name: string,
  leaves: readonly Leaf[],
  { batchFirst, fill, dtype }: { batchFirst: boolean; fill: number; dtype: DType },
  { rows }: CollateContext,
): Tensor {
  const step = leaves[0].shape.slice(1);
  for (const [i, { shape }] of leaves.entries()) {
    const argument = `${name} of sample ${rows[i]}`;
    const details = { index: rows[i] };
    if (shape.length === 0 || shape[0] === 0) {
      const value = shape.length === 0 ? "a single number" : "an empty one";
      const fix = shape.length === 0 ? "A sequence of one step is [value]." : "Leave it out.";
      throw new ShapeError({ op, argument, must: "be a sequence of one step or more", value, fix, details });
    }
    if (!sameShape(shape.slice(1), step)) {
      throw misshapen(
        op,
        argument,
        `have steps of shape ${formatShape(step)}, as in sample ${rows[0]}`,
        shape.slice(1),
      );
    }
  }
  const [count, size] = [leaves.length, sizeOf(step)];
  const longest = Math.max(...leaves.map(({ shape }) => shape[0]));
  const data = typedArray(dtype, longest * count * size).fill(fill);
  for (const [n, leaf] of leaves.entries()) {
    const argument = `${name} of sample ${rows[n]}`;
    for (let t = 0; t < leaf.shape[0]; t++) {
      const own = Array.prototype.slice.call(leaf.data, t * size, (t + 1) * size) as number[];
      const at = (batchFirst ? n * longest + t : t * count + n) * size;
      writeLeaf(op, argument, { data: own, shape: step, dtype: leaf.dtype }, { dtype, data }, at);
    }
  }
  return fromHost(data, [...(batchFirst ? [count, longest] : [longest, count]), ...step]);
}
