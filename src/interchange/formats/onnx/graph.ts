import { FormatError, show } from "../../../base/errors.js";
import { elementName, elementType } from "./element-types.js";
import { type AttributeValue, type OnnxGraph, type OnnxNode, type OnnxValue, readBy } from "./model.js";
import { inOrder } from "./order.js";
import type { AttributeProto, GraphProto, NodeProto, TypeProto, ValueInfoProto } from "./schema.js";
import { type ArrayContext, type OnnxArray, tensorArray } from "./tensor-data.js";

/** Names that can be read somewhere: the graph's own, and those around it. */
class Scope {
  readonly #own: ReadonlySet<string>;
  readonly #around: Scope | null;

  constructor(own: ReadonlySet<string>, around: Scope | null) {
    this.#own = own;
    this.#around = around;
  }

  has(name: string): boolean {
    return this.#own.has(name) || this.#around?.has(name) === true;
  }
}

/**
 * A graph, checked.
 * @param outer  the names of the graphs around it
 * @throws FormatError for a name made twice, one that nobody makes, a circle of nodes
 */
export function readGraph(proto: GraphProto, path: string, outer: Scope | null, context: ArrayContext): OnnxGraph {
  const fail = (argument: string, must: string, value: string, fix = ""): never => {
    throw new FormatError({ op: context.op, argument: `${argument} of ${context.source}`, must, value, fix });
  };
  if (proto.sparseInitializer.length > 0) fail(path, "have whole arrays", "a sparse initializer");
  const initializers = new Map<string, OnnxArray>();
  for (const [i, tensor] of proto.initializer.entries()) {
    const { name = "" } = tensor;
    if (name === "") fail(`${path}.initializer[${i}]`, "have a name", "none");
    if (initializers.has(name)) fail(`initializer ${show(name)}`, "have a name of its own", "the name of another");
    initializers.set(name, tensorArray(tensor, `initializer ${show(name)}`, context));
  }
  const named = proto.input.map((info, i) => valueInfo(info, `${path}.input[${i}]`, fail));
  checkUnique(named, "input", fail);
  // Files of the first versions list their weights among the inputs too.
  const inputs = named.filter(({ name }) => !initializers.has(name));
  const given = new Set([...inputs.map(({ name }) => name), ...initializers.keys()]);
  const nodes = proto.node.map((node, i) => describeNode(node, `${path}.node[${i}]`, i, fail));
  const makers = makersOf(nodes, given, fail);
  const own = new Set([...given, ...makers.keys()]);
  const scope = new Scope(own, outer);
  const whole = nodes.map((node, i) => readNode(node, `${path}.node[${i}]`, scope, context, fail));
  const outputs = proto.output.map((info, i) => valueInfo(info, `${path}.output[${i}]`, fail));
  for (const { name } of outputs) {
    if (!scope.has(name)) fail(`output ${show(name)}`, "be made by a node", "a name that nobody makes");
  }
  const sorted = inOrder(whole, makers, (node, name) =>
    scope.has(name)
      ? undefined
      : fail(`input ${show(name)} of node ${show(node.name)}`, MADE, "a name that nobody makes"),
  );
  if (sorted.circle !== null) {
    const way = sorted.circle.map((name) => show(name)).join(" -> ");
    fail(path, "have no circle of nodes", way);
  }
  const reads = [...sorted.nodes.flatMap(readBy), ...outputs.map(({ name }) => name)];
  const captured = [...new Set(reads.filter((name) => name !== "" && !own.has(name)))];
  return { inputs, outputs, initializers, nodes: sorted.nodes, captured };
}

const MADE = "be an input, an initializer or made by a node";

type Fail = (argument: string, must: string, value: string, fix?: string) => never;

function valueInfo({ name = "", type }: ValueInfoProto, path: string, fail: Fail): OnnxValue {
  if (name === "") fail(path, "have a name", "none");
  const tensor = type?.tensorType;
  const kind = type && kindOf(type);
  if (kind) return { name, type: kind, shape: null };
  const code = tensor?.elemType ?? 1;
  const element = elementType(code);
  if (element === undefined) return fail(show(name), "hold numbers that can be read", elementName(code));
  const shape = tensor?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? (dimParam || null)) ?? null;
  for (const size of shape ?? []) {
    if (typeof size === "number" && (!Number.isSafeInteger(size) || size < 0))
      fail(show(name), "have sizes of at least 0", show(shape));
  }
  return { name, type: element, shape };
}

