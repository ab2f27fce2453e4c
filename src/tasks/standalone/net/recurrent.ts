import { CELLS, type States, type Step } from "./cells.js";
import { concatenated, linear, type Vector, type Weights, weightOf } from "./vectors.js";

/** One layer of a recurrent network in one direction. */
interface Direction {
  readonly step: Step;
  /** Of h, and of c. */
  readonly sizes: readonly number[];
}

/** Recurrent layers, one on top of the other, each of one direction or two. */
export class Recurrent {
  /** Numbers that a step gives. */
  readonly width: number;
  readonly #layers: readonly (readonly Direction[])[];

  /**
   * @param cell    `lstm`, `gru`, ...
   * @param prefix  what their weights are called before the first point: `rnn`
   */
  constructor(weights: Weights, cell: string, prefix: string) {
    const isStack = [...weights.keys()].some((name) => name.startsWith(`${prefix}.layers.0.`));
    const layers: Direction[][] = [];
    for (;;) {
      const found = namesOf(weights, prefix, isStack, layers.length).filter((name) => weights.has(name("weight_ih")));
      if (found.length === 0) break;
      layers.push(found.map((name) => directionOf(weights, cell, name)));
    }
    this.#layers = layers;
    this.width = layers[layers.length - 1].reduce((sum, { sizes: [size] }) => sum + size, 0);
  }

  /** Sizes of all states of layers and directions, in PyTorch's order. */
  get sizes(): number[] {
    return this.#layers.flat().map(({ sizes: [size] }) => size);
  }

  /** A sequence. @param from  the state before it; left out: zeros */
  run(x: readonly Vector[], from: readonly States[] = this.#zeros()): { outputs: Vector[]; states: States[] } {
    let outputs = [...x];
    const states: States[] = [];
    for (const directions of this.#layers) {
      const sides = directions.map(({ step }, d) => {
        const side: Vector[] = new Array(outputs.length);
        let state = from[states.length];
        for (let i = 0; i < outputs.length; i++) {
          const t = d === 0 ? i : outputs.length - 1 - i;
          state = step(outputs[t], state);
          side[t] = state[0];
        }
        states.push(state);
        return side;
      });
      outputs = sides.length === 1 ? sides[0] : outputs.map((_, t) => concatenated(sides.map((side) => side[t])));
    }
    return { outputs, states };
  }

  /** h of the highest layer, of both directions side by side. */
  lastHidden(states: readonly States[]): Vector {
    const { length } = this.#layers[this.#layers.length - 1];
    return concatenated(states.slice(-length).map(([h]) => h));
  }

  #zeros(): States[] {
    return this.#layers.flat().map(({ sizes }) => sizes.map((size) => new Float64Array(size)));
  }
}

/** What the weights of a layer are called: numbered in one module, or each a module of its own. */
function namesOf(weights: Weights, prefix: string, isStack: boolean, layer: number) {
  const own = `${prefix}.layers.${layer}.`;
  const inner = weights.has(`${own}module.weight_ih_l0`) ? "module." : "";
  return ["", "_reverse"].map((direction) => (name: string) => {
    return isStack ? `${own}${inner}${name}_l0${direction}` : `${prefix}.${name}_l${layer}${direction}`;
  });
}

function directionOf(weights: Weights, cell: string, name: (own: string) => string): Direction {
  const row = CELLS[cell];
  const weight = (own: string) => weightOf(weights, name(own));
  const hidden = weight("weight_ih").shape[0] / row.gates;
  const step = row.make(weight, hidden);
  const projection = weights.get(name("weight_hr"));
  if (projection === undefined) return { sizes: [hidden, hidden].slice(0, row.states), step };
  return {
    sizes: [projection.shape[0], hidden],
    step: (x, before) => {
      const [h, ...others] = step(x, before);
      return [linear(projection, h), ...others];
    },
  };
}
