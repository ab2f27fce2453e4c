import { FormatError } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { copyInto } from "./parameter.js";

/** Tensors by PyTorch's names: `lstm.weight_ih_l0`. */
export type StateDict = Map<string, Tensor>;

export interface LoadOptions {
  /** Every tensor of the model must be there, and no other. Default true. */
  strict?: boolean;
}

export interface LoadResult {
  /** In the model, not in the dictionary: left as they were. */
  missing: string[];
  /** In the dictionary, not in the model: not read. */
  unexpected: string[];
}

const MOST_NAMED = 12;

/**
 * Copies `source` into `target` by name; nothing is copied when anything is wrong.
 * @throws FormatError naming every missing, unexpected and misshapen tensor
 */
export function loadInto(
  target: StateDict,
  source: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  { strict = true }: LoadOptions,
): LoadResult {
  const given = source instanceof Map ? (source as ReadonlyMap<string, Tensor>) : new Map(Object.entries(source));
  const missing = [...target.keys()].filter((name) => !given.has(name));
  const unexpected = [...given.keys()].filter((name) => !target.has(name));
  const misfits: string[] = [];
  for (const [name, tensor] of target) {
    const found = given.get(name);
    if (found === undefined) continue;
    if (!sameShape(found.shape, tensor.shape)) {
      misfits.push(`${name} ${formatShape(found.shape)} instead of ${formatShape(tensor.shape)}`);
    } else if ((found.dtype === "int32") !== (tensor.dtype === "int32")) {
      misfits.push(`${name} ${found.dtype} instead of ${tensor.dtype}`);
    }
  }
  if (misfits.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    throw mismatch(strict ? missing : [], strict ? unexpected : [], misfits);
  }
  for (const [name, tensor] of target) {
    const found = given.get(name);
    if (found !== undefined) copyInto("loadStateDict", tensor, found);
  }
  return { missing, unexpected };
}

function mismatch(missing: string[], unexpected: string[], misfits: string[]): FormatError {
  const parts = [
    missing.length > 0 ? `missing: ${listed(missing)}` : "",
    unexpected.length > 0 ? `unexpected: ${listed(unexpected)}` : "",
    misfits.length > 0 ? `of another shape or type: ${listed(misfits)}` : "",
  ];
  return new FormatError({
    op: "loadStateDict",
    argument: "stateDict",
    must: "match the module's tensors by name, shape and type",
    value: parts.filter((part) => part !== "").join("; "),
    fix:
      misfits.length > 0
        ? "Build the module with the sizes that the weights were trained with."
        : "Pass { strict: false } to load only the names that match.",
  });
}

function listed(names: string[]): string {
  const shown = names.slice(0, MOST_NAMED).join(", ");
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown;
}
