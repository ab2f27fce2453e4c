/** One number of a cell, computed from others: what it is, and how it changes with each of them. */
export interface Node {
  name: string;
  /** Names of what it is made of; with a prime, a state of the step before: `h'`. */
  inputs: readonly string[];
  /** Weights that it has: names in the experiment. */
  weights: readonly string[];
  value(inputs: readonly number[], weights: readonly number[]): number;
  /** ∂value/∂input of each, given the value. */
  slopes(inputs: readonly number[], weights: readonly number[], value: number): readonly number[];
  /** ∂value/∂weight of each. */
  weightSlopes(inputs: readonly number[], weights: readonly number[], value: number): readonly number[];
  /** With symbols, then with the numbers. */
  equation: string;
  filled(inputs: readonly string[], weights: readonly string[]): string;
}

/** A cell of one unit, in the order in which its numbers are computed. */
export interface Cell {
  name: CellName;
  nodes: readonly Node[];
  /** What it carries to the next step; the first is its output. */
  states: readonly string[];
}

export type CellName = "rnn" | "lstm" | "gru";

/** A run that can be followed number by number. */
export interface Experiment {
  cell: Cell;
  weights: Readonly<Record<string, number>>;
  inputs: readonly number[];
  /** Of each step what its output should be; null where nothing is asked. */
  targets: readonly (number | null)[];
  /** No gradient goes from step `cut` + 1 to step `cut`, counted from 1; 0: it goes all the way. */
  cut: number;
}

/** One step, there and back. */
export interface Step {
  values: Readonly<Record<string, number>>;
  /** ∂L/∂ of each number. */
  grads: Readonly<Record<string, number>>;
  /** Of each input of each node, `x>h`: what comes back along it. */
  edges: Readonly<Record<string, number>>;
  /** ½ (h - y)²; null where nothing is asked. */
  loss: number | null;
}

export interface Run {
  steps: readonly Step[];
  loss: number;
  /** ∂L/∂ of each weight, over all steps. */
  weights: Readonly<Record<string, number>>;
}

/** Forward through all steps, and back: all numbers of both. */
export function runOf({ cell, weights, inputs, targets, cut }: Experiment): Run {
  const [output] = cell.states;
  const all = forward(cell, weights, inputs);
  const grads: Record<string, number> = Object.fromEntries(Object.keys(weights).map((name) => [name, 0]));
  let carried: Record<string, number> = {};
  const steps: Step[] = [];
  for (let t = inputs.length - 1; t >= 0; t--) {
    const values = all[t];
    const target = targets[t] ?? null;
    const own: Record<string, number> = { ...carried };
    if (target !== null) own[output] = (own[output] ?? 0) + values[output] - target;
    const { edges, into } = backward(cell, weights, values, own, grads);
    carried = t === cut ? {} : Object.fromEntries(cell.states.map((state) => [state, into[`${state}'`] ?? 0]));
    steps.unshift({ values, grads: into, edges, loss: target === null ? null : 0.5 * (values[output] - target) ** 2 });
  }
  return { steps, loss: steps.reduce((sum, { loss }) => sum + (loss ?? 0), 0), weights: grads };
}

function forward(cell: Cell, weights: Experiment["weights"], inputs: readonly number[]): Record<string, number>[] {
  const all: Record<string, number>[] = [];
  for (const x of inputs) {
    const before = all.at(-1);
    const values: Record<string, number> = { x };
    for (const state of cell.states) values[`${state}'`] = before?.[state] ?? 0;
    for (const node of cell.nodes) {
      values[node.name] = node.value(
        node.inputs.map((name) => values[name]),
        node.weights.map((name) => weights[name]),
      );
    }
    all.push(values);
  }
  return all;
}

/** Of one step; what reaches its weights is added to `sums`. */
function backward(
  cell: Cell,
  weights: Experiment["weights"],
  values: Readonly<Record<string, number>>,
  from: Readonly<Record<string, number>>,
  sums: Record<string, number>,
) {
  const into: Record<string, number> = { ...from };
  const edges: Record<string, number> = {};
  for (const node of [...cell.nodes].reverse()) {
    const grad = into[node.name] ?? 0;
    into[node.name] = grad;
    const inputs = node.inputs.map((name) => values[name]);
    const own = node.weights.map((name) => weights[name]);
    for (const [k, slope] of node.slopes(inputs, own, values[node.name]).entries()) {
      const name = node.inputs[k];
      edges[`${name}>${node.name}`] = grad * slope;
      into[name] = (into[name] ?? 0) + grad * slope;
    }
    for (const [k, slope] of node.weightSlopes(inputs, own, values[node.name]).entries()) {
      sums[node.weights[k]] += grad * slope;
    }
  }
  return { edges, into };
}
