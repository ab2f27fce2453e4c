/**
 * The experiment of the study book: a recurrent language model of one tanh layer learns the first 1,000 words of a
 * corpus by truncated backpropagation through time, five steps at a time. It can only memorise so little text, and
 * that is the point: the perplexity falls from about the vocabulary's size, where every word is as likely as any other,
 * to a handful of candidates.
 *
 *   npm run example study-book
 */
import { manualSeed, nn, optim, type Tensor, tensor } from "unrolled";
import { mobyDick } from "./support/moby-dick.js";

const WORDS = 1000;
const BATCH = 10;
const SEQ_LEN = 5;
const WIDTH = 100;
const EPOCHS = 100;

class Rnnlm extends nn.Module {
  embed: nn.Embedding;
  rnn: nn.RNN;
  head: nn.Linear;

  constructor(vocabularySize: number) {
    super();
    this.embed = new nn.Embedding(vocabularySize, WIDTH);
    this.rnn = new nn.RNN(WIDTH, WIDTH);
    this.head = new nn.Linear(WIDTH, vocabularySize);
  }

  forward(ids: Tensor, h?: Tensor): [logits: Tensor, h: Tensor] {
    const [y, next] = this.rnn.forward(this.embed.forward(ids), h);
    return [this.head.forward(y), next];
  }
}

/** The first words of Moby Dick, as ids in the order in which they appear. */
function corpus(): { ids: number[]; vocabularySize: number } {
  const words = mobyDick()
    .toLowerCase()
    .match(/[a-z']+|[.,;:!?-]/g)!
    .slice(0, WORDS);
  const vocabulary = new Map<string, number>();
  for (const word of words) if (!vocabulary.has(word)) vocabulary.set(word, vocabulary.size);
  return { ids: words.map((word) => vocabulary.get(word)!), vocabularySize: vocabulary.size };
}

/** The words as ten streams side by side: row b, column t is where stream b is at time t. */
function streams(ids: readonly number[], shift: number): Tensor {
  const length = Math.floor((ids.length - 1) / BATCH);
  const rows = Array.from({ length: BATCH }, (_, b) => ids.slice(b * length + shift, (b + 1) * length + shift));
  return tensor(rows, { dtype: "int32" }).T.contiguous();
}

/** Trains, and returns the vocabulary's size and the perplexity of every epoch. */
export function study(epochs = EPOCHS): { vocabularySize: number; perplexities: number[] } {
  manualSeed(1);
  const { ids, vocabularySize } = corpus();
  const [inputs, targets] = [streams(ids, 0), streams(ids, 1)];
  const model = new Rnnlm(vocabularySize);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const steps = Math.floor(inputs.shape[0]! / SEQ_LEN);
  const perplexities: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let h: Tensor | undefined;
    let total = 0;
    for (let step = 0; step < steps; step++) {
      const [logits, next] = model.forward(inputs.narrow(0, step * SEQ_LEN, SEQ_LEN), h);
      const loss = nn.functional.crossEntropy(logits, targets.narrow(0, step * SEQ_LEN, SEQ_LEN));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      total += loss.item();
      h = next.detach(); // the gradient is cut here, the state goes on
    }
    perplexities.push(Math.exp(total / steps));
  }
  return { vocabularySize, perplexities };
}

export function main(): void {
  const { vocabularySize, perplexities } = study();
  console.log(`${WORDS} words, a vocabulary of ${vocabularySize}`);
  perplexities.forEach((perplexity, i) => {
    if (i === 0 || (i + 1) % 10 === 0)
      console.log(`epoch ${String(i + 1).padStart(3)}  perplexity ${perplexity.toFixed(2)}`);
  });
}
