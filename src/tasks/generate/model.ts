import { noGrad } from "../../autograd/index.js";
import type { Generator } from "../../base/random.js";
import * as nn from "../../nn/index.js";
import { concat, type Tensor, tensor, zeros } from "../../tensor/index.js";
import { sampleToken } from "../language-model/sampling.js";
import { cellNamed, recurrentLayers, stateShapes } from "../recurrent/layers.js";
import type { RowState } from "../recurrent/states.js";
import { columnsWidth, numbersOf } from "../rows/number-columns.js";
import { IGNORED, paddedIds } from "../tokens/padded-ids.js";
import { type Ends, endsOf } from "../tokens/vocabularies.js";
import type { Condition } from "./conditions.js";
import type { GenerateConfig } from "./config.js";
import type { Labelled, Meaning } from "./data.js";

/** Texts of many lengths, padded. */
export interface LabelledBatch {
  /** What the decoder is given, ids [T, N]: a beginning, then the text. */
  written: Tensor;
  /** What it has to write, ids [T, N]: the text, then an end. */
  targets: Tensor;
  conditions: readonly Condition[];
  /** Tokens of all texts, their ends too. */
  count: number;
}

export function padded(rows: readonly Labelled[], { begin, end }: Ends): LabelledBatch {
  return {
    written: paddedIds(
      rows.map(({ ids }) => [begin, ...ids]),
      end,
    ),
    targets: paddedIds(
      rows.map(({ ids }) => [...ids, end]),
      IGNORED,
    ),
    conditions: rows.map(({ condition }) => condition),
    count: rows.reduce((sum, { ids }) => sum + ids.length + 1, 0),
  };
}

/** Of a cell that takes all steps at once, whose state is a mean of what is never negative. */
export function needsPositive({ cell }: Pick<GenerateConfig, "cell">): boolean {
  return cellNamed(cell).cell.recurrent === undefined;
}

/**
 * One to many: a condition, such as a class, and a sequence that is written from it. The decoder begins with a state made of the
 * condition, and reads it beside each token.
 *   h_0 = tanh(W c + b), for a cell whose state may not be negative σ;  other states begin with 0
 */
export class ClassWriter extends nn.Module {
  readonly embed: nn.Embedding;
  readonly begin: nn.Linear;
  readonly rnn: nn.RecurrentModule;
  readonly head: nn.Linear;
  readonly dropout: nn.Dropout;
  readonly config: GenerateConfig;
  readonly meaning: Meaning;
  readonly ends: Ends;

  constructor(config: GenerateConfig, meaning: Meaning) {
    super();
    const { conditions, vocabulary } = meaning;
    const width = columnsWidth(conditions);
    this.embed = new nn.Embedding(vocabulary.size, config.embed);
    this.begin = new nn.Linear(width, beginSize(config));
    this.rnn = recurrentLayers({ ...config, input: config.embed + width });
    this.head = new nn.Linear(config.hidden, vocabulary.size);
    this.dropout = new nn.Dropout(config.dropout);
    this.config = config;
    this.meaning = meaning;
    this.ends = endsOf(vocabulary);
  }

  /** Conditions as the layers read them, [N, C]: a 1 for each class, and the numbers. */
  conditions(given: readonly Condition[]): Tensor {
    const { conditions } = this.meaning;
    const numbers = given.flatMap((condition) => numbersOf(conditions, condition));
    return tensor(Float32Array.from(numbers), { shape: [given.length, columnsWidth(conditions)] });
  }

  /** Where the decoder begins. @param conditions  [N, C] */
  start(conditions: Tensor): RowState {
    const linear = this.begin.forward(conditions);
    const all = needsPositive(this.config) ? linear.sigmoid() : linear.tanh();
    const { states } = cellNamed(this.config.cell).cell;
    const batch = conditions.shape[0];
    let at = 0;
    const layers = stateShapes({ ...this.config, input: 1 }).map(([rows, hidden]) => {
      const own = all.narrow(1, at, rows * hidden).reshape([batch, rows, hidden]);
      at += rows * hidden;
      const h = own.transpose(0, 1).contiguous();
      return states === 1 ? h : { h, c: zeros([rows, batch, hidden]) };
    });
    return isStack(this.rnn) ? layers : layers[0];
  }

  /** @param written  the token before each, ids [T, N] @returns logits [T, N, V] and the state after */
  forward(written: Tensor, conditions: Tensor, state: RowState): readonly [Tensor, RowState] {
    return this.steps(this.read(written), conditions, state);
  }

  /** Tokens as the layers read them, [T, N, E]. */
  read(written: Tensor): Tensor {
    const { training } = this;
    return nn.functional.embeddingDropout(this.embed.weight, written, this.config.embeddingDropout, { training });
  }

  /** @param embedded  what `read` gives */
  steps(embedded: Tensor, conditions: Tensor, state: RowState): readonly [Tensor, RowState] {
    const { inputDropout } = this.config;
    const options = { training: this.training };
    const [steps, batch] = embedded.shape as [number, number];
    const beside = conditions.unsqueeze(0).expand(steps, batch, conditions.shape[1]);
    const x = this.dropout.forward(nn.functional.lockedDropout(concat([embedded, beside], 2), inputDropout, options));
    const [y, next] = this.rnn.forward(x, state) as readonly [Tensor, RowState];
    return [this.head.forward(this.dropout.forward(y)), next];
  }

  /** The mean loss of a token, in nats. */
  loss({ written, targets, conditions: given }: LabelledBatch): Tensor {
    const conditions = this.conditions(given);
    const [logits] = this.forward(written, conditions, this.start(conditions));
    return nn.functional.crossEntropy(logits, targets, { ignoreIndex: IGNORED });
  }

  /** A text of each condition, drawn token by token; ids without ends. */
  draw(given: readonly Condition[], temperature: number, generator: Generator): number[][] {
    const { pad, begin, unknown, end } = this.ends;
    return noGrad(() => {
      const conditions = this.conditions(given);
      const found = given.map((): number[] => []);
      const open = new Set(found.keys());
      let state = this.start(conditions);
      let ids = new Int32Array(given.length).fill(begin);
      for (let left = this.config.maxLength ?? 1000; left > 0 && open.size > 0; left--) {
        const [logits, next] = this.forward(tensor(ids, { shape: [1, given.length] }), conditions, state);
        const scores = logits.data();
        const size = scores.length / given.length;
        ids = new Int32Array(given.length).fill(end);
        for (const n of open) {
          const own = scores.subarray(n * size, (n + 1) * size);
          for (const id of [pad, begin, unknown]) if (id >= 0) own[id] = -Infinity;
          const drawn = sampleToken(own, { temperature }, generator);
          if (drawn === end) open.delete(n);
          else found[n].push(drawn);
          ids[n] = drawn;
        }
        state = next;
      }
      return found;
    });
  }
}

/** Numbers of all states that begin with the class. */
export function beginSize(config: GenerateConfig): number {
  return stateShapes({ ...config, input: 1 }).reduce((sum, [rows, hidden]) => sum + rows * hidden, 0);
}

function isStack(rnn: nn.RecurrentModule): boolean {
  return rnn instanceof nn.RecurrentStack;
}
