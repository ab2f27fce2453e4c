import { checkList, isObject } from "../base/check.js";
import { Tensor } from "./tensor.js";

/** What has parameters, as a module has. */
export interface HasParameters {
  parameters(): Iterable<Tensor>;
}

/** Where parameters come from: a module, `model.parameters()`, `model.namedParameters()`, several modules, or one tensor. */
export type ParameterSource = HasParameters | Tensor | Iterable<Tensor | HasParameters | readonly [string, Tensor]>;

export function hasParameters(value: unknown): value is HasParameters {
  return isObject(value) && typeof (value as Partial<HasParameters>).parameters === "function";
}

/**
 * The tensors that are meant, which the caller looks at: what is no tensor is handed on. One that several modules share comes once.
 * @throws OptionError for what is no list
 */
export function parametersOf(op: string, argument: string, given: ParameterSource): unknown[] {
  if (given instanceof Tensor) return [given];
  if (hasParameters(given)) return [...given.parameters()];
  // The method itself has lost its module.
  const fix = typeof given === "function" ? "Call it: model.parameters()." : "Pass model.parameters().";
  const found: unknown[] = [];
  const shared = new Set<unknown>();
  for (const item of checkList<unknown>(op, argument, given as Iterable<unknown>, fix)) {
    if (hasParameters(item)) {
      for (const parameter of item.parameters()) {
        if (!shared.has(parameter)) found.push(parameter);
        shared.add(parameter);
      }
    } else found.push(Array.isArray(item) && typeof item[0] === "string" ? item[1] : item);
  }
  return found;
}
