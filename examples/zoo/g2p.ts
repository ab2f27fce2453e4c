/**
 * How English words are spoken, by a network that others trained: a GRU reads the letters, and its last state starts another that says the
 * phonemes, the likeliest each time. `npm run example zoo/g2p checkpoint20.npz activationist robots`
 *
 * The model is that of g2p_en (github.com/Kyubyong/g2p, Apache-2.0): the `checkpoint20.npz` of its Python package, read as NumPy wrote it.
 */
import { nn, noGrad, type Tensor, tensor } from "unrolled";
import { read } from "unrolled/interchange";

const LETTERS = ["<pad>", "<unk>", "</s>", ..."abcdefghijklmnopqrstuvwxyz"];
const PHONEMES = (
  "<pad> <unk> <s> </s> AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH EH0 EH1 EH2 ER0 ER1 ER2 " +
  "EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 UH2 UW UW0 UW1 UW2 V W Y Z ZH"
).split(" ");
const MOST = 20;
const ids = (tokens: number[]): Tensor => tensor(tokens, { shape: [tokens.length, 1], dtype: "int32" });

/** `enc_w_ih` is `enc.rnn.weight_ih_l0` here, `dec_emb` is `dec.embed.weight`, `fc_b` is `fc.bias`. */
const named = (theirs: string): string =>
  theirs
    .replace("_", ".")
    .replace(/emb$/, "embed.weight")
    .replace(/\.w_(ih|hh)$/, ".rnn.weight_$1_l0")
    .replace(/\.b_(ih|hh)$/, ".rnn.bias_$1_l0")
    .replace(/\.w$/, ".weight")
    .replace(/\.b$/, ".bias");

class Side extends nn.Module {
  embed: nn.Embedding;
  rnn = new nn.GRU(256, 256);

  constructor(tokens: number) {
    super();
    this.embed = new nn.Embedding(tokens, 256);
  }

  /** States [L, 1, 256] after each token, and the last. */
  read(tokens: number[], state?: Tensor): readonly [Tensor, Tensor] {
    return this.rnn.forward(this.embed.forward(ids(tokens)), state);
  }
}

export class G2P extends nn.Module {
  enc = new Side(LETTERS.length);
  dec = new Side(PHONEMES.length);
  fc = new nn.Linear(256, PHONEMES.length);

  static async from(file: string | Uint8Array): Promise<G2P> {
    const { arrays } = await read(file);
    const model = new G2P();
    model.loadStateDict(new Map([...arrays].map(([name, array]) => [named(name), array])));
    return model.eval();
  }

  /** The phonemes of a word, what the head said for each of them and at the end, and the states of the encoder. */
  say(word: string): { phonemes: string[]; logits: number[][]; states: Tensor } {
    return noGrad(() => {
      let [states, state] = this.enc.read([...word, "</s>"].map((letter) => Math.max(LETTERS.indexOf(letter), 1)));
      const [phonemes, logits]: [string[], number[][]] = [[], []];
      for (let last = "<s>"; last !== "</s>" && phonemes.length < MOST; ) {
        const [y, next] = this.dec.read([PHONEMES.indexOf(last)], state);
        logits.push(Array.from(this.fc.forward(y).data()));
        last = PHONEMES[logits.at(-1)!.indexOf(Math.max(...logits.at(-1)!))];
        if (last !== "</s>") phonemes.push(last);
        state = next;
      }
      return { phonemes, logits, states };
    });
  }
}

export async function main([file, ...words]: string[]): Promise<void> {
  if (file === undefined) throw new Error("Name the model: npm run example zoo/g2p checkpoint20.npz robots");
  const model = await G2P.from(file);
  for (const word of words) console.log(`${word}  ${model.say(word.toLowerCase()).phonemes.join(" ")}`);
}
