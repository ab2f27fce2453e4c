/**
 * A network that writes a paragraph from its first character alone, and one that cannot.
 *
 * One tanh layer reads a character as a one-hot vector and a linear read-out names the next: the plainest recurrent
 * network there is. It is trained by mean squared error and Adam in two ways, which differ in one thing only: what it
 * reads at the next step.
 *   free running      its own output, right or wrong:   x_{t+1} = y_t
 *   teacher forcing   the true character:               x_{t+1} = onehot(text_t)
 * To write, it gets the first character and then reads the character it named itself.
 *
 *                                              steps of Adam   characters right   it writes
 *   free running, 35 units, 10 passes                     10         169 of 850   Ted, and blanks for ever
 *   its teacher-forced twin                              170         107          Te the the the the the
 *   free running, 35 units, 60 passes                     60         176          The ferre ee fr h  e  r, and blanks
 *   teacher forcing, 250 units, 140 passes              2380         850          the paragraph
 *
 * Why the naive recipe, the first line, writes gibberish:
 *   - Ten steps of size 0.001 cannot move a weight by more than about 0.01. The network is still the one it began as.
 *   - With its own output fed back, h_{t+1} = tanh(h_t (W_h + W_y W_x) + b'): nothing but the first character ever comes in
 *     from outside. It must find 849 states that follow one another without a hint. With small weights the state falls to a
 *     fixed point within a few steps, one output for ever after, and the gradient dies on the way back; with large ones the
 *     state is chaos, and the gradient overflows.
 *   - While nothing is known the square of the error is least at the mean of all characters, the largest element of which is
 *     the blank. Blanks are what it writes; 168 of its 169 right characters are blanks.
 *   - And 35 units are few: the twin, with 17 times as many steps, learns the commonest word.
 * With teacher forcing every step has the right input from the beginning, so that each is a small problem of its own: which
 * character follows these few? 17 blocks of 50 steps, with the state carried on, serve as well as one of 849.
 *
 *   npm run example feedback
 */
import {
  Adam,
  Affine,
  add,
  clipGrads,
  manualSeed,
  type NdArray,
  RNN,
  randn,
  scale,
  TimeAffine,
  TimeRNN,
  zeros,
} from "unrolled/layers";

export const PARAGRAPH =
  "The ferry left the island before the sun had risen, and only the keeper of the lamp saw it go. For twenty years she had " +
  "counted the boats that came and the boats that went, and she wrote each of them into a grey book with a blue pencil. On " +
  "some mornings there was nothing to write but the colour of the water. On others a full fleet passed, so close that she " +
  "could read the names on the bows and hear the men quarrel over coffee. She never learned where they were bound. It was " +
  "enough to know that they had been here, in this order, at these hours, and that somebody had looked. When the new keeper " +
  "arrived in spring, he opened the book at the first page and read until it was dark. Then he took the pencil, walked out to " +
  "the rail and waited. A small light moved far out. He wrote down the time, and after a while, carefully, the word hope. Then fog.";

const ALPHABET = [...new Set(PARAGRAPH)].sort();
const V = ALPHABET.length;
/** Steps of text that the network reads: every character but the last has a next one. */
const STEPS = PARAGRAPH.length - 1;
const BLOCK = 50;

export interface Recipe {
  hiddenSize: number;
  /** Passes over the paragraph. */
  passes: number;
  lr: number;
  /** The size of the first weights: of Wx, and of Wh and W_y in units of 1/√H. */
  input: number;
  recurrent: number;
}

/** The usual first weights, uniform in ±1/√H, have this standard deviation in units of 1/√H. */
const USUAL = 1 / Math.sqrt(3);

export const RECIPES = {
  naive: { hiddenSize: 35, passes: 10, lr: 0.001, input: 0.1, recurrent: USUAL },
  patient: { hiddenSize: 35, passes: 60, lr: 0.01, input: 0.1, recurrent: USUAL },
  // A one-hot vector picks one row of Wx, so its elements may be large; with Wh below 1 what is long past fades.
  taught: { hiddenSize: 250, passes: 140, lr: 0.003, input: 0.7, recurrent: 0.8 },
} satisfies Record<string, Recipe>;

export interface Result {
  /** What it writes from the first character on. */
  text: string;
  /** Characters of it that are right, of 850. */
  right: number;
  /** Mean squared error of each pass. */
  errors: number[];
}

type Network = ReturnType<typeof makeNetwork>;

function makeNetwork({ hiddenSize, input, recurrent }: Recipe, seed: number) {
  manualSeed(seed);
  const perUnit = 1 / Math.sqrt(hiddenSize);
  const Wx = randn([V, hiddenSize], input);
  const Wh = randn([hiddenSize, hiddenSize], recurrent * perUnit);
  const layer = new TimeRNN(Wx, Wh, zeros([hiddenSize]), { stateful: true });
  const read = new TimeAffine(randn([hiddenSize, V], recurrent * perUnit), zeros([V]));
  return { layer, read, params: [...layer.params, ...read.params], grads: [...layer.grads, ...read.grads] };
}

