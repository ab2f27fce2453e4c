import { isFloatType } from "../formats/onnx/element-types.js";
import { isGraph, type OnnxGraph, type OnnxNode, readBy } from "../formats/onnx/model.js";
import type { OnnxArray } from "../formats/onnx/tensor-data.js";
import type { Operator } from "./call.js";
import { OPERATORS } from "./operators/index.js";
import { type Host, hostOf } from "./value.js";

/** A node that can run. */
export interface Step {
  readonly node: OnnxNode;
  readonly operator: Operator;
  /** Whether it reads nothing but weights and constants. */
  readonly isStatic: boolean;
}

/** A graph that can run, and those in its nodes. */
export class Plan {
  readonly graph: OnnxGraph;
  readonly steps: readonly Step[];
  /** Initializers that hold no floats. */
  readonly hosts = new Map<string, Host>();
  /** Those that do, and are no weights. */
  readonly constants = new Map<string, OnnxArray>();
  /** Those that are, by their way in the module's tree. */
  readonly weights = new Map<string, readonly string[]>();
  readonly inner = new Map<OnnxGraph, Plan>();
  readonly #statics: ReadonlySet<string>;
  readonly #around: Plan | null;

  /** @param place  finds the place of a weight */
  constructor(graph: OnnxGraph, around: Plan | null, place: (name: string, array: OnnxArray) => readonly string[]) {
    this.graph = graph;
    this.#around = around;
    const statics = new Set<string>(graph.initializers.keys());
    this.#statics = statics;
    for (const [name, array] of graph.initializers) {
      if (isWeight(array)) this.weights.set(name, place(name, array));
      else if (isFloatType(array.type)) this.constants.set(name, array);
      else if (array.type !== "string") this.hosts.set(name, hostOf(array.type, array.shape, array.data));
    }
    this.steps = graph.nodes.map((node) => {
      const isStatic = !CHANGING.has(node.op) && readBy(node).every((name) => this.isStatic(name));
      if (isStatic) for (const name of node.outputs) statics.add(name);
      return { node, operator: OPERATORS.get(node.op)!, isStatic };
    });
    for (const node of graph.nodes) {
      for (const value of node.attributes.values())
        if (isGraph(value)) this.inner.set(value, new Plan(value, this, place));
    }
  }

  isStatic(name: string): boolean {
    return this.#statics.has(name) || (this.#around !== null && !this.#isOwn(name) && this.#around.isStatic(name));
  }

  #isOwn(name: string): boolean {
    return !this.graph.captured.includes(name);
  }
}

/** What is not the same twice. */
const CHANGING: ReadonlySet<string> = new Set(["Dropout"]);

/** Whether an initializer is learned: floats, of a dimension at least. Single numbers are exponents, limits, scales. */
export function isWeight({ type, shape }: OnnxArray): boolean {
  return isFloatType(type) && shape.length > 0;
}
