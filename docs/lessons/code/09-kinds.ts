/** Lesson 9: one to many, many to one, many to many. Quoted by docs/lessons/09-kinds.md; run with `npm run lessons 9`. */
import {
  Adam,
  Affine,
  array,
  manualSeed,
  type NdArray,
  randn,
  Seq2seq,
  SoftmaxWithLoss,
  TimeAffine,
  TimeGRU,
  TimeLSTM,
  TimeSoftmaxWithLoss,
  tanh,
  zeros,
} from "unrolled/layers";
import { blank, random } from "./support/double.js";
import { blue, chart, faint, green, ink, orange, Picture, points, purple, toSvg } from "./support/draw.js";
import { norm } from "./support/measure.js";

/** Weights of standard deviation 1/√H, and biases of zeros. */
function recurrent(gates: 3 | 4, D: number, H: number): [Wx: NdArray, Wh: NdArray, b: NdArray] {
  return [random([D, gates * H], 1 / Math.sqrt(D)), random([H, gates * H], 1 / Math.sqrt(H)), blank(gates * H)];
}

function affine(D: number, O: number): [W: NdArray, b: NdArray] {
  return [random([D, O], 1 / Math.sqrt(D)), blank(O)];
}

// #region ends
/** The last step of [N, T, H]. */
function lastStep(hs: NdArray): NdArray {
  const [n, t, h] = hs.shape as [number, number, number];
  const out = blank(n, h);
  for (let i = 0; i < n; i++) out.data.set(hs.data.subarray(((i + 1) * t - 1) * h, (i + 1) * t * h), i * h);
  return out;
}

/** Its gradient: [N, H] at the last step of zeros [N, T, H]. */
function atLastStep(dh: NdArray, t: number): NdArray {
  const [n, h] = dh.shape as [number, number];
  const out = blank(n, t, h);
  for (let i = 0; i < n; i++) out.data.set(dh.data.subarray(i * h, (i + 1) * h), ((i + 1) * t - 1) * h);
  return out;
}
// #endregion

/** 0 or 1, as likely as not. */
function coins(shape: number[]): NdArray {
  const out = randn(shape);
  for (let i = 0; i < out.size; i++) out.data[i] = out.data[i]! > 0 ? 1 : 0;
  return out;
}

// #region many-to-one
/** Were there more ones than zeros among eleven? */
function manyToOne(steps: number): number {
  manualSeed(1);
  const [N, T, H] = [32, 11, 12];
  const gru = new TimeGRU(...recurrent(3, 1, H));
  const read = new Affine(...affine(H, 2));
  const loss = new SoftmaxWithLoss();
  const optimizer = new Adam({ lr: 0.02 });
  let right = 0;
  for (let step = 0; step < steps; step++) {
    const votes = coins([N, T]);
    const sums = Array.from(
      { length: N },
      (_, n) => votes.data.subarray(n * T, (n + 1) * T).filter((v) => v === 1).length,
    );
    const winners = array(
      sums.map((sum) => (sum > T / 2 ? 1 : 0)),
      "int32",
    );
    const xs = array([...votes.data], [N, T, 1], "float64");

    const scores = read.forward(lastStep(gru.forward(xs))); // only h_T is read
    loss.forward(scores, winners);
    gru.backward(atLastStep(read.backward(loss.backward()), T)); // so only h_T gets a gradient of its own

    optimizer.update([...gru.params, ...read.params], [...gru.grads, ...read.grads]);
    if (step >= steps - 20)
      right += winners.data.filter((w, n) => scores.data[2 * n + 1]! > scores.data[2 * n]! === (w === 1)).length;
  }
  return right / (20 * N);
}
// #endregion

const FREQUENCIES = [0.2, 0.35, 0.5, 0.65, 0.8];
const DRAWN = 16;

// #region one-to-many
/** One number, a frequency, becomes the first state; the steps after it draw that wave. Returns the waves [N, T, 1]. */
function oneToMany(steps: number): { ys: NdArray; error: number } {
  manualSeed(2);
  const [N, T, H] = [FREQUENCIES.length, DRAWN, 16];
  const start = new Affine(...affine(1, H));
  const gru = new TimeGRU(...recurrent(3, 1, H));
  const read = new TimeAffine(...affine(H, 1));
  const optimizer = new Adam({ lr: 0.01 });
  const clock = array(
    FREQUENCIES.map(() => Array.from({ length: T }, (_, t) => [t / T])),
    "float64",
  );
  const waves = FREQUENCIES.flatMap((f) => Array.from({ length: T }, (_, t) => Math.sin(f * t)));
  const layers = [start, gru, read];
  for (let step = 0; ; step++) {
    const h0 = tanh(
      start.forward(
        array(
          FREQUENCIES.map((f) => [f]),
          "float64",
        ),
      ),
    );
    gru.setState(h0); // the one input is the first state
    const ys = read.forward(gru.forward(clock));
    const difference = ys.data.map((y, i) => y - waves[i]!) as Float64Array;
    const error = difference.reduce((sum, d) => sum + d * d, 0) / difference.length;
    if (step === steps) return { ys, error };

    gru.backward(
      read.backward(
        array(
          difference.map((d) => (2 * d) / (N * T)),
          [N, T, 1],
        ),
      ),
    );
    const da0 = gru.dh!.clone(); // the gradient of the first state, which truncation would throw away
    for (let i = 0; i < da0.size; i++) da0.data[i]! *= 1 - h0.data[i]! ** 2;
    start.backward(da0);

    optimizer.update(
      layers.flatMap(({ params }) => params),
      layers.flatMap(({ grads }) => grads),
    );
  }
}
// #endregion

