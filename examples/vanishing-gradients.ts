/**
 * The vanishing gradient, drawn. One of four symbols is shown 40 steps before the end of a sequence of 60, noise before and
 * after it, and must be named at the end: chance is 1/4. What was shown can only be learned by a gradient that reaches back
 * to it.
 *   - An RNN, an LSTM and a GRU as they usually start: in all three the gradient is lost on the way. Gates that start half
 *     open halve what they keep at every step.
 *   - An LSTM and a GRU whose gates start nearly open (they keep all but 1/T a step) have it from the first step on, and
 *     learn the task in about a hundred steps of Adam. The RNN has no gate to open, and stays at chance.
 *   - The same GRU by truncated backpropagation through time: the state is carried on, the gradient is cut 5, 20 or 50 steps
 *     before the end. Shorter than 40 steps, it never sees why it was wrong.
 *
 *   npm run example vanishing-gradients      writes examples/figures/vanishing-gradients.svg and truncated-bptt.svg
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { diagnostics, Generator, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";

const SEQ_LEN = 60;
const LAG = 40;
const SYMBOLS = 4;
const WIDTH = 32;
const BATCH = 32;
const STEPS = 160;
const EVALUATE_EVERY = 10;
export const CUTS = [5, 20, 50];

export type Kind = "RNN" | "LSTM" | "GRU";

export interface Result {
  name: string;
  /** ‖∂L/∂h_t‖ as a part of what it is at the end, by the number of steps back; ‖∂L/∂c_t‖ in the LSTM. */
  before: number[];
  after: number[];
  /** Steps back that 1 % of the gradient still reaches, before and after training. */
  horizons: [before: number, after: number];
  /** Of 200 unseen sequences, each `EVALUATE_EVERY` steps of training. */
  accuracies: number[];
}

class Recaller extends nn.Module {
  rnn: nn.RNN | nn.LSTM | nn.GRU;
  head = new nn.Linear(WIDTH, SYMBOLS);

  constructor(kind: Kind, openGates: boolean) {
    super();
    this.rnn = new nn[kind](2 * SYMBOLS, WIDTH);
    // Keep all but 1/T at every step (Tallec & Ollivier 2018): rows i|f of the LSTM, z of the GRU.
    const keep = Math.log(SEQ_LEN - 1);
    if (openGates && kind === "LSTM") this.#bias([-keep, keep]);
    if (openGates && kind === "GRU") this.#bias([0, keep]);
  }

  #bias(gates: number[]): void {
    const bias = this.rnn.stateDict().get("bias_ih_l0")!;
    const data = bias.data();
    for (const [k, value] of gates.entries()) data.fill(value, k * WIDTH, (k + 1) * WIDTH);
    bias.set(data);
  }

  /**
   * The loss at the end of x [L, N, 8]. The state walks through all of it, the gradient through the last `steps` alone.
   * @param targets  int32 [N]
   */
  loss(x: Tensor, targets: Tensor, steps: number): Tensor {
    const rnn = this.rnn as nn.GRU;
    const early = SEQ_LEN - steps;
    const state = early === 0 ? null : noGrad(() => rnn.forward(x.narrow(0, 0, early))[1]);
    const [y] = rnn.forward(x.narrow(0, early, steps), state);
    return nn.functional.crossEntropy(this.logits(y), targets);
  }

  logits(y: Tensor): Tensor {
    return this.head.forward(y.select(0, -1));
  }
}

/** One-hot sequences [L, N, 8], noise in the last four columns and the symbol in the first four; and the symbols [N]. */
function sequences(batchSize: number, random: Generator): { x: Tensor; shown: Tensor } {
  const x = new Float32Array(SEQ_LEN * batchSize * 2 * SYMBOLS);
  const shown = new Int32Array(batchSize);
  for (let n = 0; n < batchSize; n++) {
    for (let t = 0; t < SEQ_LEN; t++) {
      const symbol = random.integer(SYMBOLS);
      const at = (t * batchSize + n) * 2 * SYMBOLS;
      const isShown = t === SEQ_LEN - 1 - LAG;
      if (isShown) shown[n] = symbol;
      x[at + symbol + (isShown ? 0 : SYMBOLS)] = 1;
    }
  }
  return { x: tensor(x, { shape: [SEQ_LEN, batchSize, 2 * SYMBOLS] }), shown: tensor(shown) };
}

/** Trains one network; `cut` is how many steps the gradient goes back. */
export function study(kind: Kind, { openGates = true, cut = SEQ_LEN, steps = STEPS } = {}): Result {
  const random = manualSeed(1);
  const model = new Recaller(kind, openGates);
  const unseen = sequences(200, new Generator(99));
  const some = { x: unseen.x.narrow(1, 0, BATCH), shown: unseen.shown.narrow(0, 0, BATCH) };
  const look = () => {
    const loss = (y: Tensor) => nn.functional.crossEntropy(model.logits(y), some.shown);
    const { layers, horizon } = diagnostics.trace(model.rnn, some.x, { loss });
    const back = layers[0]!.reach.toReversed();
    return { curve: back.map((norm) => norm / back[0]!), horizon };
  };
  const before = look();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const accuracies: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const { x, shown } = sequences(BATCH, random);
    optimizer.zeroGrad();
    model.loss(x, shown, cut).backward();
    nn.utils.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    if (step % EVALUATE_EVERY === 0) accuracies.push(accuracy(model, unseen));
  }
  const after = look();
  const name = `${kind}${openGates || kind === "RNN" ? "" : ", usual start"}`;
  return {
    name,
    before: before.curve,
    after: after.curve,
    horizons: [before.horizon, after.horizon],
    accuracies,
  };
}

