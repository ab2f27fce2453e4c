import { describe, expect, test } from "vitest";
import { type LSTMState, manualSeed, nn, optim, randint, type Tensor } from "../../src/index.js";

/** The README's example, whole. */
class CharModel extends nn.Module {
  embed = new nn.Embedding(65, 128);
  lstm = new nn.LSTM(128, 256, { numLayers: 2 });
  head = new nn.Linear(256, 65);

  forward(ids: Tensor, state?: LSTMState) {
    const [y, next] = this.lstm.forward(this.embed.forward(ids), state); // y [L, N, 256], next { h, c }
    return [this.head.forward(y), next] as const;
  }
}

describe("the thirty-line example", () => {
  test("learns to repeat one batch, its state carried from step to step", () => {
    manualSeed(1);
    const model = new CharModel();
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
    const stream = randint(0, 65, [5, 2]);
    const [x, y] = [stream.narrow(0, 0, 4), stream.narrow(0, 1, 4)];
    let carried: LSTMState | undefined;
    const losses: number[] = [];
    for (let step = 0; step < 8; step++) {
      const [logits, state] = model.forward(x, carried);
      const loss = nn.functional.crossEntropy(logits, y);
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm(model.parameters(), 5);
      optimizer.step();
      carried = nn.utils.detachState(state);
      losses.push(loss.item());
      expect(state.h.shape).toEqual([2, 2, 256]);
    }
    expect(losses[0]).toBeCloseTo(Math.log(65), 0);
    expect(losses[7]).toBeLessThan(losses[0] / 2);
  });
});
