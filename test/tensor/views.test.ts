import fc from "fast-check";
import { expect, test } from "vitest";
import { broadcastShapes, contiguousStrides, type Shape, sizeOf } from "../../src/base/shape.js";
import { add, arange, type Tensor, where } from "../../src/index.js";
import { describeEngines } from "../support/configured.js";

/** The naive model of a tensor: a shape, and a function from indices to elements. */
interface Model {
  shape: Shape;
  at: (index: readonly number[]) => number;
}

function elements({ shape, at }: Model): number[] {
  const strides = contiguousStrides(shape);
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    at(shape.map((size, d) => Math.floor(i / strides[d]!) % size)),
  );
}

function modelOf(x: Tensor): Model {
  const data = x.data();
  const strides = contiguousStrides(x.shape);
  return { shape: x.shape, at: (index) => data[index.reduce((sum, i, d) => sum + i * strides[d]!, 0)]! };
}

type Step = (x: Tensor, m: Model) => [Tensor, Model];

/** Numbers in [0, 1) that a step turns into its arguments, whatever shape it meets. */
type Draw = readonly number[];
const pick = (u: number, n: number): number => Math.floor(u * n);

const STEPS: Record<string, (draw: Draw) => Step> = {
  transpose:
    ([u, v]) =>
    (x, m) => {
      const [a, b] = [pick(u!, x.rank), pick(v!, x.rank)];
      const swap = <T>(list: readonly T[]): T[] => list.with(a, list[b]!).with(b, list[a]!);
      return [x.transpose(a, b - x.rank), { shape: swap(m.shape), at: (index) => m.at(swap(index)) }];
    },
  permute:
    ([u]) =>
    (x, m) => {
      const k = pick(u!, x.rank);
      const order = m.shape.map((_, i) => (i + k) % x.rank);
      const at = (index: readonly number[]): number => m.at(order.map((_, axis) => index[order.indexOf(axis)]!));
      return [x.permute(order), { shape: order.map((i) => m.shape[i]!), at }];
    },
  narrow:
    ([u, v, w]) =>
    (x, m) => {
      const axis = pick(u!, x.rank);
      const start = pick(v!, m.shape[axis]! + 1);
      const length = pick(w!, m.shape[axis]! - start + 1);
      const at = (index: readonly number[]): number => m.at(index.with(axis, index[axis]! + start));
      return [x.narrow(axis, start, length), { shape: m.shape.with(axis, length), at }];
    },
  slice:
    ([u, v, w, s]) =>
    (x, m) => {
      const axis = pick(u!, x.rank);
      const size = m.shape[axis]!;
      const [start, end, step] = [pick(v!, 2 * size + 1) - size, pick(w!, 2 * size + 3) - size, 1 + pick(s!, 3)];
      const places = Array.from({ length: size }, (_, i) => i)
        .slice(start, end)
        .filter((_, i) => i % step === 0);
      const at = (index: readonly number[]): number => m.at(index.with(axis, places[index[axis]!]!));
      return [x.slice(axis, start, end, step), { shape: m.shape.with(axis, places.length), at }];
    },
  select:
    ([u, v]) =>
    (x, m) => {
      const axis = pick(u!, x.rank);
      const size = m.shape[axis]!;
      if (size === 0 || x.rank === 1) return [x, m];
      const index = pick(v!, 2 * size) - size;
      const from = index < 0 ? index + size : index;
      return [
        x.select(axis, index),
        { shape: m.shape.toSpliced(axis, 1), at: (i) => m.at(i.toSpliced(axis, 0, from)) },
      ];
    },
  flip:
    ([u]) =>
    (x, m) => {
      const axis = pick(u!, x.rank);
      return [x.flip(axis), { shape: m.shape, at: (i) => m.at(i.with(axis, m.shape[axis]! - 1 - i[axis]!)) }];
    },
  unsqueeze:
    ([u]) =>
    (x, m) => {
      const axis = pick(u!, x.rank + 1);
      return [x.unsqueeze(axis), { shape: m.shape.toSpliced(axis, 0, 1), at: (i) => m.at(i.toSpliced(axis, 1)) }];
    },
  expand:
    ([u]) =>
    (x, m) => {
      const times = 1 + pick(u!, 3);
      const to = [times, ...m.shape.map((size) => (size === 1 ? times : size))];
      const at = (i: readonly number[]): number => m.at(i.slice(1).map((k, d) => (m.shape[d] === 1 ? 0 : k)));
      return [x.expand(to), { shape: to, at }];
    },
  reshape:
    ([u]) =>
    (x, m) => {
      const all = elements(m);
      const axis = pick(u!, x.rank);
      const to = [...m.shape.slice(0, axis), sizeOf(m.shape.slice(axis))];
      const strides = contiguousStrides(to);
      const at = (i: readonly number[]): number => all[i.reduce((sum, k, d) => sum + k * strides[d]!, 0)]!;
      return [x.reshape(to), { shape: to, at }];
    },
  roll:
    ([u, v]) =>
    (x, m) => {
      const axis = pick(u!, x.rank);
      const size = m.shape[axis]!;
      const shift = pick(v!, 4 * size + 1) - 2 * size;
      const at = (i: readonly number[]): number => m.at(i.with(axis, (((i[axis]! - shift) % size) + size) % size));
      return [x.roll(shift, axis), { shape: m.shape, at }];
    },
};

