/** Many to many, aligned: an output at every input. A GRU adds binary numbers, bit by bit. `npm run example many-to-many-aligned` */
import { Generator, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";

const BITS = 8;

class Adder extends nn.Module {
  gru = new nn.GRU(2, 16);
  head = new nn.Linear(16, 2);

  /** Two bits a step, lowest first [L, N, 2], to scores of the sum's bit [L, N, 2]. The carry is the state's business. */
  forward(bits: Tensor): Tensor {
    return this.head.forward(this.gru.forward(bits)[0]);
  }
}

function sums(random: Generator, n: number): [bits: Tensor, answer: Tensor] {
  const pairs = Array.from({ length: n }, () => [random.integer(2 ** (BITS - 1)), random.integer(2 ** (BITS - 1))]);
  const steps = Array.from({ length: BITS }, (_, t) => t);
  const bits = steps.map((t) => pairs.map((pair) => pair.map((number) => (number >> t) & 1)));
  const answer = steps.map((t) => pairs.map(([a, b]) => ((a! + b!) >> t) & 1));
  return [tensor(bits), tensor(answer, { dtype: "int32" })];
}

export function train(steps = 300): number {
  const random = manualSeed(1);
  const model = new Adder();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  for (let step = 0; step < steps; step++) {
    const [bits, answer] = sums(random, 32);
    optimizer.zeroGrad();
    nn.functional.crossEntropy(model.forward(bits), answer).backward();
    optimizer.step();
  }
  const [bits, answer] = sums(new Generator(99), 500);
  const found = noGrad(() => model.forward(bits).argmax(-1)).data();
  return found.filter((bit, i) => bit === answer.data()[i]).length / found.length;
}

export const main = () => console.log(`${(100 * train()).toFixed(1)} % of the bits of unseen sums are right`);