function kindOf({ sequenceType, mapType, optionalType, sparseTensorType }: TypeProto): OnnxValue["type"] | null {
  if (sequenceType !== undefined) return "sequence";
  if (mapType !== undefined) return "map";
  if (optionalType !== undefined) return "optional";
  return sparseTensorType === undefined ? null : "sparse";
}

function checkUnique(values: readonly OnnxValue[], what: string, fail: Fail): void {
  const seen = new Set<string>();
  for (const { name } of values) {
    if (seen.has(name)) fail(`${what} ${show(name)}`, "have a name of its own", "the name of another");
    seen.add(name);
  }
}

function describeNode(proto: NodeProto, path: string, place: number, fail: Fail): NodeProto & { name: string } {
  const { opType = "" } = proto;
  if (opType === "") fail(path, "name its operator", "none");
  return { ...proto, name: proto.name || `${opType}_${place}` };
}

function makersOf(
  nodes: readonly (NodeProto & { name: string })[],
  given: ReadonlySet<string>,
  fail: Fail,
): Map<string, number> {
  const makers = new Map<string, number>();
  for (const [i, { output, name }] of nodes.entries()) {
    for (const made of output) {
      if (made === "") continue;
      const other = makers.get(made);
      const maker = other === undefined ? "an input or an initializer" : `node ${show(nodes[other].name)}`;
      if (other !== undefined || given.has(made)) {
        fail(`output ${show(made)} of node ${show(name)}`, "have a name of its own", `the name of what ${maker} makes`);
      }
      makers.set(made, i);
    }
  }
  return makers;
}

const NO_ATTRIBUTES = new Map<string, AttributeValue>();

function readNode(
  proto: NodeProto & { name: string },
  path: string,
  scope: Scope,
  context: ArrayContext,
  fail: Fail,
): OnnxNode {
  const attributes = proto.attribute.length === 0 ? NO_ATTRIBUTES : new Map<string, AttributeValue>();
  for (const [i, attribute] of proto.attribute.entries()) {
    const { name = "" } = attribute;
    const at = `${path}.attribute[${i}]`;
    if (name === "") fail(at, "have a name", "none");
    if (attributes.has(name))
      fail(`attribute ${show(name)} of node ${show(proto.name)}`, "be given once", "a second one");
    const value = attributeValue(
      attribute,
      `attribute ${show(name)} of node ${show(proto.name)}`,
      at,
      scope,
      context,
      fail,
    );
    if (value !== null) attributes.set(name, value);
  }
  const { name, opType = "", domain = "", input, output } = proto;
  return { name, op: opType, domain: domain === "ai.onnx" ? "" : domain, inputs: input, outputs: output, attributes };
}

const utf8 = new TextDecoder();

/** Null for a kind that no operator of ours reads. */
function attributeValue(
  attribute: AttributeProto,
  argument: string,
  path: string,
  scope: Scope,
  context: ArrayContext,
  fail: Fail,
): AttributeValue | null {
  const { type = 0, f, i, s, t, g, floats, ints, strings, refAttrName } = attribute;
  if (refAttrName)
    fail(argument, "have a value", `a reference to ${show(refAttrName)}`, "Inline the file's functions.");
  const values: Readonly<Record<number, () => AttributeValue | undefined>> = {
    1: () => f ?? 0,
    2: () => i ?? 0,
    3: () => utf8.decode(s ?? new Uint8Array()),
    4: () => t && tensorArray(t, argument, context),
    5: () => g && readGraph(g, `${path}.g`, scope, context),
    6: () => floats,
    7: () => ints,
    8: () => strings.map((text) => utf8.decode(text)),
  };
  // Files before IR version 2 leave the type out.
  const guessed =
    f !== undefined ? 1 : i !== undefined ? 2 : s !== undefined ? 3 : t ? 4 : g ? 5 : floats.length ? 6 : 7;
  const read = values[type === 0 ? guessed : type];
  if (read === undefined) return null;
  return read() ?? fail(argument, "have a value of its type", "none");
}