const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 4, maxLength: 4 });
const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(STEPS)), draws), { minLength: 1, maxLength: 5 });
const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
const SEED = { seed: 20240302, numRuns: 150 };

function numbered(shape: Shape, from = 1): Tensor {
  return arange(from, from + sizeOf(shape), 1, { dtype: "float64" }).reshape(shape);
}

describeEngines("tensor: views", () => {
  test("views of views read the elements that a naive model reads, and their gradients land there", () => {
    fc.assert(
      fc.property(shape, steps, (shape, path) => {
        let x = numbered(shape);
        x.requiresGrad = true;
        const leaf = x;
        let model = modelOf(x);
        for (const [name, draw] of path) [x, model] = STEPS[name]!(draw)(x, model);
        expect(x.shape).toEqual(model.shape);
        expect([...x.data()]).toEqual(elements(model));
        expect([...x.contiguous().data()]).toEqual(elements(model));
        const counts = new Array<number>(leaf.size).fill(0);
        for (const value of elements(model)) counts[value - 1]!++;
        x.sum().backward();
        expect([...leaf.grad!.data()]).toEqual(counts);
      }),
      SEED,
    );
  });

  test("operands broadcast as NumPy's do, whatever their layout", () => {
    const mask = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(shape, mask, mask, fc.nat(2), fc.boolean(), (full, onesA, onesB, drop, turned) => {
        const a = full.map((size, i) => (onesA[i] ? 1 : size));
        const b = full.map((size, i) => (onesB[i] ? 1 : size)).slice(Math.min(drop, full.length - 1));
        const x = turned ? numbered([...a].reverse()).permute(a.map((_, i) => a.length - 1 - i)) : numbered(a);
        const y = numbered(b, 100);
        const out = broadcastShapes("test", a, b);
        const of = (t: Tensor): Model => {
          const model = modelOf(t);
          const lead = out.length - t.rank;
          return { shape: out, at: (i) => model.at(t.shape.map((size, d) => (size === 1 ? 0 : i[d + lead]!))) };
        };
        const [mx, my] = [elements(of(x)), elements(of(y))];
        expect(x.add(y).shape).toEqual(out);
        expect([...x.add(y).data()]).toEqual(mx.map((value, i) => value + my[i]!));
        expect([...y.sub(x).data()]).toEqual(mx.map((value, i) => my[i]! - value));
        expect([...where(x.gt(2), x, y).data()]).toEqual(mx.map((value, i) => (value > 2 ? value : my[i]!)));
        expect([...x.expand(out).data()]).toEqual(mx);
        expect([...add(x, y).sum().data()]).toEqual([mx.reduce((s, value, i) => s + value + my[i]!, 0)]);
      }),
      SEED,
    );
  });

  test("a view shares memory: what is written through one is read through the other", () => {
    const x = numbered([2, 3]);
    x.select(0, 1).set([7, 8, 9]);
    expect(x.toArray()).toEqual([
      [1, 2, 3],
      [7, 8, 9],
    ]);
    expect(x.T.toArray()).toEqual([
      [1, 7],
      [2, 8],
      [3, 9],
    ]);
    expect(() => x.T.set([1, 2, 3, 4, 5, 6])).toThrow("set: tensor must be contiguous, got strides [1,3].");
  });

  test("item, data, dataAsync and toArray of views", async () => {
    const x = numbered([2, 3, 4]);
    const view = x.slice(2, 1, 4, 2).transpose(0, 1).narrow(0, 1, 2);
    const expected = [
      [
        [6, 8],
        [18, 20],
      ],
      [
        [10, 12],
        [22, 24],
      ],
    ];
    expect(view.toArray()).toEqual(expected);
    expect([...(await view.dataAsync())]).toEqual(expected.flat(2));
    expect(view.select(0, 1).select(0, 0).select(0, 1).item()).toBe(12);
  });
});