// #region aligned
/** Two binary numbers, lowest bits first: at every step the bit of their sum. The carry is the state's business. */
function aligned(steps: number): number {
  manualSeed(3);
  const [N, BITS, H] = [32, 8, 12];
  const gru = new TimeGRU(...recurrent(3, 2, H));
  const read = new TimeAffine(...affine(H, 2));
  const loss = new TimeSoftmaxWithLoss();
  const optimizer = new Adam({ lr: 0.02 });
  let right = 0;
  for (let step = 0; step < steps; step++) {
    const { xs, ts } = sums(N, BITS);

    const scores = read.forward(gru.forward(xs)); // every state is read
    loss.forward(scores, ts);
    gru.backward(read.backward(loss.backward())); // and every state gets a gradient

    optimizer.update([...gru.params, ...read.params], [...gru.grads, ...read.grads]);
    if (step >= steps - 20)
      right += ts.data.filter((bit, i) => scores.data[2 * i + 1]! > scores.data[2 * i]! === (bit === 1)).length;
  }
  return right / (20 * N * BITS);
}
// #endregion

function sums(N: number, bits: number): { xs: NdArray; ts: NdArray } {
  const coin = coins([N, bits, 2]);
  const xs = array([...coin.data], [N, bits, 2], "float64");
  const ts = zeros([N, bits], "int32");
  for (let n = 0; n < N; n++) {
    let carry = 0;
    for (let t = 0; t < bits; t++) {
      const at = n * bits + t;
      if (t === bits - 1) xs.data.fill(0, 2 * at, 2 * at + 2); // room for the last carry
      const sum = xs.data[2 * at]! + xs.data[2 * at + 1]! + carry;
      ts.data[at] = sum & 1;
      carry = sum >> 1;
    }
  }
  return { xs, ts };
}

// #region unaligned
/** A word of four symbols in, the same word backwards out: nothing can be written before all is read. */
function unaligned(steps: number): number {
  manualSeed(4);
  const [N, T, SYMBOLS] = [32, 4, 5]; // symbol 0 means "begin"
  const model = new Seq2seq(SYMBOLS, 12, 24, { dtype: "float64" });
  const optimizer = new Adam({ lr: 0.02 });
  for (let step = 0; step < steps; step++) {
    const { xs, ts } = words(N, T, SYMBOLS);
    model.forward(xs, ts); // the decoder reads ts without its last, and is asked for ts without its first
    model.backward(); //      its dh, the gradient of its first state, goes on into the encoder's last step
    optimizer.update(model.params, model.grads);
  }
  const { xs, ts } = words(50, T, SYMBOLS);
  return accuracy(model, xs, ts);
}
// #endregion

/** xs [N, T], ts [N, 1 + T]: "begin", then the word backwards. */
function words(N: number, T: number, symbols: number): { xs: NdArray; ts: NdArray } {
  const [xs, ts] = [zeros([N, T], "int32"), zeros([N, T + 1], "int32")];
  const scores = randn([N, T, symbols - 1]);
  for (let n = 0; n < N; n++) {
    for (let t = 0; t < T; t++) {
      const at = (n * T + t) * (symbols - 1);
      const four = scores.data.subarray(at, at + symbols - 1);
      const symbol = 1 + four.indexOf(Math.max(...four));
      xs.data[n * T + t] = symbol;
      ts.data[n * (T + 1) + T - t] = symbol;
    }
  }
  return { xs, ts };
}

/** The share of words that are written without a mistake. */
function accuracy(model: Seq2seq, xs: NdArray, ts: NdArray): number {
  const [n, t] = xs.shape as [number, number];
  const written = model.generate(xs, 0, t);
  const isRight = (i: number) =>
    written.data.subarray(i * t, (i + 1) * t).every((id, k) => id === ts.data[i * (t + 1) + 1 + k]);
  return Array.from({ length: n }, (_, i) => isRight(i)).filter(Boolean).length / n;
}

