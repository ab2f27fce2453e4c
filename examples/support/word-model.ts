import { data, nn, noGrad, optim, type Tensor, tensor, text } from "unrolled";
import { mobyDick } from "./moby-dick.js";

const BATCH = 10;
const SEQ_LEN = 25;

export interface Corpus {
  training: data.StreamBatcher;
  validation: data.StreamBatcher;
  vocabularySize: number;
}

/** The first words of Moby Dick to learn from, and those that follow to validate on; words seen once are `<unk>`. */
export function words(training: number, validating: number): Corpus {
  const all = mobyDick()
    .toLowerCase()
    .match(/[a-z']+|[.,;:!?-]/g)!;
  const [seen, unseen] = [all.slice(0, training), all.slice(training, training + validating)];
  const rule = { split: "whitespace", minCount: 2 } as const;
  const vocabulary = text.WordVocabulary.fromText(seen.join(" "), rule);
  const stream = (some: string[]) =>
    new data.StreamBatcher(vocabulary.encode(some.join(" ")), { batchSize: BATCH, seqLen: SEQ_LEN });
  return { training: stream(seen), validation: stream(unseen), vocabularySize: vocabulary.size };
}

export interface WordModel<S> extends nn.Module {
  /** `crossEntropy` is a part of the loss, or all of it. `state` is carried from the piece of text before. */
  loss(ids: Tensor, next: Tensor, state?: S): { loss: Tensor; crossEntropy: Tensor; states: S };
}

/** An embedding, a recurrent module, a head. */
export class PlainModel<M extends nn.RecurrentModule> extends nn.Module implements WordModel<nn.StateOf<M>> {
  embed: nn.Embedding;
  rnn: M;
  head: nn.Linear;

  constructor(vocabularySize: number, width: number, rnn: M) {
    super();
    this.embed = new nn.Embedding(vocabularySize, width);
    this.rnn = rnn;
    this.head = new nn.Linear(width, vocabularySize);
  }

  loss(ids: Tensor, next: Tensor, state?: nn.StateOf<M>) {
    const [y, states] = this.rnn.forward(this.embed.forward(ids), state);
    const loss = nn.functional.linearCrossEntropy(y, this.head.weight, this.head.bias, next);
    return { loss, crossEntropy: loss, states };
  }
}

/** Reads the batches once, the state carried on; `learn` gets every loss. Returns the perplexity of what was read. */
function read<S>(model: WordModel<S>, batches: data.StreamBatcher, learn?: (loss: Tensor) => void): number {
  let state: S | undefined;
  let total = 0;
  for (const { inputs, targets, shape } of batches) {
    const { loss, crossEntropy, states } = model.loss(tensor(inputs, { shape }), tensor(targets, { shape }), state);
    learn?.(loss);
    total += crossEntropy.item();
    state = nn.utils.detachState(states as object) as S;
  }
  return Math.exp(total / batches.steps);
}

/** The perplexity of text that was not learned from; in the mode of training, what is dropped at random stays so. */
export function validate<S>(
  model: WordModel<S>,
  { validation }: Corpus,
  mode: "training" | "evaluation" = "evaluation",
): number {
  model.train(mode === "training");
  const perplexity = noGrad(() => read(model, validation));
  model.train();
  return perplexity;
}

/** One epoch; gradients are clipped to norm 0.25. Returns the perplexity while learning. */
export function learn<S>(model: WordModel<S>, { training }: Corpus, optimizer: optim.Optimizer): number {
  return read(model, training, (loss) => {
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 0.25);
    optimizer.step();
  });
}

/** Perplexities after each epoch. */
export interface Curves {
  training: number[];
  validation: number[];
}

/** Learns for so many epochs. Averages of the parameters, where the optimiser keeps some, are what is validated. */
export function trainModel<S>(model: WordModel<S>, corpus: Corpus, optimizer: optim.Optimizer, epochs: number): Curves {
  const curves: Curves = { training: [], validation: [] };
  for (let epoch = 0; epoch < epochs; epoch++) {
    curves.training.push(learn(model, corpus, optimizer));
    const averaging = optimizer instanceof optim.NTASGD ? optimizer : null;
    const measure = () => validate(model, corpus);
    curves.validation.push(averaging === null ? measure() : averaging.withAverages(measure));
    averaging?.validated(Math.log(curves.validation.at(-1)!));
  }
  return curves;
}
