/** Many to many, unaligned: all is read before anything is written, here backwards. `npm run example many-to-many-unaligned` */
import { concat, Generator, manualSeed, nn, noGrad, optim, randint, type Tensor, zeros } from "unrolled";

const [SYMBOLS, STEPS] = [5, 4];

class Reverser extends nn.Module {
  embed = new nn.Embedding(SYMBOLS, 16);
  encoder = new nn.LSTM(16, 32);
  decoder = new nn.LSTM(16, 32);
  head = new nn.Linear(32, SYMBOLS);

  /** The decoder begins with the encoder's last state and reads `written` [L', N], the symbols before each. */
  forward(ids: Tensor, written: Tensor): Tensor {
    const [, state] = this.encoder.forward(this.embed.forward(ids));
    return this.head.forward(this.decoder.forward(this.embed.forward(written), state)[0]);
  }
}

function words(generator: Generator, n: number): { ids: Tensor; target: Tensor; written: Tensor } {
  const ids = randint(1, SYMBOLS, [STEPS, n], { generator });
  const target = ids.flip([0]);
  return { ids, target, written: concat([zeros([1, n], { dtype: "int32" }), target.narrow(0, 0, STEPS - 1)]) };
}

export function train(steps = 300): number {
  const random = manualSeed(1);
  const model = new Reverser();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  for (let step = 0; step < steps; step++) {
    const { ids, target, written } = words(random, 50);
    optimizer.zeroGrad();
    nn.functional.crossEntropy(model.forward(ids, written), target).backward();
    optimizer.step();
  }
  const { ids, target, written } = words(new Generator(99), 200);
  const found = noGrad(() => model.forward(ids, written).argmax(-1)).data();
  return found.filter((id, i) => id === target.data()[i]).length / found.length;
}
export const main = () => console.log(`${(100 * train()).toFixed(1)} % of the symbols of unseen words are right`);
