import { manualSeed, nn, optim, tensor } from "unrolled";

/** The loss after a few steps of a small LSTM, the same number whatever bundled this. */
export function train() {
  manualSeed(5);
  const lstm = new nn.LSTM(3, 7);
  const optimizer = new optim.Adam(lstm.parameters(), { lr: 0.01 });
  const x = tensor(
    Array.from({ length: 30 }, (_, i) => Math.sin(i)),
    { shape: [5, 2, 3] },
  );
  let loss = 0;
  for (let step = 0; step < 5; step++) {
    optimizer.zeroGrad();
    const [y] = lstm.forward(x);
    const error = y.sub(0.25).square().mean();
    error.backward();
    optimizer.step();
    loss = error.item();
  }
  return loss;
}
