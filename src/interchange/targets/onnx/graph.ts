import { sizeOf } from "../../../base/shape.js";
import type {
  ArrayToWrite,
  AttributeToWrite,
  GraphToWrite,
  NodeToWrite,
  ValueToWrite,
} from "../../formats/onnx/encode.js";
import { hasRows, quantizeRows, scaleName } from "../../int8.js";
import type { NamedArray, NamedArrays } from "../../named-array.js";
import type { Precision } from "../target.js";

type Attributes = Readonly<Record<string, AttributeToWrite>>;

/** TensorProto.DataType of what nodes are told to become. */
export const TYPES = { float: 1, int32: 6, int64: 7 } as const;

/** A graph on its way: nodes are added in the order in which they run, and name what they make. */
export class GraphWriter {
  readonly #nodes: NodeToWrite[] = [];
  readonly #initializers = new Map<string, ArrayToWrite>();
  /** All of the model, by their names. */
  readonly weights: NamedArrays;
  readonly #precision: Precision;
  /** What is made already, by how it was made. */
  readonly #made = new Map<string, string>();
  readonly #outer: GraphWriter | null;
  #count = 0;

  /** @param outer  of a graph in a node: the graph about it, which holds its arrays */
  constructor(weights: NamedArrays, precision: Precision, outer: GraphWriter | null = null) {
    this.weights = weights;
    this.#precision = precision;
    this.#outer = outer;
  }

  /** A graph for the body of a node of this one: it may read what this one has made. */
  inner(): GraphWriter {
    return new GraphWriter(this.weights, this.#precision, this);
  }

  /** A node of one output. @param output  its name; default: one of its own */
  add(op: string, inputs: readonly string[], attributes: Attributes = {}, output = this.fresh(op)): string {
    this.addMany(op, inputs, [output], attributes);
    return output;
  }

  addMany(op: string, inputs: readonly string[], outputs: readonly string[], attributes: Attributes = {}): void {
    this.#nodes.push({ op, inputs, outputs, name: this.fresh(`node:${op}`), attributes });
  }

  /** A name that nothing has. */
  fresh(hint: string): string {
    if (this.#outer !== null) return this.#outer.fresh(hint);
    return `${hint}:${this.#count++}`;
  }

  /** Integers as an array, or one as a number. */
  ints(values: readonly number[] | number): string {
    return this.#constant("int64", values);
  }

  floats(values: readonly number[] | number): string {
    return this.#constant("float", values);
  }

  #constant(type: "int64" | "float", values: readonly number[] | number): string {
    if (this.#outer !== null) return this.#outer.#constant(type, values);
    return this.once(`${type}:${JSON.stringify(values, (_, x) => (x === -Infinity ? "-inf" : x))}`, (name) => {
      const [shape, data] = typeof values === "number" ? [[], [values]] : [[values.length], values];
      this.#initializers.set(name, { type, shape, data });
      return name;
    });
  }

  /**
   * A parameter of the model by its name, or an array made of some.
   * @param rows  those that have a scale each in 8 bits; null: none
   */
  weight(name: string, array = this.array(name), rows = hasRows(array) ? array.shape[0] : null): string {
    if (this.#outer !== null) return this.#outer.weight(name, array, rows);
    return this.once(`weight:${name}`, () => this.#stored(name, array, rows));
  }

  /** A matrix [R, C] as [C, R], for a product from the right. */
  transposed(name: string, array = this.array(name)): string {
    if (this.#outer !== null) return this.#outer.transposed(name, array);
    return this.once(`transposed:${name}`, () =>
      this.add("Transpose", [this.weight(name, array)], { perm: { ints: [1, 0] } }),
    );
  }

  /** The model's own array of this name. */
  array(name: string): NamedArray {
    const array = this.weights.get(name);
    if (array === undefined) throw new TypeError(`${name} is no weight of the model`);
    return array;
  }

  /** What `make` names, made once. */
  once(key: string, make: (key: string) => string): string {
    const found = this.#made.get(key) ?? make(key);
    this.#made.set(key, found);
    return found;
  }

  /** An initializer in the file's precision, and what makes float32 of it. */
  #stored(name: string, { shape, data }: NamedArray, rows: number | null): string {
    if (this.#precision === "float16") {
      this.#initializers.set(name, { type: "float16", shape, data });
      return this.add("Cast", [name], { to: { i: TYPES.float } });
    }
    if (this.#precision === "int8" && rows !== null) {
      const flat = rows === shape[0] ? shape : [rows, sizeOf(shape) / rows];
      const { data: levels, scales } = quantizeRows({ shape: flat, data });
      this.#initializers.set(name, { type: "int8", shape: flat, data: levels });
      this.#initializers.set(scaleName(name), { type: "float", shape: [rows], data: scales });
      const whole = this.add("DequantizeLinear", [name, scaleName(name)], { axis: { i: 0 } });
      return flat === shape ? whole : this.add("Reshape", [whole, this.ints(shape)]);
    }
    this.#initializers.set(name, { type: "float", shape, data });
    return name;
  }

  finished(inputs: readonly ValueToWrite[], outputs: readonly ValueToWrite[], name: string): GraphToWrite {
    return { name, inputs, outputs, initializers: this.#initializers, nodes: this.#nodes };
  }
}