let wave: ReturnType<typeof oneToMany> | undefined;

/** Trained once, for the text and for the picture. */
function drawn() {
  wave ??= oneToMany(500);
  return wave;
}

function results(): void {
  console.log(`many to one,  the majority of 11 votes:  ${(100 * manyToOne(150)).toFixed(1)} % right`);
  console.log(`one to many,  five waves of 16 steps:    mean squared error ${drawn().error.toFixed(5)}`);
  console.log(`many to many, sums of binary numbers:    ${(100 * aligned(150)).toFixed(1)} % of the bits right`);
  console.log(`many to many, words backwards:           ${(100 * unaligned(300)).toFixed(1)} % of the words right`);
}

// #region answer
/** Many to one from the mean of all states: dh_t is then dh / T at every step. What reaches the first input? */
function answer(): void {
  manualSeed(6);
  const [T, D, H] = [60, 2, 16];
  const lstm = new TimeLSTM(...recurrent(4, D, H));
  const xs = random([1, T, D]);
  const dh = random([1, H]);
  const atEveryStep = blank(1, T, H);
  for (let t = 0; t < T; t++)
    atEveryStep.data.set(
      dh.data.map((d) => d / T),
      t * H,
    );
  for (const [name, dhs] of [
    ["last state", atLastStep(dh, T)],
    ["mean of all", atEveryStep],
  ] as const) {
    lstm.forward(xs);
    const dxs = lstm.backward(dhs);
    const first = array([...dxs.data.subarray(0, D)], [1, D], "float64");
    console.log(`${name.padEnd(12)} the gradient at the first input: ${norm(first).toExponential(1)}`);
  }
}
// #endregion

interface Kind {
  name: string;
  example: string;
  /** Which steps read an input, and which give an output. */
  reads: readonly number[];
  writes: readonly number[];
  /** The steps of the decoder, in another colour. */
  second?: number;
}

const KINDS: readonly Kind[] = [
  { name: "one to many", example: "a frequency in, a wave out", reads: [], writes: [0, 1, 2, 3] },
  { name: "many to one", example: "votes in, the majority out", reads: [0, 1, 2, 3], writes: [3] },
  { name: "many to many, aligned", example: "bits in, bits of the sum out", reads: [0, 1, 2, 3], writes: [0, 1, 2, 3] },
  {
    name: "many to many, unaligned",
    example: "a word in, then it backwards",
    reads: [0, 1],
    writes: [2, 3],
    second: 2,
  },
];

function kinds(): string {
  const picture = new Picture(700, 440);
  KINDS.forEach(({ name, example, reads, writes, second = 4 }, k) => {
    const [left, top] = [(k % 2) * 356, -8 + Math.floor(k / 2) * 208];
    picture.text(left, top + 20, name, { bold: true, size: 14 });
    picture.text(left, top + 39, example, { size: 12, colour: faint });
    for (let t = 0; t < 4; t++) {
      const x = left + 36 + t * 76;
      const colour = t < second ? blue : orange;
      picture.frame([x, top + 92], 46, 36, "h", colour);
      if (t < 3) picture.arrow([x + 46, top + 110], [x + 72, top + 110]);
      if (reads.includes(t)) picture.arrow([x + 23, top + 172], [x + 23, top + 132], green);
      if (writes.includes(t)) picture.arrow([x + 23, top + 92], [x + 23, top + 56], purple);
    }
    if (reads.length === 0) picture.arrow([left, top + 110], [left + 32, top + 110], green);
  });
  const note = { size: 12, colour: faint } as const;
  picture.text(0, 420, "Green: inputs. Purple: outputs, which the loss looks at.", note);
  picture.text(0, 438, "Orange: the decoder, which begins with the encoder's last state.", note);
  return toSvg(picture, "The four kinds of sequence problem: which steps read, and which write");
}

function waves(): string {
  const { ys } = drawn();
  const colours = [blue, green, purple, orange, ink];
  const wanted = (f: number) => Array.from({ length: DRAWN }, (_, t) => Math.sin(f * t));
  const series = FREQUENCIES.flatMap((f, n) => [
    { name: "", colour: colours[n]!, points: points(wanted(f)), dash: "2 5" },
    { name: `${f}`, colour: colours[n]!, points: points(ys.data.subarray(n * DRAWN, (n + 1) * DRAWN)) },
  ]);
  return chart({
    title: "One number in, a wave out: drawn (solid) and wanted (dotted)",
    ...{ xTitle: "step t", yTitle: "y", yRange: [-1.1, 1.1], series },
  });
}

export const outputs = { results, answer };
export const figures = { "09-kinds.svg": kinds, "09-waves.svg": waves };
