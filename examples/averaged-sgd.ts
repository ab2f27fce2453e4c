/**
 * Averaged SGD: a linear model of 20 numbers learns from a stream of noisy examples, 4 at a time. SGD at a constant rate
 * comes near quickly, and then wanders about: the noise of the last few gradients is in the parameters. Their average over
 * the steps wanders less and less, and is soon as near as least squares on all examples seen would be: dσ²/n on average. A
 * rate that falls as 1/√t is in between.
 *
 *   npm run example averaged-sgd      writes examples/figures/averaged-sgd.svg; figures in docs/beyond.md
 *
 * Sources: Polyak & Juditsky 1992; when to begin, Merity, Keskar & Socher 2018 (optim.NTASGD: see awd-lstm.ts).
 */
import { manualSeed, noGrad, optim, randn, type Tensor, zeros } from "unrolled";
import { curve, writeFigure } from "./support/figure.js";

const SIZE = 20;
const BATCH = 4;
const NOISE = 0.5;
const EVERY = 100;

/** Squared distances from the true weights, every 100 steps: of the parameters, of their average, and with a falling rate. */
export function study(steps = 5000) {
  manualSeed(1);
  const truth = randn([SIZE]);
  const [constant, falling] = [1, 2].map(() => zeros([SIZE], { requiresGrad: true })) as [Tensor, Tensor];
  const averaging = new optim.ASGD([constant], { lr: 0.05, lambd: 0, t0: 100 });
  const sgd = new optim.SGD([falling], { lr: 0.05 });
  const schedule = new optim.LambdaLR(sgd, (step) => 1 / Math.sqrt(1 + step / 10));
  const distance = (weights: Tensor) => noGrad(() => weights.sub(truth).square().sum().item());
  const distances = { last: [] as number[], average: [] as number[], falling: [] as number[] };
  for (let step = 1; step <= steps; step++) {
    const x = randn([BATCH, SIZE]);
    const y = x.matmul(truth).add(randn([BATCH]).mul(NOISE));
    for (const [weights, optimizer] of [
      [constant, averaging],
      [falling, sgd],
    ] as const) {
      const loss = x.matmul(weights).sub(y).square().mean();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    }
    schedule.step();
    if (step % EVERY !== 0) continue;
    distances.last.push(distance(constant));
    distances.average.push(averaging.withAverages(() => distance(constant)));
    distances.falling.push(distance(falling));
  }
  return distances;
}

/** How far least squares on all examples seen is from the truth, on average: d·σ²/n. */
export const limit = (step: number): number => (SIZE * NOISE ** 2) / (step * BATCH);

export function main(): void {
  const { last, average, falling } = study();
  for (const step of [200, 1000, 5000]) {
    const at = (values: number[]) => values[step / EVERY - 1]!.toExponential(1);
    console.log(
      `after ${String(step).padStart(4)} steps: SGD ${at(last)}, its average ${at(average)}, falling rate ${at(falling)}, limit ${limit(step).toExponential(1)}`,
    );
  }
  writeFigure("averaged-sgd", {
    title: "Squared distance from the true weights",
    subtitle: `A linear model of ${SIZE} numbers, ${BATCH} noisy examples a step`,
    xTitle: "steps",
    yTitle: "squared distance",
    log: true,
    series: [
      { name: "SGD", points: curve(last, EVERY) },
      { name: "rate as 1/√t", points: curve(falling, EVERY) },
      { name: "SGD, averaged", points: curve(average, EVERY) },
      {
        name: "limit",
        points: curve(
          last.map((_, i) => limit((i + 1) * EVERY)),
          EVERY,
        ),
        dash: "2 3",
      },
    ],
  });
}
