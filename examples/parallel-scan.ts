/**
 * The parallel scan. The gates of minGRU see the inputs alone, so that h_t = a_t ⊙ h_{t-1} + b_t with every a and b known
 * beforehand: pairs of steps are joined, then pairs of pairs, and a sequence of L steps takes 2·log2 L operations one after
 * the other, forward and backward, where a walk takes L. The numbers are the same.
 *
 *   npm run example parallel-scan      figures in docs/beyond.md
 *
 * Sources: Feng et al. 2024; the scan, Blelloch 1990; in log space, Heinsen 2023.
 */
import { manualSeed, nn, noGrad, randn, type Tensor } from "unrolled";

const TURNS = 5;

/** Outputs of one sequence by the scan and by the walk: their largest difference, and the least milliseconds of some turns. */
export function scanAndWalk(seqLen: number): { difference: number; scan: number; walk: number } {
  manualSeed(1);
  const rnn = new nn.MinGRU(16, 32);
  const x = randn([seqLen, 1, 16]);
  const scan = (): number[] => noGrad(() => [...rnn.forward(x)[0].data()]);
  const walk = (): number[] =>
    noGrad(() => {
      let h: Tensor | undefined;
      const ys: number[] = [];
      for (let t = 0; t < seqLen; t++) {
        const [y, next] = rnn.step(x.select(0, t), h);
        ys.push(...y.data());
        h = next;
      }
      return ys;
    });
  const least = { scan: Infinity, walk: Infinity };
  for (let turn = 0; turn < TURNS; turn++) {
    least.scan = Math.min(least.scan, milliseconds(scan));
    least.walk = Math.min(least.walk, milliseconds(walk));
  }
  const walked = walk();
  return { difference: scan().reduce((most, y, i) => Math.max(most, Math.abs(y - walked[i]!)), 0), ...least };
}

function milliseconds(run: () => void): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}

export function main(): void {
  for (const seqLen of [64, 256, 1024, 4096]) {
    const { difference, scan, walk } = scanAndWalk(seqLen);
    const times = `scan ${scan.toFixed(1).padStart(4)} ms, walk ${walk.toFixed(1).padStart(6)} ms`;
    console.log(`L ${String(seqLen).padStart(4)}: ${times}, largest difference ${difference.toExponential(1)}`);
  }
}
