import { FormatError, ShapeError, show } from "../../base/errors.js";
import { formatShape, normalizeAxis, type Shape } from "../../base/shape.js";
import type { FloatDType } from "../../nn/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { FloatType } from "../formats/onnx/element-types.js";
import { isGraph, type OnnxGraph, type OnnxNode } from "../formats/onnx/model.js";
import type { OnnxArray } from "../formats/onnx/tensor-data.js";
import { Floats, Host, type Value } from "./value.js";

/** An operator: its outputs in their order, one by itself where there is one. */
export type Operator = (call: Call) => Value | readonly (Value | null)[];

/** What a node may ask of the run around it. */
export interface Surroundings {
  readonly opset: number;
  readonly training: boolean;
  /** What "float" is computed in: float32, or float64 once the module was converted. */
  readonly floatDType: FloatDType;
  /** Runs a graph that stands in the node, which may read the names around it. */
  runGraph(graph: OnnxGraph, inputs: readonly Value[]): Value[];
  /** An array of the file as a value. */
  constant(array: OnnxArray): Value;
  /** Whether a name is the same in every run, until the weights change. */
  isStatic(name: string): boolean;
  /** What was made of static inputs before, or else is made now and kept. */
  kept(node: OnnxNode, key: string, make: () => Tensor[]): Tensor[];
}

/** One node, with what it reads and its attributes, each checked as it is asked for. */
export class Call {
  readonly node: OnnxNode;
  readonly inputs: readonly (Value | null)[];
  readonly around: Surroundings;

  constructor(node: OnnxNode, inputs: readonly (Value | null)[], around: Surroundings) {
    this.node = node;
    this.inputs = inputs;
    this.around = around;
  }

  get opset(): number {
    return this.around.opset;
  }

  /** How many outputs somebody may read. */
  get wanted(): number {
    return this.node.outputs.length;
  }

  has(place: number): boolean {
    return this.inputs[place] != null;
  }

  value(place: number): Value {
    return this.inputs[place] ?? this.fail(`input ${place}`, "be given", "none");
  }

  optional(place: number): Value | null {
    return this.inputs[place] ?? null;
  }

  floats(place: number): Floats {
    const value = this.value(place);
    if (value instanceof Floats) return value;
    return this.fail(`input ${place}`, "hold floats", value.type);
  }

  tensor(place: number): Tensor {
    return this.floats(place).tensor;
  }

  optionalTensor(place: number): Tensor | null {
    return this.has(place) ? this.tensor(place) : null;
  }

  host(place: number): Host {
    const value = this.value(place);
    if (value instanceof Host) return value;
    return this.fail(`input ${place}`, "hold integers or truth values", value.type);
  }

  /** Integers as a list, or null where the input is left out. */
  optionalInts(place: number): number[] | null {
    return this.has(place) ? Array.from(this.host(place).data) : null;
  }

  ints(place: number): number[] {
    return Array.from(this.host(place).data);
  }

  /** The one number of an input. */
  number(place: number): number {
    const value = this.value(place);
    const numbers = value instanceof Floats ? value.tensor.data() : value.data;
    if (numbers.length === 1) return numbers[0];
    return this.misshapen(`input ${place}`, "hold one number", value.shape);
  }

  /** A result of the type of an input. */
  like(place: number, tensor: Tensor): Floats {
    return new Floats(this.floats(place).type, tensor);
  }

  dtypeOf(type: FloatType): FloatDType {
    return type === "double" ? "float64" : this.around.floatDType;
  }

  hasAttribute(name: string): boolean {
    return this.node.attributes.has(name);
  }

  int(name: string, otherwise?: number): number {
    const value = this.#attribute(name, otherwise);
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    return this.#mistyped(name, "be an integer", value);
  }

  float(name: string, otherwise?: number): number {
    const value = this.#attribute(name, otherwise);
    return typeof value === "number" ? value : this.#mistyped(name, "be a number", value);
  }

