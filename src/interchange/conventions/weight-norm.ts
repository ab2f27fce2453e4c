import { FormatError, show } from "../../base/errors.js";
import { formatShape, type Shape, sizeOf } from "../../base/shape.js";
import type { NamedArray, NamedArrays } from "../named-array.js";
import { type Convention, Taken } from "./convention.js";

/** A weight that is stored as a length and a direction. */
export interface NormedNames {
  /** Ours: `rnn.weight_hh_l0`. */
  weight: string;
  /** Theirs: `rnn.weight_hh_l0_g`, `rnn.parametrizations.weight_hh_l0.original0`. */
  magnitude: string;
  direction: string;
}

/**
 * Weight normalisation: w = g · v / |v|, the length taken over the axes along which g has one element. On the way back v is w itself.
 * Source: Salimans & Kingma 2016; torch.nn.utils.weight_norm, torch.nn.utils.parametrizations.weight_norm.
 */
export function weightNorm(weights: readonly NormedNames[]): Convention {
  const name = "weight norm";
  return {
    name,
    toOurs(theirs) {
      const taken = new Taken(name, theirs);
      return taken.with(
        ...weights.map(({ weight, magnitude, direction }): [string, NamedArray] => {
          const [g, v] = [taken.get(magnitude), taken.get(direction)];
          return [weight, scaled(v, g, magnitude)];
        }),
      );
    },
    toTheirs(ours) {
      const taken = new Taken(name, ours);
      for (const { weight, magnitude, direction } of weights) {
        const w = taken.get(weight);
        taken.with([magnitude, lengths(w)], [direction, w]);
      }
      return taken.rest;
    },
  };
}

/** Whether the one can be the lengths of the other. */
export function isMagnitudeOf(g: Shape, v: Shape): boolean {
  return g.length === 0 || (g.length === v.length && g.every((size, axis) => size === 1 || size === v[axis]));
}

/** Names that PyTorch gives weights that are normed, old and new. */
const NORMED: readonly [
  magnitude: RegExp,
  direction: (match: RegExpExecArray) => string,
  weight: (match: RegExpExecArray) => string,
][] = [
  [/^(.*weight(?:_[a-z]+)?(?:_l\d+)?(?:_reverse)?)_g$/, ([, weight]) => `${weight}_v`, ([, weight]) => weight],
  [
    /^((?:.*\.)?)parametrizations\.([^.]+)\.original0$/,
    ([, at, own]) => `${at}parametrizations.${own}.original1`,
    ([, at, own]) => at + own,
  ],
];

/** The weights of a state dict that are stored so. */
export function normedIn(arrays: NamedArrays): NormedNames[] {
  return [...arrays].flatMap(([magnitude, g]) =>
    NORMED.flatMap(([pattern, directionOf, weightOf]) => {
      const match = pattern.exec(magnitude);
      if (match === null) return [];
      const [direction, weight] = [directionOf(match), weightOf(match)];
      const v = arrays.get(direction);
      return v === undefined || arrays.has(weight) || !isMagnitudeOf(g.shape, v.shape)
        ? []
        : [{ weight, magnitude, direction }];
    }),
  );
}

/** For each element of `shape`, which of `lengths` it belongs to. */
function placesIn(shape: Shape, kept: Shape): Int32Array {
  const places = new Int32Array(sizeOf(shape));
  const steps = kept.map((size, axis) => (size === 1 ? 0 : sizeOf(kept.slice(axis + 1))));
  for (let i = 0; i < places.length; i++) {
    let rest = i;
    let place = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += (rest % shape[axis]) * (steps[axis] ?? 0);
      rest = Math.floor(rest / shape[axis]);
    }
    places[i] = place;
  }
  return places;
}

function norms(data: ArrayLike<number>, places: Int32Array, count: number): Float64Array {
  const sums = new Float64Array(count);
  for (let i = 0; i < places.length; i++) sums[places[i]] += data[i] ** 2;
  return sums.map(Math.sqrt);
}

function scaled(v: NamedArray, g: NamedArray, magnitude: string): NamedArray {
  const kept = g.shape;
  if (!isMagnitudeOf(kept, v.shape)) {
    const must = `hold the lengths of an array of ${formatShape(v.shape)}`;
    throw new FormatError({ op: "weight norm", argument: show(magnitude), must, value: formatShape(kept) });
  }
  const places = placesIn(v.shape, kept);
  const [data, sizes] = [v.data, g.data];
  const length = norms(data, places, sizeOf(kept));
  return { dtype: v.dtype, shape: v.shape, data: data.map((x, i) => (sizes[places[i]] * x) / length[places[i]]) };
}

/** One for each row: what `weight_norm` does unless it is told otherwise. */
function lengths(w: NamedArray): NamedArray {
  const shape = w.shape.map((size, axis) => (axis === 0 ? size : 1));
  const { data } = w;
  const found = norms(data, placesIn(w.shape, shape), sizeOf(shape));
  return { dtype: w.dtype, shape, data: data.slice(0, found.length).map((_, i) => found[i]) };
}
