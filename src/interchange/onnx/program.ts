import {
  DTypeError,
  FormatError,
  OptionError,
  OutOfMemoryError,
  ShapeError,
  show,
  UnrolledError,
  UnsupportedError,
} from "../../base/errors.js";
import type { FloatDType } from "../../nn/options.js";
import { fromHost } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type FloatType, isFloatType } from "../formats/onnx/element-types.js";
import type { OnnxGraph, OnnxNode } from "../formats/onnx/model.js";
import type { OnnxArray } from "../formats/onnx/tensor-data.js";
import { Call, type Surroundings } from "./call.js";
import type { KeptValues } from "./kept-values.js";
import type { Plan, Step } from "./plan.js";
import { Floats, hostOf, type Value } from "./value.js";

/** What a run needs of the module. */
export interface RunSettings {
  readonly opset: number;
  readonly training: boolean;
  readonly floatDType: FloatDType;
  /** What was computed of weights alone. */
  readonly kept: KeptValues;
  /** Whether that may be used and added to: no gradient goes through it. */
  readonly keeps: boolean;
  weight(path: readonly string[]): Tensor;
}

/** The values of one graph's names, those around it behind. */
class Names {
  readonly #own = new Map<string, Value>();
  readonly #around: Names | null;

  constructor(around: Names | null) {
    this.#around = around;
  }

  set(name: string, value: Value): void {
    this.#own.set(name, value);
  }

  get(name: string): Value | undefined {
    return this.#own.get(name) ?? this.#around?.get(name);
  }
}

/** Runs a graph. @returns its outputs, in their order */
export function runPlan(
  plan: Plan,
  inputs: readonly Value[],
  settings: RunSettings,
  around: Names | null = null,
): Value[] {
  const names = new Names(around);
  for (const [name, host] of plan.hosts) names.set(name, host);
  for (const [name, array] of plan.constants) names.set(name, constant(array, settings));
  for (const [name, path] of plan.weights) {
    const { type } = plan.graph.initializers.get(name)!;
    names.set(name, new Floats(type as FloatType, settings.weight(path)));
  }
  if (inputs.length !== plan.graph.inputs.length) {
    const must = `take ${inputs.length} inputs`;
    throw new FormatError({ op: "run", argument: "the graph", must, value: `${plan.graph.inputs.length}` });
  }
  for (const [i, { name }] of plan.graph.inputs.entries()) names.set(name, inputs[i]);
  const surroundings = surroundingsOf(plan, settings, names);
  for (const step of plan.steps) {
    const results = runStep(step, names, surroundings, settings);
    for (const [i, name] of step.node.outputs.entries()) {
      const value = results[i];
      if (name !== "" && value != null) names.set(name, value);
    }
  }
  return plan.graph.outputs.map(({ name }) => names.get(name) ?? notMade(name));
}

function surroundingsOf(plan: Plan, settings: RunSettings, names: Names): Surroundings {
  const { opset, training, floatDType, kept, keeps } = settings;
  return {
    opset,
    training,
    floatDType,
    runGraph: (graph: OnnxGraph, inputs) => runPlan(plan.inner.get(graph)!, inputs, settings, names),
    constant: (array) => constant(array, settings),
    isStatic: (name) => keeps && plan.isStatic(name),
    kept: (node, key, make) => kept.tensors(node, key, make),
  };
}

function runStep(
  { node, operator, isStatic }: Step,
  names: Names,
  around: Surroundings,
  settings: RunSettings,
): (Value | null)[] {
  const make = (): (Value | null)[] => {
    const inputs = node.inputs.map((name) => (name === "" ? null : (names.get(name) ?? notMade(name))));
    const results = operator(new Call(node, inputs, around));
    return Array.isArray(results) ? results : [results as Value];
  };
  try {
    return isStatic && settings.keeps ? settings.kept.outputs(node, make) : make();
  } catch (error) {
    throw namedBy(node, error);
  }
}

function notMade(name: string): never {
  throw new FormatError({ op: "run", argument: show(name), must: "be made by its node", value: "nothing" });
}

/** Those that an operator throws: the node is what the caller can look up. */
const NAMED = [ShapeError, DTypeError, OptionError, FormatError, UnsupportedError, OutOfMemoryError];

function namedBy(node: OnnxNode, error: unknown): unknown {
  if (!(error instanceof UnrolledError) || error.op.includes(" in node ")) return error;
  const type = NAMED.find((one) => error.constructor === one);
  if (type === undefined) return error;
  const { code, argument, must, value, fix, details } = error;
  const own = error.op === node.op ? node.op : `${node.op}, ${error.op}`;
  return new type(
    { code, op: `${own} in node ${show(node.name)}`, argument, must, value, fix, details },
    { cause: error },
  );
}

function constant(array: OnnxArray, { kept, floatDType }: RunSettings): Value {
  return kept.constant(array, () => {
    const { type, shape, data } = array;
    if (type === "string") {
      throw new UnsupportedError({ op: "run", argument: "a constant", must: "hold numbers", value: "strings" });
    }
    if (!isFloatType(type)) return hostOf(type, shape, data);
    const wide = type === "double" || floatDType === "float64";
    return new Floats(type, fromHost(wide ? Float64Array.from(data) : Float32Array.from(data), shape));
  });
}