/** Characters [from, to) of the paragraph as one-hot rows [1, T, V]. */
function oneHot(from: number, to: number): NdArray {
  const rows = zeros([1, to - from, V]);
  for (let t = from; t < to; t++) rows.data[(t - from) * V + ALPHABET.indexOf(PARAGRAPH[t]!)] = 1;
  return rows;
}

/** L = Σ (y - t)² / size and dy = 2 (y - t) / size. */
function meanSquaredError(y: NdArray, target: NdArray): { loss: number; dy: NdArray } {
  const dy = zeros(y.shape);
  let loss = 0;
  for (let i = 0; i < y.size; i++) {
    const difference = y.data[i]! - target.data[i]!;
    loss += difference ** 2 / y.size;
    dy.data[i] = (2 * difference) / y.size;
  }
  return { loss, dy };
}

/** Reads the true text block by block; the state goes on from one to the next, the gradient does not. */
export function teacherForced(recipe: Recipe, seed = 1): Result {
  const { passes, lr } = recipe;
  const network = makeNetwork(recipe, seed);
  const { layer, read, params, grads } = network;
  const optimizer = new Adam({ lr });
  const errors: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    optimizer.lr = lr * (1 - pass / passes);
    layer.resetState();
    let error = 0;
    for (let from = 0; from < STEPS; from += BLOCK) {
      const to = Math.min(from + BLOCK, STEPS);
      const y = read.forward(layer.forward(oneHot(from, to)));
      const { loss, dy } = meanSquaredError(y, oneHot(from + 1, to + 1));
      layer.backward(read.backward(dy));
      optimizer.update(params, grads);
      error += (loss * (to - from)) / STEPS;
    }
    errors.push(error);
  }
  return { ...write(network, "named"), errors };
}

/** Reads the first character and then its own outputs, as they are: every step hangs on all before it. */
export function freeRunning(recipe: Recipe, seed = 1): Result {
  const network = makeNetwork(recipe, seed);
  const { layer, read, params, grads } = network;
  const optimizer = new Adam({ lr: recipe.lr });
  // One pair a step, because each keeps what its backward pass needs; all share the same weights.
  const steps = Array.from({ length: STEPS }, (_, t) => ({
    rnn: new RNN(layer.Wx, layer.Wh, layer.b),
    read: new Affine(read.W, read.b),
    target: oneHot(t + 1, t + 2).reshape(1, V),
  }));
  const errors: number[] = [];
  for (let pass = 0; pass < recipe.passes; pass++) {
    let [x, h] = [oneHot(0, 1).reshape(1, V), zeros([1, recipe.hiddenSize])];
    let error = 0;
    const dys = steps.map(({ rnn, read, target }) => {
      h = rnn.forward(x, h);
      x = read.forward(h);
      const { loss, dy } = meanSquaredError(x, target);
      error += loss / STEPS;
      return scale(dy, 1 / STEPS);
    });
    for (const grad of grads) grad.data.fill(0);
    let [dh, dx] = [zeros(h.shape), zeros(x.shape)];
    for (const [t, { rnn, read }] of [...steps.entries()].reverse()) {
      // What step t named is judged, and is what step t + 1 reads: both send a gradient back.
      dh = add(dh, read.backward(add(dys[t]!, dx)));
      [dx, dh] = rnn.backward(dh);
      for (const [i, grad] of [...rnn.grads, ...read.grads].entries()) accumulate(grads[i]!, grad);
    }
    clipGrads(grads, 1);
    optimizer.update(params, grads);
    errors.push(error);
  }
  return { ...write(network, "output"), errors };
}

function accumulate(sum: NdArray, x: NdArray): void {
  for (let i = 0; i < sum.size; i++) sum.data[i]! += x.data[i]!;
}

/** The network's own text: it reads the first character, and then the one that it named, or its output as it is. */
function write({ layer, read }: Network, next: "named" | "output"): { text: string; right: number } {
  layer.resetState();
  let text = PARAGRAPH[0]!;
  let x = oneHot(0, 1);
  while (text.length < PARAGRAPH.length) {
    const y = read.forward(layer.forward(x));
    const named = y.data.indexOf(Math.max(...y.data));
    text += ALPHABET[named]!;
    x = y;
    if (next === "named") x.data.fill(0).fill(1, named, named + 1);
  }
  return { text, right: [...text].filter((character, i) => character === PARAGRAPH[i]).length };
}

export function main(): void {
  const runs: [string, Result][] = [
    ["free running, 35 units, 10 steps of Adam", freeRunning(RECIPES.naive)],
    ["its teacher-forced twin", teacherForced(RECIPES.naive)],
    ["free running, 35 units, 60 steps", freeRunning(RECIPES.patient)],
    ["teacher forcing, 250 units, 140 passes", teacherForced(RECIPES.taught)],
  ];
  for (const [name, { right, errors, text }] of runs) {
    console.log(`${name}: ${right} of ${PARAGRAPH.length} characters right, error ${errors.at(-1)!.toFixed(5)}`);
    console.log(`  ${text.slice(0, 100)}...`);
  }
}
