/** Many to one: a sequence in, one answer out. An LSTM tells which of two symbols was the more frequent. `npm run example many-to-one` */
import { Generator, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";

const STEPS = 11;

class Judge extends nn.Module {
  embed = new nn.Embedding(2, 8);
  lstm = new nn.LSTM(8, 24);
  head = new nn.Linear(24, 2);

  /** ids [L, N] to scores [N, 2]: only the last state is read. */
  forward(ids: Tensor): Tensor {
    const [, { h }] = this.lstm.forward(this.embed.forward(ids));
    return this.head.forward(h.select(0, 0));
  }
}

function votes(random: Generator, n: number): [ids: Tensor, winners: Tensor] {
  const rows = Array.from({ length: n }, () => Array.from({ length: STEPS }, () => random.integer(2)));
  const winners = rows.map((row) => Number(row.reduce((a, b) => a + b) > STEPS / 2));
  return [tensor(rows, { dtype: "int32" }).T.contiguous(), tensor(winners, { dtype: "int32" })];
}

export function train(steps = 150): number {
  const random = manualSeed(1);
  const model = new Judge();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  for (let step = 0; step < steps; step++) {
    const [ids, winners] = votes(random, 64);
    optimizer.zeroGrad();
    nn.functional.crossEntropy(model.forward(ids), winners).backward();
    optimizer.step();
  }
  const [ids, winners] = votes(new Generator(99), 500);
  const found = noGrad(() => model.forward(ids).argmax(-1)).data();
  return found.filter((id, i) => id === winners.data()[i]).length / found.length;
}

export const main = () => console.log(`${(100 * train()).toFixed(1)} % of unseen votes judged right`);
