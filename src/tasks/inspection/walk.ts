import { enableGrad } from "../../autograd/index.js";
import { rangeOf } from "../../base/range.js";
import { type GateTrace, saturation, watch } from "../../diagnostics/index.js";
import { keepingGradients, leavesBehind } from "../../diagnostics/keep-gradients.js";
import type { Module } from "../../nn/index.js";
import type { Tensor } from "../../tensor/index.js";
import type { Block, Curves } from "./blocks.js";
import { layerTitle } from "./layers.js";

/** What one recurrent layer did on a sequence, one entry a step. */
export interface WalkedLayer {
  name: string;
  gates: Record<string, GateTrace>;
  /** ‖∂s/∂h_t‖, and ‖∂s/∂c_t‖ where there is a cell state: s is what was asked about. */
  gradH: number[];
  gradC: number[] | null;
}

export interface Walk {
  /** s. */
  score: number;
  /**
   * Gradient × input of each step, Σ_d x_td ∂s/∂x_td: what the step adds to s, to first order. All of them together are what s loses
   * when the whole input is made smaller by a small factor, over that factor.
   * Source: Shrikumar et al. 2016.
   */
  contributions: number[];
  layers: WalkedLayer[];
}

/**
 * What a model did with one sequence, and which of its steps a number follows from. The model is left as it was: its gradients too.
 * @param x  [L, 1, F], what its lowest layer reads
 * @param scoreOf  from x to a scalar, the number that is asked about
 */
export function walk(model: Module, x: Tensor, scoreOf: (x: Tensor) => Tensor): Walk {
  const { score, gradient, layers } = walkBack(model, x, scoreOf);
  return { score, contributions: byStep(x, gradient), layers };
}

/** As `walk`, with x · ∂s/∂x of every number that was read: [L, F] in a row. */
export function walkBack(model: Module, x: Tensor, scoreOf: (x: Tensor) => Tensor) {
  const leaf = x.detach();
  leaf.requiresGrad = true;
  let [score, gradient] = [0, new Float64Array(0)];
  const { training } = model;
  model.train(false);
  try {
    const runs = enableGrad(() =>
      watch(model, () => {
        const s = scoreOf(leaf);
        score = s.item();
        gradient = keepingGradients(leavesBehind(s), () => {
          s.backward();
          const values = leaf.data();
          return Float64Array.from(leaf.grad?.data() ?? new Float32Array(leaf.size), (slope, i) => slope * values[i]);
        });
      }),
    );
    return { score, gradient, layers: runs.length === 0 ? [] : layersOfRuns(runs) };
  } finally {
    model.train(training);
  }
}

function byStep(x: Tensor, gradient: Float64Array): number[] {
  const [steps] = x.shape as [number];
  const width = gradient.length / steps;
  return Array.from({ length: steps }, (_, t) =>
    gradient.subarray(t * width, (t + 1) * width).reduce((a, b) => a + b, 0),
  );
}

/** A module that is called step by step has a run a call: one after the other they are its walk. */
function layersOfRuns(runs: ReturnType<typeof watch>): WalkedLayer[] {
  const layers = new Map<string, WalkedLayer>();
  for (const { name: path, layers: own } of runs) {
    for (const { layer, direction, gates, gradH, gradC } of own) {
      const name = layerTitle(path, { layer, direction });
      const before = layers.get(name);
      layers.set(
        name,
        before === undefined ? { name, gates, gradH, gradC } : behind(before, { name, gates, gradH, gradC }),
      );
    }
  }
  return [...layers.values()];
}

function behind(a: WalkedLayer, b: WalkedLayer): WalkedLayer {
  const gates = Object.entries(a.gates).map(([name, gate]) => {
    const other = b.gates[name];
    const [mean, low, high] = (["mean", "low", "high"] as const).map((key) => [...gate[key], ...other[key]]);
    return [name, { ...gate, mean, low, high }] as const;
  });
  return {
    name: a.name,
    gates: Object.fromEntries(gates),
    gradH: [...a.gradH, ...b.gradH],
    gradC: a.gradC === null || b.gradC === null ? null : [...a.gradC, ...b.gradC],
  };
}

/** Gradients and gates of the layers, as curves. @param of  what the gradient is of: `the log odds` */
export function walkBlocks(layers: readonly WalkedLayer[], of: string): Block[] {
  const gradients: Curves = {
    kind: "curves",
    title: `Gradient of ${of}, by step`,
    about: "The norm of what each state does to it (logarithmic).",
    xTitle: "step",
    yTitle: "gradient norm",
    log: true,
    series: layers.flatMap(({ name, gradH, gradC }) => [
      { name: `${name} h`, values: gradH, beside: rangeText(gradH) },
      ...(gradC === null ? [] : [{ name: `${name} c`, values: gradC, beside: rangeText(gradC), dash: "5 4" }]),
    ]),
  };
  const gates = layers.map(({ name, gates }): Curves => {
    const isSigned = Object.values(gates).some(({ activation }) => activation === "tanh");
    return {
      kind: "curves",
      title: `Gates of ${name}`,
      about: "The mean of each over its units, by step.",
      xTitle: "step",
      yTitle: "mean",
      yRange: [isSigned ? -1 : 0, 1],
      ofGates: true,
      series: Object.entries(gates).map(([gate, trace]) => {
        return {
          name: gate,
          values: trace.mean,
          beside: `${Math.round(100 * average(saturation(trace)))} % saturated`,
        };
      }),
    };
  });
  return [gradients, ...gates];
}

/** The least and the greatest, to one digit. */
export function rangeText(values: readonly number[]): string {
  return rangeOf(values)
    .map((value) => value.toExponential(0))
    .join(" to ");
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
