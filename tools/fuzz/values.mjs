/** What arguments are drawn from: everything that JavaScript has, and everything that the packages make. */

/** Thrown by the pool's own callbacks and getters: these may come out of a call, as a user's would. */
export class CallersError extends Error {}

const NUMBERS = [0, -0, 1, 2, 3, 4, 5, -1, -2, 0.5, 0.1, 1.5, 1e-8, 7, 31, Number.NaN, Infinity, -Infinity];
const HUGE = [1e6, 1e10, 1e12, 1e15, 2 ** 31, 2 ** 31 - 1, -(2 ** 31), 2 ** 32, 2 ** 53, 1e300, -1e12, 1e-300];
const WORDS = [
  ...["", "a", "float32", "float64", "int32", "int64", "float16", "sum", "mean", "none", "concat", "tanh", "relu"],
  ...["__proto__", "constructor", "weight", "bias", "min", "max", "rel", "abs", "Infinity", "hello world", "wasm"],
  ...["\u{1F600}\ud800", "x".repeat(5000), "h", "c", "lstm", "char", "word", "reference"],
];
const SHAPES = [[], [0], [1], [3], [2, 3], [3, 2], [2, 2], [1, 3], [4, 2, 3], [2, 0, 3], [3, 3], [6], [5, 3]];
const BIG_SHAPES = [[1e12], [1e6, 1e6], [2 ** 31, 2], [2 ** 53], [-1], [2.5], [Number.NaN], [65536, 65536], [1e5, 1e5]];

function tensorOf(u, r, shape = r.pick(SHAPES)) {
  const dtype = r.pick(["float32", "float32", "float64", "int32"]);
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Array.from({ length: size }, () => (dtype === "int32" ? r.below(4) - 1 : r.next() * 4 - 2));
  const options = { shape, dtype, requiresGrad: dtype !== "int32" && r.chance(0.4) };
  const made = u.tensor(data, options);
  const kind = r.below(12);
  if (kind === 0) made.dispose();
  else if (kind === 1 && shape.length > 1) return made.transpose();
  else if (kind === 2 && dtype !== "int32") return made.mul(2);
  else if (kind === 3 && dtype !== "int32") return new u.nn.Parameter(made);
  else if (kind === 4) return made.unsqueeze(0).expand([2, ...shape]);
  else if (kind === 5 && dtype !== "int32") made.set(made.data().fill(r.pick([Number.NaN, Infinity, 1e30, -1e30, 0])));
  else if (kind === 6 && r.chance(0.1)) return u.zeros([1]).expand([r.pick([1e5, 1e12]), 1e5]);
  return made;
}

/** Things of the packages, made anew for every call. */
function objectOf(u, l, r) {
  const kind = r.below(20);
  const n = () => 1 + r.below(4);
  if (kind === 0) return new u.nn.Linear(3, n());
  if (kind === 1) return new u.nn.LSTM(3, n(), { numLayers: 1 + r.below(2), bidirectional: r.chance(0.5) });
  if (kind === 2) return new u.nn.Sequential(new u.nn.Linear(3, 3), new u.nn.Dropout(0.1));
  if (kind === 3) return new u.nn.ModuleList([new u.nn.Linear(2, 2)]);
  if (kind === 4) return new u.optim.Adam(new u.nn.Linear(3, 2).parameters(), { lr: 0.1 });
  if (kind === 5)
    return new u.optim.StepLR(new u.optim.SGD(new u.nn.Linear(3, 2).parameters(), { lr: 0.1 }), { stepSize: 2 });
  if (kind === 6) return new u.Generator(r.below(100));
  if (kind === 7) return u.nn.utils.rnn.packSequence([u.randn([3, 2]), u.randn([2, 2])]);
  if (kind === 8) return u.text.CharVocabulary.fromText("hello world", { unknown: r.chance(0.5) });
  if (kind === 9) return new u.nn.Linear(3, 2).stateDict();
  if (kind === 10) return [u.randn([2, 3]), u.randn([2, 3])];
  if (kind === 11) return { h: u.randn([1, 2, 3]), c: u.randn([1, 2, 3]) };
  if (kind === 12) return new u.optim.ReduceLROnPlateau(new u.optim.SGD(new u.nn.Linear(3, 2).parameters(), { lr: 1 }));
  if (kind === 13) return u.io.encodeSafetensors({ a: { dtype: "float32", shape: [2], data: new Float32Array(2) } });
  if (kind === 14) return new u.nn.LSTM(2, 3).parameters();
  if (kind === 15) return new u.text.ByteVocabulary();
  if (kind === 16) return new l.Affine(l.randn([3, 2]), l.zeros([2]));
  if (kind === 17) return l.array([[1, 0, 2]], "int32");
  return l.randn(r.pick(SHAPES));
}

