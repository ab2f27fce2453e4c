/** A window beside a recurrence, where only the order of the words decides what comes next. `npm run example word-order` */
import { manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";

// #region sentences
const NAMES = ["you", "I", "we", "they"];
const WORDS = [...NAMES, "and", "first"];
/** "you and I, first you", "I and you, first I", ...: whoever was named first. */
const SENTENCES = NAMES.flatMap((a) => NAMES.filter((b) => b !== a).map((b) => [a, "and", b, "first", a]));
const IDS = tensor(
  SENTENCES.map((words) => words.map((word) => WORDS.indexOf(word))),
  { dtype: "int32" },
).T;
/** [4, N]: all words but the last; [N]: the last ones. */
const [CONTEXT, NEXT] = [IDS.slice(0, 0, 4).contiguous(), IDS.select(0, 4).contiguous()];
// #endregion

// #region models
/** Continuous bag of words: the mean of a window's embeddings says what comes next, and a mean knows no order. */
export class BagOfWords extends nn.Module {
  embed = new nn.Embedding(WORDS.length, 16);
  head = new nn.Linear(16, WORDS.length);

  /** ids [L, N] to logits [N, V]. */
  forward(ids: Tensor): Tensor {
    return this.head.forward(this.embed.forward(ids).mean(0));
  }
}

/** A recurrence between the two layers: a state that goes from word to word, instead of the mean. */
export class Recurrence extends BagOfWords {
  rnn = new nn.RNN(16, 16);

  override forward(ids: Tensor): Tensor {
    const [, h] = this.rnn.forward(this.embed.forward(ids));
    return this.head.forward(h.select(0, 0));
  }
}
// #endregion

/** Trains on every sentence there is. Returns P(next word) [N, V] for these same sentences, and their perplexity. */
export function train(
  model: nn.Module & { forward(ids: Tensor): Tensor },
  steps = 250,
): [p: Tensor, perplexity: number] {
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    nn.functional.crossEntropy(model.forward(CONTEXT), NEXT).backward();
    optimizer.step();
  }
  const logits = noGrad(() => model.forward(CONTEXT));
  return [logits.softmax(-1), Math.exp(nn.functional.crossEntropy(logits, NEXT).item())];
}

export function main(): void {
  manualSeed(1);
  for (const model of [new BagOfWords(), new Recurrence()]) {
    const [p, perplexity] = train(model);
    const [you, I] = ["you", "I"].map((word) => p.select(1, WORDS.indexOf(word)).data());
    const said = ["you and I", "I and you"].map((names) => {
      const row = SENTENCES.findIndex((words) => words.join(" ").startsWith(names));
      return `"${names}, first": you ${you![row]!.toFixed(2)}, I ${I![row]!.toFixed(2)}`;
    });
    console.log(`${model.constructor.name.padEnd(10)}  perplexity ${perplexity.toFixed(2)}   ${said.join("   ")}`);
  }
}
