/** CTC: digit strings, dialled as pairs of tones in noise, are read without anyone saying when which digit sounds. `npm run example ctc-digits` */
import { fit, Generator, manualSeed, nn, optim, predict, type Tensor, tensor } from "unrolled";

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

/** Sounds x [T, N, bands], and what CTC asks for: the strings, how many steps each sounds, how many digits it has. */
function* batches(random: Generator, count: number, n: number) {
  for (let k = 0; k < count; k++) {
    const draw = () => Array.from({ length: 2 + random.integer(5) }, () => random.integer(10));
    const strings = Array.from({ length: n }, draw);
    const sounds = strings.map((string) => tensor(dial(random, string)));
    const lengths = sounds.map((sound) => sound.shape[0]!);
    yield { x: nn.utils.rnn.padSequence(sounds), lengths, y: { strings, lengths } };
  }
}

const ctc = (logProbs: Tensor, { strings, lengths }: { strings: number[][]; lengths: number[] }) => {
  const targets = tensor(strings.flat(), { dtype: "int32" });
  return F.ctcLoss(logProbs, targets, lengths, strings.map(({ length }) => length), { blank: BLANK }); // biome-ignore format: one line
};
const forward = (model: Listener, { x, lengths }: { x: Tensor; lengths: number[] }) => model.forward(x, lengths);

/** The share of unseen strings that are read wrong, in any digit. */
export async function listen(steps = 250, progress = false): Promise<number> {
  const random = manualSeed(1);
  const model = new Listener();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
  await fit(model, { train: batches(random, steps, 16), loss: ctc, optimizer, steps, forward, clipNorm: 5, progress });
  const [unseen] = batches(new Generator(99), 1, 200);
  const [logProbs] = await predict(model, [unseen!], { forward });
  const found = F.ctcGreedyDecode(logProbs!, unseen!.lengths, { blank: BLANK });
  return found.filter(({ tokens }, i) => tokens.join() !== unseen!.y.strings[i]!.join()).length / found.length;
}

export const main = async () => console.log(`read wrong: ${(100 * (await listen(250, true))).toFixed(1)} % of strings`);
