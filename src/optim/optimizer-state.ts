import { FormatError, OptionError, show } from "../base/errors.js";
import { formatShape, sameShape } from "../base/shape.js";
import { Tensor } from "../tensor/tensor.js";

/** Options that every optimiser has; a group may have its own. */
export interface BaseOptions {
  /** The learning rate. */
  lr: number;
}

/** Parameters that share options. `initialLr` is what schedules start from. */
export type ParamGroup<O extends BaseOptions> = O & { params: Tensor[]; initialLr?: number | undefined };

/** What an optimiser remembers, for a checkpoint: tensors by `{parameter}.{name}`, and numbers that JSON can hold. */
export interface OptimizerState {
  tensors: Map<string, Tensor>;
  scalars: {
    optimizer: string;
    /** Steps taken by each parameter. */
    steps: number[];
    /** The groups' options, and which parameters (counted through all groups) they hold. */
    groups: Record<string, unknown>[];
  };
}

/** What is to take a state over. */
export interface Receiver {
  name: string;
  groups: readonly ParamGroup<BaseOptions>[];
  /** The parameters of all groups, in order. */
  order: readonly Tensor[];
  /** Of the tensors that it keeps for a parameter. */
  tensorNames: readonly string[];
  /** What a group may hold besides its options. */
  extras: readonly string[];
  /** Throws OptionError for options out of range. */
  check(options: object): void;
}

/** How a state that does not fit is refused. */
type Fail = (argument: string, must: string, value: string) => never;

/**
 * Whether a state, wherever it comes from, is one that `into` could have given.
 * @throws FormatError naming the field that is not
 */
export function checkOptimizerState(given: unknown, into: Receiver): asserts given is OptimizerState {
  const fail: Fail = (argument, must, value) => {
    const fix = "Load it into the optimiser that it was saved from.";
    throw new FormatError({ op: `${into.name}.loadStateDict`, argument, must, value, fix });
  };
  const { scalars, tensors } = asObject(given, "state", fail);
  const { optimizer, steps, groups } = asObject(scalars, "scalars", fail);
  const count = into.order.length;
  if (optimizer !== into.name) fail("optimizer", `be ${show(into.name)}`, show(optimizer));
  if (!Array.isArray(steps) || steps.length !== count || !steps.every(isStep)) {
    fail("steps", `be a list of ${count}, one a parameter`, show(steps));
  }
  if (!Array.isArray(groups) || groups.length !== into.groups.length) {
    fail("groups", `be ${into.groups.length} of the same parameters`, show(groups));
  }
  into.groups.forEach((group, i) => {
    checkGroup(asObject(groups[i], `groups[${i}]`, fail), group, into, (name, must, value) =>
      fail(`groups[${i}].${name}`, must, value),
    );
  });
  if (!(tensors instanceof Map)) fail("tensors", "be a Map of tensors", show(tensors));
  for (const [key, tensor] of tensors) checkTensor(key, tensor, into, fail);
}

function checkGroup(
  found: Record<string, unknown>,
  group: ParamGroup<BaseOptions>,
  { order, extras, check }: Receiver,
  fail: Fail,
): void {
  const { params: own, ...options } = group;
  const { params, ...saved } = found;
  const expected = own.map((parameter) => order.indexOf(parameter));
  const same =
    Array.isArray(params) && params.length === expected.length && expected.every((at, i) => params[i] === at);
  if (!same) fail("params", `be the same parameters, ${show(expected)}`, show(params));
  for (const [key, value] of Object.entries(saved)) {
    if (!Object.hasOwn(options, key) && !extras.includes(key)) fail("options", "be those of the optimiser", show(key));
    const flag = typeof (options as Record<string, unknown>)[key] === "boolean";
    if (flag && typeof value !== "boolean") fail(key, "be true or false", show(value));
  }
  const { initialLr } = saved;
  if (initialLr !== undefined && !(Number.isFinite(initialLr) && (initialLr as number) >= 0)) {
    fail("initialLr", "be a finite number >= 0", show(initialLr));
  }
  try {
    check({ ...options, ...saved });
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    fail(error.argument, error.must, error.value);
  }
}

function checkTensor(key: unknown, tensor: unknown, { order, tensorNames }: Receiver, fail: Fail): void {
  const [, at = "", name = ""] = /^(0|[1-9]\d*)\.(.+)$/.exec(String(key)) ?? [];
  const parameter = order[at === "" ? -1 : Number(at)];
  if (parameter === undefined || !tensorNames.includes(name)) {
    fail("tensors", `be named {parameter}.{${tensorNames.join("|")}}`, show(key));
  }
  if (!(tensor instanceof Tensor)) fail(show(key), "be a tensor", show(tensor));
  if (!sameShape(parameter.shape, tensor.shape)) {
    fail(key as string, `be of shape ${formatShape(parameter.shape)}`, formatShape(tensor.shape));
  }
  if (parameter.dtype !== tensor.dtype) fail(key as string, `be ${parameter.dtype}`, tensor.dtype);
}

function asObject(value: unknown, argument: string, fail: Fail): Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) fail(argument, "be an object", show(value));
  return value as Record<string, unknown>;
}

function isStep(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
