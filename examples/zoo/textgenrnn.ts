/**
 * textgenrnn (github.com/minimaxir/textgenrnn, MIT): headlines of Reddit, character by character. Its weights were saved by Keras 2.1.5
 * without a configuration, so the network is written here and takes them by name; that its LSTMs were cuDNN's, with every gate's block
 * transposed, is told by their biases and put right on the way.
 *
 * The folder of models, textgenrnn in it, is UNROLLED_MODELS, or ../shared/models. `npm run example zoo/textgenrnn -- "I just" 0.5`
 */
import { readFile } from "node:fs/promises";
import { concat, Generator, languageModel, nn, noGrad, type Tensor, tensor } from "unrolled";
import { readKeras } from "unrolled/interchange";

const FOLDER = `${process.env["UNROLLED_MODELS"] ?? "../shared/models"}/textgenrnn`;
const [IDS, WINDOW, START] = [465, 40, "<s>"];

/** The mean over time, weighted by softmax(x · W). */
class Attention extends nn.Module {
  attention_W = new nn.Parameter(tensor(new Float32Array(356), { shape: [356, 1] }));

  forward(x: Tensor): { weights: Tensor; mean: Tensor } {
    const scores = x.matmul(this.attention_W); // [N, T, 1]
    const shares = scores.sub(scores.max(1, { keepDim: true })).exp();
    const weights = shares.div(shares.sum(1, { keepDim: true }).add(1e-7));
    return { weights, mean: x.mul(weights).sum(1) };
  }
}

/** Keras's names of the layers. No mask: the zeros before a short text are read. */
export class TextGenRNN extends nn.Module {
  embedding = new nn.Embedding(IDS, 100);
  rnn_1 = new nn.LSTM(100, 128, { batchFirst: true });
  rnn_2 = new nn.LSTM(128, 128, { batchFirst: true });
  attention = new Attention();
  output = new nn.Linear(356, IDS);

  /** @param ids  [N, 40] */
  forward(ids: Tensor) {
    const x = this.embedding.forward(ids);
    const [y1] = this.rnn_1.forward(x);
    const [y2] = this.rnn_2.forward(y1);
    const { weights, mean } = this.attention.forward(concat([x, y1, y2], -1));
    return { probabilities: this.output.forward(mean).softmax(-1), y1, y2, weights, mean };
  }
}

export async function load(folder = FOLDER) {
  const model = new TextGenRNN();
  const file = await readKeras(await readFile(`${folder}/textgenrnn_weights.hdf5`));
  model.loadStateDict(file.toStateDict());
  const vocabulary = JSON.parse(await readFile(`${folder}/textgenrnn_vocab.json`, "utf8")) as Record<string, number>;
  return { model: model.eval(), vocabulary, warnings: file.warnings };
}

/** <s> and the characters, the last 40 of them, zeros on the left; an unknown character is 0. */
export function encode(vocabulary: Record<string, number>, characters: readonly string[]): Tensor {
  const ids = [START, ...characters].map((character) => vocabulary[character] ?? 0).slice(-WINDOW);
  return tensor([[...new Array<number>(WINDOW - ids.length).fill(0), ...ids]], { dtype: "int32" });
}

type Loaded = Awaited<ReturnType<typeof load>>;

/** Goes on with `prompt` for `length` characters or to <s>; temperature 0 takes the likeliest each time. */
export function* write({ model, vocabulary }: Loaded, prompt: string, length = 40, temperature = 0) {
  const characters = new Map(Object.entries(vocabulary).map(([character, id]) => [id, character]));
  const [text, random] = [[...prompt], new Generator(1)];
  for (let i = 0; i < length; i++) {
    const logits = noGrad(() => model.forward(encode(vocabulary, text)).probabilities.log().data());
    const next = characters.get(languageModel.sampleToken(logits, { temperature }, random)) ?? "";
    if (next === START) return;
    text.push(next);
    yield next;
  }
}

export async function main([prompt = "What is the best way to ", temperature = "0"]: string[] = []) {
  const loaded = await load();
  for (const warning of loaded.warnings) console.log(warning);
  console.log(prompt + [...write(loaded, prompt, 80, Number(temperature))].join(""));
}
