import { checkBoolean, checkKnownOptions } from "../base/check.js";
import { FormatError } from "../base/errors.js";
import { nearest } from "../base/nearest.js";
import { formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sameValues, type Weights, weightMap, weightOf } from "../tensor/weights.js";
import { copyInto } from "./parameter.js";

/** Tensors by PyTorch's names: `lstm.weight_ih_l0`. */
export type StateDict = Map<string, Tensor>;

export interface LoadOptions {
  /** Every tensor of the model must be there, and no other. Default true. */
  strict?: boolean | undefined;
}

/** What did not fit, by name. */
export interface LoadResult {
  /** In the model, not in the dictionary: left as they were. */
  missing: string[];
  /** In the dictionary, not in the model: not read. */
  unexpected: string[];
}

/** What a module answers to give buffers that have no size yet that of what is loaded, by its own names; it returns the way back. */
export const SIZE = Symbol("size");

const OP = "loadStateDict";
const MOST_NAMED = 12;
/** Names that a missing one is compared with: a file may hold a hundred thousand. */
const MOST_COMPARED = 1000;

/**
 * Copies `source` into `target` by name; everything is read and compared before the first value is written. A parameter
 * with several names needs one of them.
 * @throws FormatError naming every missing, unexpected and misshapen tensor, and tied ones that differ
 */
export function loadInto(target: StateDict, source: Weights, options: LoadOptions, op = OP): LoadResult {
  checkKnownOptions(op, options, ["strict"]);
  const strict = checkBoolean(op, "strict", options.strict ?? true);
  const given = weightMap(op, source);
  const known = new Set([...target].flatMap(([name, { storage }]) => (given.has(name) ? [storage] : [])));
  const missing = [...target].flatMap(([name, { storage }]) => (known.has(storage) ? [] : [name]));
  const unexpected = [...given.keys()].filter((name) => !target.has(name));
  const found = new Map<string, Tensor>();
  const misfits: string[] = [];
  for (const [name, tensor] of target) {
    if (!given.has(name)) continue;
    const weight = weightOf(op, name, given.get(name)!, tensor);
    found.set(name, weight);
    if (!sameShape(weight.shape, tensor.shape)) {
      misfits.push(`${name} ${formatShape(weight.shape)} instead of ${formatShape(tensor.shape)}`);
    } else if ((weight.dtype === "int32") !== (tensor.dtype === "int32")) {
      misfits.push(`${name} ${weight.dtype} instead of ${tensor.dtype}`);
    }
  }
  if (misfits.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    throw mismatch(op, strict ? missing : [], strict ? unexpected : [], misfits);
  }
  checkTied(op, target, found);
  // What has to be brought to the engine is, so that nothing can fail once the first value is written.
  for (const weight of found.values()) void weight.buffer;
  for (const [name, weight] of found) copyInto(op, target.get(name)!, weight);
  return { missing, unexpected };
}

/** The names of one parameter must have one value. */
function checkTied(op: string, target: StateDict, found: StateDict): void {
  const first = new Map<Tensor["storage"], string>();
  for (const [name, weight] of found) {
    const { storage } = target.get(name)!;
    const twin = first.get(storage);
    if (twin === undefined) first.set(storage, name);
    else if (!sameValues(found.get(twin)!, weight)) {
      throw new FormatError({
        op,
        argument: "stateDict",
        must: `hold one value for ${twin} and ${name}, which are one parameter`,
        value: "two that differ",
        fix: "Leave one of them out.",
      });
    }
  }
}

function mismatch(op: string, missing: string[], unexpected: string[], misfits: string[]): FormatError {
  const others = unexpected.slice(0, MOST_COMPARED);
  const hinted = missing.slice(0, MOST_NAMED + 1).map((name) => {
    const near = nearest(name, others);
    return near === undefined ? name : `${name} (there is ${near})`;
  });
  const parts = [
    missing.length > 0 ? `missing: ${listed(hinted, missing.length)}` : "",
    unexpected.length > 0 ? `unexpected: ${listed(unexpected)}` : "",
    misfits.length > 0 ? `of another shape or type: ${listed(misfits)}` : "",
  ];
  return new FormatError({
    op,
    argument: "stateDict",
    must: "match the module's tensors by name, shape and type",
    value: parts.filter((part) => part !== "").join("; "),
    fix:
      misfits.length > 0
        ? "Build the module with the sizes that the weights were trained with."
        : "Pass { strict: false } to load only the names that match.",
    details: { missing, unexpected },
  });
}

function listed(names: string[], count = names.length): string {
  const shown = names.slice(0, MOST_NAMED).join(", ");
  return count > MOST_NAMED ? `${shown} and ${count - MOST_NAMED} more` : shown;
}