  flag(name: string, otherwise = false): boolean {
    return this.int(name, otherwise ? 1 : 0) !== 0;
  }

  string(name: string, otherwise?: string): string {
    const value = this.#attribute(name, otherwise);
    return typeof value === "string" ? value : this.#mistyped(name, "be a text", value);
  }

  /** One of some words. */
  oneOf<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
    const value = this.string(name, otherwise);
    if (allowed.includes(value as T)) return value as T;
    return this.#mistyped(name, `be one of ${allowed.join(", ")}`, value);
  }

  intList(name: string): number[] | null {
    const value = this.node.attributes.get(name);
    if (value === undefined) return null;
    const ok = Array.isArray(value) && value.every(Number.isInteger);
    return ok ? (value as number[]) : this.#mistyped(name, "be a list of integers", value);
  }

  /** As many integers as a kernel has dimensions, none below `least`. */
  perDimension(name: string, count: number, least: number, otherwise: number): number[] {
    const given = this.intList(name) ?? new Array<number>(count).fill(otherwise);
    if (given.length === count && given.every((n) => Number.isSafeInteger(n) && n >= least)) return given;
    const what = least === 1 ? "positive integers" : `integers of at least ${least}`;
    return this.fail(`attribute ${name}`, `be ${count} ${what}`, `[${given}]`);
  }

  positiveInt(name: string, otherwise?: number): number {
    const value = this.int(name, otherwise);
    return value > 0 ? value : this.#mistyped(name, "be a positive integer", value);
  }

  floatList(name: string): number[] | null {
    const value = this.node.attributes.get(name);
    if (value === undefined) return null;
    const ok = Array.isArray(value) && value.every((item) => typeof item === "number");
    return ok ? (value as number[]) : this.#mistyped(name, "be a list of numbers", value);
  }

  stringList(name: string): string[] | null {
    const value = this.node.attributes.get(name);
    if (value === undefined) return null;
    const ok = Array.isArray(value) && value.every((item) => typeof item === "string");
    return ok ? (value as string[]) : this.#mistyped(name, "be a list of texts", value);
  }

  graph(name: string): OnnxGraph {
    const value = this.node.attributes.get(name);
    return isGraph(value) ? value : this.#mistyped(name, "be a graph", value);
  }

  array(name: string): OnnxArray {
    const value = this.node.attributes.get(name);
    return typeof value === "object" && "dtype" in value ? value : this.#mistyped(name, "be an array", value);
  }

  /** An axis that may count from the end. */
  axis(axis: number, rank: number): number {
    return normalizeAxis(this.node.op, axis, rank);
  }

  /** Axes that older operators have as an attribute, and newer ones as an input; null where they are left out. */
  axes(place: number, name = "axes"): number[] | null {
    return this.intList(name) ?? this.optionalInts(place);
  }

  /** What is made of the inputs at `places` alone: once, where these are weights that nothing learns now. */
  prepared(places: readonly number[], key: string, make: () => Tensor[]): Tensor[] {
    const names = places.map((place) => this.node.inputs[place] ?? "");
    const stays = names.every((name) => name === "" || this.around.isStatic(name));
    return stays ? this.around.kept(this.node, key, make) : make();
  }

  fail(argument: string, must: string, value: string, fix = ""): never {
    throw new FormatError({ op: this.node.op, argument, must, value, fix });
  }

  misshapen(argument: string, must: string, shape: Shape): never {
    throw new ShapeError({ op: this.node.op, argument, must, value: formatShape(shape) });
  }

  requireRank(place: number, rank: number, what: string): void {
    const { shape } = this.value(place);
    if (shape.length !== rank) this.misshapen(`input ${place}`, `have shape ${what}`, shape);
  }

  #attribute(name: string, otherwise: number | string | undefined): unknown {
    return this.node.attributes.get(name) ?? otherwise;
  }

  #mistyped(name: string, must: string, value: unknown): never {
    return this.fail(`attribute ${name}`, must, value === undefined ? "none" : show(value));
  }
}