function accuracy(model: Recaller, { x, shown }: { x: Tensor; shown: Tensor }): number {
  const found = noGrad(() => model.logits(model.rnn.forward(x)[0]).argmax(-1)).data();
  const right = shown.data();
  return found.filter((id, i) => id === right[i]).length / found.length;
}

const { beside, lineChart, PALETTE, stack, toSvg } = diagnostics.svg;
const byStep = (values: readonly number[]) => values.map((value, k) => [k, value] as const);
const byTraining = (values: readonly number[]) => values.map((value, k) => [(k + 1) * EVALUATE_EVERY, value] as const);
/** A network has one colour in all pictures. */
const COLOUR: Record<Kind, string> = { RNN: PALETTE.orange, LSTM: PALETTE.blue, GRU: PALETTE.green };
const colourOf = ({ name }: Result) => COLOUR[name.split(",")[0] as Kind];

/** The gradients of the networks on their way back, before and after training, and what they learned. */
export function gradientFigure(results: readonly Result[]): string {
  const axes = { xTitle: "steps back from the end", yTitle: "gradient, 1 at the end", log: true, cuts: [LAG] };
  const curves = (when: "before" | "after") =>
    results.map((result) => ({
      name: result.name,
      points: byStep(result[when]),
      colour: colourOf(result),
      ...(result.name.includes(",") ? { dash: "5 4" } : {}),
    }));
  const trained = results.filter(({ name }) => !name.includes(","));
  const figure = stack([
    lineChart({
      title: "The gradient of the loss at the end, on its way back through time: before training",
      subtitle: `What must be remembered was shown ${LAG} steps back (dotted). Gates start nearly open, but where "usual start" says otherwise.`,
      series: curves("before"),
      ...axes,
    }),
    beside([
      lineChart({
        title: `After ${STEPS} steps of training`,
        yRange: [1e-15, 1e3],
        series: curves("after").filter(({ name }) => !name.includes(",")),
        width: 350,
        height: 250,
        ...axes,
      }),
      lineChart({
        title: "Answers right (chance: 0.25)",
        xTitle: "steps of training",
        yTitle: "part of unseen sequences",
        yRange: [0, 1],
        series: trained.map((result) => ({
          name: result.name,
          points: byTraining(result.accuracies),
          colour: colourOf(result),
        })),
        width: 350,
        height: 250,
      }),
    ]),
  ]);
  return toSvg(figure, "Gradients of an RNN, an LSTM and a GRU, by the number of steps back in time");
}

/** What truncation leaves of the gradient, and what can be learned with it. */
export function truncationFigure(full: Result, truncated: readonly Result[]): string {
  const title = "Truncated backpropagation through time: the state goes on, the gradient is cut";
  const figure = stack([
    lineChart({
      title,
      subtitle: `A GRU that must remember ${LAG} steps: the gradient before training, and where it is cut.`,
      xTitle: "steps back from the end",
      yTitle: "gradient, 1 at the end",
      yRange: [0, 1],
      series: [full, ...truncated].map(({ before }, k) => ({
        name: k === 0 ? "full" : `${CUTS[k - 1]} steps`,
        points: byStep(before.map((norm, back) => (k > 0 && back >= CUTS[k - 1]! ? 0 : norm))),
        ...(k === 0 ? { dash: "5 4" } : {}),
      })),
      cuts: [LAG],
      height: 230,
    }),
    lineChart({
      title: "Answers right (chance: 0.25)",
      xTitle: "steps of training",
      yTitle: "part of unseen sequences",
      yRange: [0, 1],
      series: [full, ...truncated].map(({ accuracies }, k) => ({
        name: k === 0 ? "full" : `${CUTS[k - 1]} steps`,
        points: byTraining(accuracies),
        ...(k === 0 ? { dash: "5 4" } : {}),
      })),
      height: 230,
    }),
  ]);
  return toSvg(figure, title);
}

export function main(): void {
  const [rnn, lstm, gru] = [study("RNN"), study("LSTM"), study("GRU")];
  const usual = (["LSTM", "GRU"] as const).map((kind) => study(kind, { openGates: false }));
  const truncated = CUTS.map((cut) => study("GRU", { cut }));
  const row = (name: string, { horizons, accuracies }: Result) =>
    console.log(
      `${name.padEnd(24)} the gradient reaches ${String(horizons[0]).padStart(2)} steps back, after training ` +
        `${String(horizons[1]).padStart(2)}; ${(100 * accuracies.at(-1)!).toFixed(0).padStart(3)} % right`,
    );
  for (const result of [rnn, ...usual, lstm, gru]) row(result.name, result);
  for (const [k, result] of truncated.entries()) row(`GRU, cut after ${CUTS[k]} steps`, result);
  mkdirSync("examples/figures", { recursive: true });
  const files = {
    "vanishing-gradients": gradientFigure([rnn, ...usual, lstm, gru]),
    "truncated-bptt": truncationFigure(gru, truncated),
  };
  for (const [name, svg] of Object.entries(files)) {
    writeFileSync(`examples/figures/${name}.svg`, svg);
    console.log(`examples/figures/${name}.svg`);
  }
}
