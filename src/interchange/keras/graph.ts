import { FormatError, show } from "../../base/errors.js";
import type { Json } from "../../base/strict-json.js";
import { JsonObject } from "../json-object.js";

/** A layer as the configuration has it. */
export interface GraphLayer {
  name: string;
  type: string;
  /** With `class_name` and `config`. */
  entry: JsonObject;
}

/** Where a tensor comes from: a call of `Graph.calls`, or -1 for the model's inputs; and which of what that gives. */
export type Source = readonly [call: number, output: number];

export interface Graph {
  /** Those that are called, in the order of the file. */
  layers: readonly GraphLayer[];
  /** All of the file: names of weights may count them. */
  all: readonly GraphLayer[];
  inputs: readonly string[];
  /** In an order in which they can be made. Those that no output needs are left out. */
  calls: readonly { layer: string; inputs: readonly Source[] }[];
  outputs: readonly Source[];
  outputNames: readonly string[];
}

/**
 * The layers of a Sequential or functional model, and the order of their calls.
 * @param model  with `class_name` and `config`
 * @throws FormatError for what is no model, names a layer that is not there, or goes in a circle (code `cycle`)
 */
export function graphOf(model: JsonObject): Graph {
  const type = model.string("class_name");
  const config = model.get("config");
  // Before Keras 2.2.3 the layers of a Sequential model were its whole configuration.
  const fields = Array.isArray(config)
    ? new JsonObject(model.op, model.where, { layers: config })
    : model.object("config");
  const layers = layersOf(fields.called(model.where));
  return type === "Sequential" ? inLine(layers) : functional(fields.called(model.where), layers);
}

/** More than any model has; each costs kilobytes in memory. */
const MOST_LAYERS = 25_000;

function layersOf(config: JsonObject): GraphLayer[] {
  const seen = new Set<string>();
  const all = config.list("layers");
  if (all.length > MOST_LAYERS) config.fail(`have at most ${MOST_LAYERS} layers`, `${all.length}`);
  return all.map((value, i) => {
    const entry = new JsonObject(config.op, `layer ${i} of ${config.where}`, value);
    const type = entry.string("class_name");
    const own = entry.get("config");
    const named = own !== null && typeof own === "object" && !Array.isArray(own) ? own["name"] : undefined;
    const name = entry.string("name", typeof named === "string" ? named : `${type}_${i}`);
    if (name === "") config.fail("have layers with names", show(name));
    // Dots part the names of parameters: here they are hyphens.
    const key = name.replaceAll(".", "-");
    if (seen.has(key)) config.fail("have layers of different names", `${show(name)} a second time`);
    seen.add(key);
    return { name, type, entry: entry.called(`layer ${show(name)} (${type})`) };
  });
}

function inLine(layers: readonly GraphLayer[]): Graph {
  const called = layers.filter(({ type }) => type !== "InputLayer");
  const input = layers.find(({ type }) => type === "InputLayer")?.name ?? "input";
  const last = called.at(-1)?.name ?? input;
  return {
    layers: called,
    all: layers,
    inputs: [input],
    calls: called.map(({ name }, i) => ({ layer: name, inputs: [[i - 1, 0]] })),
    outputs: [[called.length - 1, 0]],
    outputNames: [last],
  };
}

/** A call of a layer that may have several, and which of what it gives. */
interface Reference {
  layer: string;
  node: number;
  output: number;
}

const keyOf = (layer: string, node: number): string => `${node} ${layer}`;

function functional(config: JsonObject, layers: readonly GraphLayer[]): Graph {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const inputs = references(config, "input_layers").map(({ layer }) => layer);
  const outputs = references(config, "output_layers");
  if (inputs.length === 0 || outputs.length === 0) config.fail("have inputs and outputs", "none");
  const nodes = new Map<string, readonly Reference[]>();
  for (const { name, entry } of layers) {
    for (const [i, node] of entry.list("inbound_nodes", []).entries())
      nodes.set(keyOf(name, i), sourcesOf(entry, node));
  }
  const isInput = (layer: string): boolean => inputs.includes(layer);
  const order = inOrder(config, outputs, (key) => nodes.get(key) ?? [], isInput);
  const called = new Set(order.map(({ layer }) => layer));
  const place = new Map(order.map(({ layer, node }, i) => [keyOf(layer, node), i]));
  const source = ({ layer, node, output }: Reference): Source =>
    isInput(layer) ? [-1, inputs.indexOf(layer)] : [place.get(keyOf(layer, node))!, output];
  for (const { layer, node } of order) {
    const found = byName.get(layer);
    if (found === undefined) config.fail("name only layers that it has", show(layer));
    if (!nodes.has(keyOf(layer, node))) {
      found.entry.fail(`be called ${node + 1} times, or be an input of the model`, `${entryCalls(found.entry)} calls`);
    }
  }
  return {
    layers: layers.filter(({ name }) => called.has(name)),
    all: layers,
    inputs,
    calls: order.map(({ layer, node }) => ({ layer, inputs: nodes.get(keyOf(layer, node))!.map(source) })),
    outputs: outputs.map(source),
    outputNames: outputs.map(({ layer }) => layer),
  };
}

