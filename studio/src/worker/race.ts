import { Generator, manualSeed, nn, optim, type Tensor, tensor } from "unrolled";
import { alone } from "./alone.js";
import type { Handlers, Tell } from "./protocol.js";

/** How the three cells do, in the order RNN, LSTM, GRU. */
export interface RaceTold {
  step: number;
  /** Mean squares of what they miss. */
  loss: number[];
  /** Share of signs that are right. */
  right: number[];
}

export interface RaceRequests {
  "learn.race": { ask: { length: number; seed: number }; answer: undefined };
  "learn.stop": { ask: null; answer: undefined };
}

export interface RaceEvents {
  "learn.race": RaceTold;
}

const [HIDDEN, BATCH, STEPS, EVERY] = [12, 32, 400, 10];

/** Sequences of noise [L, N, 1] whose first number is +1 or -1, and these numbers [N, 1]. */
export function memoryBatch(length: number, generator: Generator): { x: Tensor; y: Tensor } {
  const signs = Float32Array.from({ length: BATCH }, () => (generator.uniform() < 0.5 ? -1 : 1));
  const values = Float32Array.from({ length: length * BATCH }, (_, i) =>
    i < BATCH ? signs[i] : 0.4 * (generator.uniform() - 0.5),
  );
  return { x: tensor(values, { shape: [length, BATCH, 1] }), y: tensor(signs, { shape: [BATCH, 1] }) };
}

class Rememberer extends nn.Module {
  readonly rnn: nn.RNN | nn.LSTM | nn.GRU;
  readonly head = new nn.Linear(HIDDEN, 1);

  constructor(kind: "RNN" | "LSTM" | "GRU") {
    super();
    this.rnn = new nn[kind](1, HIDDEN);
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
      for (let step = 1; step <= STEPS && own === current; step++) {
        const { x, y } = memoryBatch(length, generator);
        const found = racers.map((racer, k) => raceStep(racer, optimizers[k], x, y));
        if (step % EVERY !== 0) continue;
        tell("learn.race", { step, loss: found.map(({ loss }) => loss), right: found.map(({ right }) => right) });
        // Whoever wants to stop must be heard.
        await new Promise((resolve) => setTimeout(resolve, 0));
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
  const loss = said.sub(y).square().mean();
  loss.backward();
  nn.utils.clipGradNorm(racer.parameters(), 1);
  optimizer.step();
  const [signs, wanted] = [said.data(), Array.from(y.data())];
  const right = wanted.filter((sign, i) => Math.sign(signs[i]) === sign).length / wanted.length;
  return { loss: loss.item(), right };
}
