import type { GateActivation } from "../../diagnostics/index.js";
import type { RecordedLayer } from "../../diagnostics/record.js";
import type { Module } from "../../nn/index.js";
import type { WalkedLayer } from "../inspection/walk.js";
import { layerLabel } from "../score/layer-tracks.js";
import type { Evidence, Measured, MeasuredLayer, MeasuredWeights, Reach } from "./measured.js";

/** What was seen of a model. */
interface Seen {
  /** What its layers did, sequence by sequence. */
  recorded: readonly RecordedLayer[];
  /** Of each sequence the gradients of one answer. */
  walks: readonly (readonly WalkedLayer[])[];
  evidence: Evidence | undefined;
}

/** All that can be measured. */
export function measured(
  model: Module,
  settings: Measured["settings"],
  { recorded, walks, evidence = {} }: Seen,
): Measured {
  return {
    ...evidence,
    ...{ settings, weights: weightsOf(model), layers: layersOf(recorded) },
    reaches: evidence.remembers === false ? [] : walks.flatMap(reachOf),
    growth: growthOf(walks.flat()),
  };
}

function weightsOf(model: Module): MeasuredWeights[] {
  return model.namedParameters().map(([name, parameter]) => {
    let sum = 0;
    for (const value of parameter.data()) sum += value * value;
    return { name, isSound: Number.isFinite(sum), size: Math.sqrt(sum / parameter.size) };
  });
}

/** A unit that moves by less than this, of all that it might move, keeps one value. */
const STILL = 1e-3;

/** Ends at which a gate only keeps what is there: a unit that remembers may well lie there throughout. */
const KEEPING: Readonly<Record<string, { low?: true; high?: true }>> = {
  forget: { high: true },
  input: { low: true },
  update: { low: true, high: true },
};
/** Nearer to an end than this, a hundredth and less of the gradient gets through. */
const ENDS: Partial<Record<GateActivation, readonly [low: number, high: number]>> = {
  sigmoid: [0.01, 0.99],
  hardSigmoid: [0.01, 0.99],
  tanh: [-0.99, 0.99],
};

function layersOf(recorded: readonly RecordedLayer[]): MeasuredLayer[] {
  const byName = new Map<string, RecordedLayer[]>();
  for (const layer of recorded) {
    const name = `layer ${layerLabel(layer)}`;
    byName.set(name, [...(byName.get(name) ?? []), layer]);
  }
  return [...byName].map(([name, runs]) => {
    const [{ units, gates }] = runs;
    return {
      ...{ name, units, steps: runs.reduce((sum, { steps }) => sum + steps, 0) },
      isSound: runs.every(({ h }) => h.every(Number.isFinite)),
      constant: constantUnits(runs, units),
      gates: gates.flatMap(({ name: gate, activation }, k) => {
        const ends = ENDS[activation];
        if (ends === undefined) return [];
        return [
          {
            name: gate,
            activation,
            stuck: stuckShare(
              runs.map((run) => run.gates[k].values),
              ends,
              KEEPING[gate],
            ),
          },
        ];
      }),
    };
  });
}

function constantUnits(runs: readonly RecordedLayer[], units: number): number {
  let constant = 0;
  for (let u = 0; u < units; u++) {
    let [low, high] = [Infinity, -Infinity];
    for (const { h } of runs) {
      for (let i = u; i < h.length; i += units) {
        low = Math.min(low, h[i]);
        high = Math.max(high, h[i]);
      }
    }
    if (high - low < STILL) constant++;
  }
  return constant;
}

function stuckShare(
  runs: readonly Float32Array[],
  [low, high]: readonly [number, number],
  keeps: { low?: true; high?: true } = {},
): number {
  let [stuck, all] = [0, 0];
  for (const values of runs) {
    all += values.length;
    for (const value of values) if ((value < low && !keeps.low) || (value > high && !keeps.high)) stuck++;
  }
  return stuck / all;
}

/** What is left of a gradient where it is lost. */
const LOST = 0.01;

/** Of each part of a model the layer that remembers longest; of the parts the one that forgets first. */
function reachOf(layers: readonly WalkedLayer[]): Reach[] {
  const parts = new Map<string, Reach>();
  for (const layer of layers) {
    if (isReverse(layer)) continue;
    const norms = layer.gradC ?? layer.gradH;
    const last = norms.findLastIndex((norm) => norm > 0);
    const lost = norms.slice(0, last + 1).findLastIndex((norm) => norm < LOST * norms[last]);
    const reach = { steps: last + 1, horizon: last - lost - 1 };
    const part = layer.name.split(/[ .]/)[0];
    const before = parts.get(part);
    if (last >= 0 && (before === undefined || reach.horizon > before.horizon)) parts.set(part, reach);
  }
  const all = [...parts.values()];
  return all.length === 0 ? [] : [all.reduce((least, one) => (one.horizon < least.horizon ? one : least))];
}

/** A gradient that explodes grows at each step; attention and pooling make it jump. */
function growthOf(layers: readonly WalkedLayer[]): Measured["growth"] {
  let most: Measured["growth"] = null;
  for (const layer of layers) {
    const norms = layer.gradC ?? layer.gradH;
    const back = isReverse(layer) ? norms : norms.toReversed();
    let from = 0;
    for (let t = 1; t < back.length; t++) {
      if (!(back[t] > back[t - 1] && back[t - 1] > 0)) from = t;
      const factor = back[t] / back[from];
      if (t > from && factor > (most?.factor ?? 0)) most = { layer: layer.name, factor, steps: t - from };
    }
    if (norms.some((norm) => !Number.isFinite(norm))) return { layer: layer.name, factor: Infinity, steps: 1 };
  }
  return most;
}

function isReverse({ name }: WalkedLayer): boolean {
  return name.endsWith(" reverse");
}