const entryCalls = (entry: JsonObject): number => entry.list("inbound_nodes", []).length;

/** Calls before what needs them, without recursion: a graph may be as deep as a file is long. */
function inOrder(
  config: JsonObject,
  outputs: readonly Reference[],
  needs: (key: string) => readonly Reference[],
  isInput: (layer: string) => boolean,
): Reference[] {
  const done = new Set<string>();
  const open = new Set<string>();
  const order: Reference[] = [];
  const way: { at: Reference; key: string; next: number }[] = [];
  const enter = (at: Reference): void => {
    const key = keyOf(at.layer, at.node);
    if (isInput(at.layer) || done.has(key)) return;
    if (open.has(key)) {
      const circle = way.slice(way.findIndex((step) => step.key === key)).map((step) => step.at.layer);
      const shown = circle.length < 9 ? [...circle, at.layer].map(show) : [...circle.slice(0, 8).map(show), "..."];
      const value = shown.join(" from ");
      const [argument, must] = [config.where, "go from its inputs to its outputs, without a circle"];
      throw new FormatError({ code: "cycle", op: config.op, argument, must, value });
    }
    open.add(key);
    way.push({ at, key, next: 0 });
  };
  for (const output of outputs) {
    enter(output);
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const below = needs(top.key);
      if (top.next < below.length) enter(below[top.next++]);
      else {
        way.pop();
        open.delete(top.key);
        done.add(top.key);
        order.push(top.at);
      }
    }
  }
  return order;
}

/** A list of [layer, call, output], or one alone. */
function references(config: JsonObject, key: string): Reference[] {
  const list = config.list(key);
  return typeof list[0] === "string" ? [referenceOf(config, list)] : list.map((value) => referenceOf(config, value));
}

function referenceOf(config: JsonObject, value: Json): Reference {
  const [layer, node = 0, output = 0] = Array.isArray(value) ? value : [];
  const isCount = (one: Json): one is number => Number.isSafeInteger(one) && (one as number) >= 0;
  if (typeof layer === "string" && isCount(node) && isCount(output)) return { layer, node, output };
  return config.fail("name tensors as [layer, call, output]", show(value));
}

/** What one call of a layer takes: its tensors, then its initial states. Masks come with the tensors. */
function sourcesOf(entry: JsonObject, node: Json): Reference[] {
  if (!Array.isArray(node)) return sourcesOfKeras3(entry, node);
  if (typeof node[0] === "string") return [referenceOf(entry, node)];
  const given = node.map((value) => referenceOf(entry, value));
  const states = node.flatMap((value) => {
    const options = Array.isArray(value) ? value[3] : null;
    if (options === null || typeof options !== "object" || Array.isArray(options)) return [];
    checkCausal(entry, options["use_causal_mask"]);
    return NAMED_TENSORS.flatMap((name) => initialStates(entry, options[name] ?? null));
  });
  return [...given, ...states];
}

/** Tensors that calls name: those of attention, in the order in which it takes them, and states. */
const NAMED_TENSORS = ["value", "key", "initial_state"] as const;

/** Whether a step sees those after it is a matter of the call. */
function checkCausal(entry: JsonObject, value: Json | undefined): void {
  if (value === true) entry.fail("be called without use_causal_mask", "true");
}

function initialStates(entry: JsonObject, value: Json): Reference[] {
  if (!Array.isArray(value)) return [];
  return typeof value[0] === "string" ? [referenceOf(entry, value)] : value.map((one) => referenceOf(entry, one));
}

/** { args, kwargs } with tensors as { class_name: "__keras_tensor__", config: { keras_history } }. */
function sourcesOfKeras3(entry: JsonObject, node: Json): Reference[] {
  const call = new JsonObject(entry.op, `a call of ${entry.where}`, node);
  const found: Reference[] = [];
  const look = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (value !== null && typeof value === "object" && value["class_name"] === "__keras_tensor__") {
      const config = new JsonObject(entry.op, call.where, value).object("config");
      found.push(referenceOf(entry, config.list("keras_history")));
    }
  };
  look(call.list("args", []));
  if (call.has("kwargs")) {
    const options = call.object("kwargs");
    for (const name of NAMED_TENSORS) look(options.get(name) ?? null);
    checkCausal(entry, options.get("use_causal_mask"));
  }
  return found;
}
