import type { ElementType } from "./element-types.js";
import type { OnnxArray } from "./tensor-data.js";

/** What goes into a graph or comes out of it. A size that is a name is one that the caller chooses; null: nothing is said. */
export interface OnnxValue {
  readonly name: string;
  /** Of its elements, or what it is where it is no array. */
  readonly type: ElementType | "sequence" | "map" | "optional" | "sparse";
  readonly shape: readonly (number | string | null)[] | null;
}

/** What an attribute of a node holds: numbers, texts, an array, a graph. */
export type AttributeValue = number | string | readonly number[] | readonly string[] | OnnxArray | OnnxGraph;

/** An operator of a graph, the names that it reads and makes, and its attributes. */
export interface OnnxNode {
  /** Its own, or `LSTM_3` after its operator and place where the file gives none. */
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  /** Empty where one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

/** A graph whose nodes follow those that they read, and whose names are each made once. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: ReadonlyMap<string, OnnxArray>;
  readonly nodes: readonly OnnxNode[];
  /** Names that it reads of the graphs around it. */
  readonly captured: readonly string[];
}

/** All that a node reads, the graphs in it included. */
export function readBy(node: OnnxNode): string[] {
  const inner = [...node.attributes.values()].flatMap((value) => (isGraph(value) ? value.captured : []));
  return [...node.inputs.filter((name) => name !== ""), ...inner];
}

export function isGraph(value: AttributeValue | undefined): value is OnnxGraph {
  return typeof value === "object" && "nodes" in value;
}
