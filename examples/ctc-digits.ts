/** CTC: digit strings, dialled as pairs of tones in noise, are read without anyone saying when which digit sounds. `npm run example ctc-digits` */
import { Generator, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";

const F = nn.functional;
/** Four low tones and three high ones, as on a telephone's keys; ten digits and the blank. */
const [BANDS, BLANK] = [7, 10];

class Listener extends nn.Module {
  lstm = new nn.LSTM(BANDS, 24, { bidirectional: true });
  head = new nn.Linear(48, 11);

  /** [T, N, bands] to log probabilities [T, N, 11] */
  forward(x: Tensor, lengths: number[]): Tensor {
    return F.logSoftmax(this.head.forward(this.lstm.forward(x, null, { lengths })[0]));
  }
}

/** Energies of the bands: each digit sounds for 3 to 6 steps, after 1 to 4 of silence, more or less loud. */
function dial(random: Generator, digits: number[]): number[][] {
  const step = (loud: number, tones: number[]) =>
    Array.from({ length: BANDS }, (_, band) => 0.15 * random.normal() + (tones.includes(band) ? loud : 0));
  return digits.flatMap((digit) => {
    const tones = digit === 9 ? [3, 5] : [Math.floor(digit / 3), 4 + (digit % 3)];
    const loud = 0.7 + 0.6 * random.uniform();
    const steps = [1 + random.integer(4), 3 + random.integer(4)];
    return steps.flatMap((length, i) => Array.from({ length }, () => step(i * loud, tones)));
  });
}

function batch(random: Generator, n: number) {
  const digit = () => random.integer(10);
  const strings = Array.from({ length: n }, () => Array.from({ length: 2 + random.integer(5) }, digit));
  const sounds = strings.map((string) => tensor(dial(random, string)));
  return { strings, x: nn.utils.rnn.padSequence(sounds), lengths: sounds.map((sound) => sound.shape[0]!) };
}

/** The share of unseen strings that are read wrong, in any digit. */
export function listen(steps = 250): number {
  const random = manualSeed(1);
  const model = new Listener();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
  for (let step = 0; step < steps; step++) {
    const { strings, x, lengths } = batch(random, 16);
    const [targets, counts] = [tensor(strings.flat(), { dtype: "int32" }), strings.map(({ length }) => length)];
    optimizer.zeroGrad();
    F.ctcLoss(model.forward(x, lengths), targets, lengths, counts, { blank: BLANK }).backward();
    nn.utils.clipGradNorm(model.parameters(), 5);
    optimizer.step();
  }
  const { strings, x, lengths } = batch(new Generator(99), 200);
  const found = F.ctcGreedyDecode(
    noGrad(() => model.forward(x, lengths)),
    lengths,
    { blank: BLANK },
  );
  return found.filter(({ tokens }, i) => tokens.join() !== strings[i]!.join()).length / strings.length;
}

export const main = () => console.log(`${(100 * listen()).toFixed(1)} % of unseen strings are read wrong`);
