import { Generator, manualSeed, nn, optim, type Tensor, tensor } from "unrolled";
import { pause } from "../../../src/train/pause.js";
import { alone } from "./alone.js";
import type { Handlers, Tell } from "./protocol.js";

/** How the three cells do, in the order RNN, LSTM, GRU. */
export interface RaceTold {
  step: number;
  /** Cross-entropy, as a part of that of who guesses. */
  loss: number[];
  /** Share of answers that are right. */
  right: number[];
}

export interface RaceRequests {
  "learn.race": { ask: { length: number; seed: number }; answer: undefined };
  "learn.stop": { ask: null; answer: undefined };
}

export interface RaceEvents {
  "learn.race": RaceTold;
}

/** Between two requests that are heard, in milliseconds. */
const SLICE = 100;
const [HIDDEN, BATCH, SYMBOLS, STEPS, EVERY] = [16, 32, 4, 400, 10];
/** The loss of who guesses: what is told is a part of it. */
const CHANCE = Math.log(SYMBOLS);

/** Sequences of symbols [L, N, 2 · 4], one-hot, the first one marked; and which these were [N]. */
export function memoryBatch(length: number, generator: Generator): { x: Tensor; y: Tensor } {
  const values = new Float32Array(length * BATCH * 2 * SYMBOLS);
  const first = new Int32Array(BATCH);
  for (let row = 0; row < length * BATCH; row++) {
    const symbol = generator.integer(SYMBOLS);
    const isFirst = row < BATCH;
    values[row * 2 * SYMBOLS + symbol + (isFirst ? SYMBOLS : 0)] = 1;
    if (isFirst) first[row] = symbol;
  }
  return { x: tensor(values, { shape: [length, BATCH, 2 * SYMBOLS] }), y: tensor(first) };
}

class Rememberer extends nn.Module {
  readonly rnn: nn.RNN | nn.LSTM | nn.GRU;
  readonly head = new nn.Linear(HIDDEN, SYMBOLS);

  constructor(kind: "RNN" | "LSTM" | "GRU") {
    super();
    this.rnn = new nn[kind](2 * SYMBOLS, HIDDEN);
    if (kind !== "LSTM") return;
    // A forget gate that begins open, as lesson 6 has it.
    const [, bias] = this.rnn.namedParameters().find(([name]) => name === "bias_ih_l0")!;
    bias.set(Float32Array.from(bias.data(), (value, i) => value + (i >= HIDDEN && i < 2 * HIDDEN ? 3 : 0)));
  }

  forward(x: Tensor): Tensor {
    const [y] = this.rnn.forward(x) as unknown as [Tensor, unknown];
    return this.head.forward(y.select(0, x.shape[0] - 1));
  }
}

export function raceHandlers(tell: Tell): Handlers<RaceRequests> {
  let current = 0;
  return {
    "learn.race": async ({ length, seed }) => {
      const own = ++current;
      const generator = new Generator(seed);
      const racers = await alone(() => {
        manualSeed(seed);
        return (["RNN", "LSTM", "GRU"] as const).map((kind) => new Rememberer(kind));
      });
      const optimizers = racers.map((racer) => new optim.Adam(racer.parameters(), { lr: 0.01 }));
      let due = performance.now() + SLICE;
      for (let step = 1; step <= STEPS && own === current; step++) {
        const found = await alone(() => {
          const { x, y } = memoryBatch(length, generator);
          return racers.map((racer, k) => raceStep(racer, optimizers[k], x, y));
        });
        if (step % EVERY === 0)
          tell("learn.race", { step, loss: found.map(({ loss }) => loss), right: found.map(({ right }) => right) });
        // Whoever wants to stop, or to look at something, must be heard.
        if (performance.now() < due) continue;
        await pause();
        due = performance.now() + SLICE;
      }
      return undefined;
    },
    "learn.stop": () => {
      current++;
      return undefined;
    },
  };
}

function raceStep(racer: Rememberer, optimizer: optim.Adam, x: Tensor, y: Tensor): { loss: number; right: number } {
  optimizer.zeroGrad();
  const said = racer.forward(x);
  const loss = nn.functional.crossEntropy(said, y);
  loss.backward();
  nn.utils.clipGradNorm(racer.parameters(), 1);
  optimizer.step();
  const [best, wanted] = [said.argmax(1).data(), Array.from(y.data())];
  const right = wanted.filter((symbol, i) => best[i] === symbol).length / wanted.length;
  return { loss: loss.item() / CHANCE, right };
}
