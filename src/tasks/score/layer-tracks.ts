import type { RecordedLayer } from "../../diagnostics/record.js";
import { byFollowing, type NamedSeries, unitsAbout } from "./following.js";
import { heatValues, reachOf } from "./heat.js";
import type { HeatTrack, LinesTrack, Track } from "./score-data.js";

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** What is shown of a unit and what it follows: `vowels (0.72)`. */
function followsText({ follows }: { follows: { feature: string; correlation: number } | null }): string {
  return follows === null ? "" : `${follows.feature} (${follows.correlation.toFixed(2).replace("-", "−")})`;
}

/** `encoder 1 reverse`: counted from 1, as people count layers. */
export function layerLabel({ name, layer, direction }: Pick<RecordedLayer, "name" | "layer" | "direction">): string {
  // A model with one recurrent part needs no word for it.
  const part = /^(rnn|lstm|gru|layers)?$/.test(name) ? "" : `${name} `;
  return `${part}${layer + 1}${direction === "reverse" ? " reverse" : ""}`;
}

/** The gates of a layer as curves and its units as a map, sorted by what they follow. */
export function layerTracks(layer: RecordedLayer, series: readonly NamedSeries[]): Track[] {
  const label = layerLabel(layer);
  const id = `${layer.name || "model"}.${layer.layer}${layer.direction === "reverse" ? "r" : ""}`;
  return [gateTrack(layer, id, label), unitTrack(layer, id, label, series), ...gateUnits(layer, id, label)];
}

function gateTrack({ gates, steps, units }: RecordedLayer, id: string, label: string): LinesTrack {
  const series = gates.map(({ name, values }) => ({ name, values: meanByStep(values, steps, units) }));
  const isBounded = gates.every(({ activation }) => activation !== "relu" && activation !== "positive");
  const isSigned = gates.some(({ activation }) => activation === "tanh" || activation === "relu");
  const most = isBounded ? 1 : Math.max(...series.map(({ values }) => reachOf(values)));
  return {
    ...{ kind: "lines", id: `gates:${id}`, title: `gates ${label}`, log: false, series },
    range: [isSigned ? -most : 0, most],
    about: `The gates of layer ${label}, each the mean of its ${units} units.`,
  };
}

function meanByStep(values: Float32Array, steps: number, units: number): Float32Array {
  const means = new Float32Array(steps);
  for (let t = 0; t < steps; t++) {
    let sum = 0;
    for (let u = 0; u < units; u++) sum += values[t * units + u];
    means[t] = sum / units;
  }
  return means;
}

function unitTrack(layer: RecordedLayer, id: string, label: string, series: readonly NamedSeries[]): HeatTrack {
  const { h, steps, units } = layer;
  const about = unitsAbout(h, steps, series);
  const order = byFollowing(about, series);
  const scale = Math.max(1, reachOf(h));
  return {
    ...{ kind: "heat", id: `units:${id}`, title: `units ${label}`, scale, signed: true, ofUnits: true },
    about: `The ${units} hidden units of layer ${label}: those that follow one thing stand together.`,
    rows: order.map((unit) => ({ name: `unit ${unit}`, follows: followsText(about[unit]) })),
    values: heatValues(h, steps, order, scale),
  };
}

/** Each gate by itself, unit by unit, in the order of the cell. */
function gateUnits({ gates, steps, units }: RecordedLayer, id: string, label: string): HeatTrack[] {
  const order = Int32Array.from({ length: units }, (_, u) => u);
  const rows = Array.from(order, (unit) => ({ name: `unit ${unit}`, follows: "" }));
  // The simple network's only "gate" is its state.
  return gates
    .filter(({ name }) => name !== "state")
    .map(({ name, activation, values }): HeatTrack => {
      const signed = !/sigmoid/i.test(activation);
      const scale = Math.max(1, reachOf(values));
      return {
        ...{ kind: "heat", id: `gate:${id}.${name}`, title: `${name} ${label}`, scale, signed, ofUnits: false, rows },
        about: `${capital(name)} of layer ${label}, unit by unit.`,
        values: heatValues(values, steps, order, scale),
      };
    });
}