function typedOf(r) {
  const kind = r.below(11);
  if (kind === 0) return new Float32Array([1, 2, 3]);
  if (kind === 1) return new Int32Array([0, 1, 2, 1, 0, 2]);
  if (kind === 2) return new Float64Array(6);
  if (kind === 3) return new Uint8Array([1, 2, 3, 0]);
  if (kind === 4) return new BigInt64Array(3);
  if (kind === 5) return new Float32Array(new SharedArrayBuffer(12));
  if (kind === 6) return new ArrayBuffer(16);
  if (kind === 7) return new DataView(new ArrayBuffer(8));
  if (kind === 8) return new SharedArrayBuffer(8);
  const array = kind === 9 ? new Float32Array(3) : new Uint8Array(8);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

function arrayOf(u, l, r, depth) {
  const kind = r.below(14);
  if (kind === 0) return [];
  if (kind < 4) return Array.from({ length: 1 + r.below(3) }, () => r.below(4));
  if (kind === 4) return [r.below(3), r.below(3)].map((n) => [n, n + 0.5]);
  if (kind === 5) {
    const cyclic = [1];
    cyclic.push(cyclic);
    return r.chance(0.5) ? cyclic : [cyclic];
  }
  // biome-ignore lint/suspicious/noSparseArray: what a caller may have
  if (kind === 6) return [, 1];
  if (kind === 7) return r.pick(BIG_SHAPES);
  if (kind === 8) return r.pick(SHAPES);
  if (kind === 9) return Array.from({ length: 2 }, () => tensorOf(u, r));
  if (kind === 10) {
    let deep = 1;
    for (let i = 0; i < 20_000; i++) deep = [deep];
    return deep;
  }
  return Array.from({ length: 1 + r.below(3) }, () => value(u, l, r, depth + 1));
}

function functionOf(u, l, r, depth) {
  const kind = r.below(8);
  const answer = value(u, l, r, depth + 1);
  if (kind === 0) {
    return () => {
      throw new CallersError("thrown by the caller");
    };
  }
  if (kind === 1) return (x) => x;
  if (kind === 2) return async () => answer;
  return () => answer;
}

function plainOf(u, l, r, depth, keys) {
  const kind = r.below(16);
  if (kind === 0) return {};
  if (kind === 1) return Object.create(null);
  if (kind === 2) {
    const cyclic = {};
    cyclic.self = cyclic;
    return cyclic;
  }
  if (kind === 3) return new Map([[r.pick(WORDS), value(u, l, r, depth + 1)]]);
  if (kind === 4) return new Set([value(u, l, r, depth + 1)]);
  if (kind === 5)
    return r.pick([new Date(0), /x/, new WeakMap(), Promise.resolve(1), new Error("own"), globalThis.Math]);
  if (kind === 6) return new Proxy({}, {});
  if (kind === 7) return { length: r.pick([3, 1e12, -1]) };
  if (kind === 8) return { get [r.pick(keys)]() { throw new CallersError("a getter"); } }; // biome-ignore format: one line
  if (kind === 9) return [1, 2, 3][Symbol.iterator]();
  if (kind === 10) return JSON.parse('{"__proto__": {"lr": 1}}');
  return optionsOf(u, l, r, depth, keys);
}

/** An object with some of the names that this target reads. */
export function optionsOf(u, l, r, depth, keys) {
  const out = {};
  for (let i = r.below(4); i >= 0; i--) {
    const [key, drawn] = [r.pick(keys), value(u, l, r, depth + 1, keys)];
    // Defined, not set: the prototype may be a typed array by then, which takes some names for an index.
    if (key === "__proto__") out[key] = drawn;
    else Object.defineProperty(out, key, { value: drawn, enumerable: true, writable: true, configurable: true });
  }
  return out;
}

function scalarOf(r) {
  const kind = r.below(10);
  if (kind < 5) return r.pick(NUMBERS);
  if (kind < 7) return r.pick(HUGE);
  if (kind === 7) return r.pick([null, undefined, true, false]);
  if (kind === 8) return r.pick(WORDS);
  return r.pick([Symbol("own"), Symbol.iterator, 1n, 10n ** 30n, undefined]);
}

export { tensorOf };

export function value(u, l, r, depth = 0, keys = WORDS) {
  const kind = depth > 3 ? r.below(5) : r.below(20);
  if (kind < 5) return scalarOf(r);
  if (kind < 9) return tensorOf(u, r);
  if (kind < 11) return objectOf(u, l, r);
  if (kind === 11) return typedOf(r);
  if (kind < 15) return arrayOf(u, l, r, depth);
  if (kind === 15) return functionOf(u, l, r, depth);
  if (kind === 16) return undefined;
  return plainOf(u, l, r, depth, keys);
}
