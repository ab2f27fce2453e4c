/** One to many: one number in, a sequence out. A GRU reads a frequency once and draws that sine. `npm run example one-to-many` */
import { manualSeed, nn, optim, type Tensor, tensor } from "unrolled";

const STEPS = 12;

class Painter extends nn.Module {
  start = new nn.Linear(1, 24);
  gru = new nn.GRU(1, 24);
  head = new nn.Linear(24, 1);

  /** frequency [N, 1] becomes the first state; the inputs say only which step it is. */
  forward(frequency: Tensor): Tensor {
    const [n] = frequency.shape as [number];
    const clock = tensor(Float32Array.from({ length: STEPS * n }, (_, i) => Math.floor(i / n) / STEPS));
    const h = this.start.forward(frequency).tanh().reshape([1, n, 24]);
    return this.head.forward(this.gru.forward(clock.reshape([STEPS, n, 1]), h)[0]); // [L, N, 1]
  }
}

export function train(steps = 400): number {
  manualSeed(1);
  const frequencies = [0.2, 0.35, 0.5, 0.65, 0.8];
  const waves = Array.from({ length: STEPS }, (_, t) => frequencies.map((f) => [Math.sin(f * t)]));
  const model = new Painter();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  let loss = Number.NaN;
  for (let step = 0; step < steps; step++) {
    const error = nn.functional.mseLoss(model.forward(tensor(frequencies.map((f) => [f]))), tensor(waves));
    optimizer.zeroGrad();
    error.backward();
    optimizer.step();
    loss = error.item();
  }
  return loss;
}

export const main = () => console.log(`mean squared error ${train().toFixed(4)}`);
