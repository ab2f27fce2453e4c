import { keras } from "../conventions/columns.js";
import { cudnn, isCudnn } from "../conventions/cudnn.js";
import { type NamedArray, type NamedArrays, transposedArray } from "../named-array.js";
import type { CellName } from "./cells.js";
import { outputsFirst } from "./layers/convolution.js";
import { roleOf } from "./weights.js";

/** What a layer of a file without a configuration must be, by the names and shapes of its weights. */
export interface GuessedLayer {
  /** `rnn_1`, `bidirectional.forward_lstm`. */
  name: string;
  /** Keras's class, as far as weights tell it; "" for one that is not known. */
  type: string;
  /** In PyTorch's names and layout, without the layer's. */
  arrays: Map<string, NamedArray>;
  /** Names in the file. */
  sources: string[];
  /** What must be known besides to use it. */
  remark: string | null;
}

const NAMES = { kernel: "kernel", recurrent: "recurrent_kernel", bias: "bias" };

/** Layers of a file that has weights alone, in its order. */
export function guessLayers(arrays: NamedArrays): GuessedLayer[] {
  const groups = new Map<string, Map<string, [string, NamedArray]>>();
  for (const [name, array] of arrays) {
    const path = name.slice(0, Math.max(0, name.lastIndexOf("/")));
    const group = groups.get(path) ?? new Map<string, [string, NamedArray]>();
    const role = roleOf(name);
    group.set(group.has(role) ? name.slice(path.length + 1) : role, [name, array]);
    groups.set(path, group);
  }
  return Array.from(groups, ([path, group]) => {
    const own = new Map([...group].map(([role, [, array]]) => [role, array]));
    const sources = [...group.values()].map(([name]) => name);
    return { name: nameOf(path), sources, ...guess(own) };
  });
}

/** `rnn_1/rnn_1` is `rnn_1`, `gru/gru_cell` is `gru`. */
function nameOf(path: string): string {
  const words = path.split("/").filter((word, i, all) => word !== all[i - 1]);
  if (words.length > 1 && /_cell(_\d+)?$/.test(words.at(-1)!)) words.pop();
  return words.join(".");
}

type Guess = Pick<GuessedLayer, "type" | "arrays" | "remark">;

function guess(own: Map<string, NamedArray>): Guess {
  const [kernel, recurrent, embeddings] = [own.get("kernel"), own.get("recurrent_kernel"), own.get("embeddings")];
  const isMatrix = kernel?.shape.length === 2;
  if (isMatrix && recurrent?.shape.length === 2) return guessRecurrent(own, kernel, recurrent) ?? unknown(own);
  if (embeddings !== undefined) return { type: "Embedding", arrays: new Map([["weight", embeddings]]), remark: null };
  if (kernel !== undefined && recurrent === undefined && (isMatrix || kernel.shape.length === 3)) {
    const weight = isMatrix ? transposedArray(kernel) : outputsFirst(kernel);
    const bias = own.get("bias");
    const arrays = new Map([["weight", weight], ...(bias === undefined ? [] : [["bias", bias] as const])]);
    return { type: isMatrix ? "Dense" : "Conv1D", arrays, remark: null };
  }
  return guessNormalization(own) ?? unknown(own);
}

const unknown = (arrays: Map<string, NamedArray>): Guess => ({ type: "", arrays, remark: "as it stands in the file" });

function guessRecurrent(own: Map<string, NamedArray>, kernel: NamedArray, recurrent: NamedArray): Guess | null {
  const [units, width] = recurrent.shape;
  const gates = width / units;
  const cell = ({ 1: "rnn", 3: "gru", 4: "lstm" } as Record<number, CellName | undefined>)[gates];
  if (cell === undefined || kernel.shape[1] !== width) return null;
  const bias = own.get("bias");
  const type = { rnn: "SimpleRNN", gru: "GRU", lstm: "LSTM" }[cell];
  const convention = keras({ cell: cell === "rnn" ? "rnn_tanh" : cell, names: NAMES });
  if (cell !== "rnn" && bias !== undefined && isCudnn(cell, units, bias)) {
    const arrays = convention.toOurs(cudnn({ cell, names: NAMES }).toOurs(own));
    return { type: `CuDNN${type}`, arrays, remark: "saved by cuDNN: every gate's block was stored transposed" };
  }
  const size = bias?.data.length ?? 0;
  if (bias !== undefined && size !== width && !(cell === "gru" && size === 2 * width)) return null;
  return { type, arrays: convention.toOurs(own), remark: remarkOn(cell, bias, gates * units) };
}

function remarkOn(cell: CellName, bias: NamedArray | undefined, width: number): string | null {
  if (cell !== "gru") return null;
  if (bias === undefined) return "whether the reset acts after the product is not told";
  return bias.data.length === width ? "the reset acts before the product: resetAfter: false" : null;
}

function guessNormalization(own: Map<string, NamedArray>): Guess | null {
  const [gamma, beta] = [own.get("gamma"), own.get("beta")];
  const [mean, variance] = [own.get("moving_mean"), own.get("moving_variance")];
  const named = { weight: gamma, bias: beta, running_mean: mean, running_var: variance };
  const arrays = new Map(
    Object.entries(named).filter((entry): entry is [string, NamedArray] => entry[1] !== undefined),
  );
  if (arrays.size === 0 || arrays.size !== own.size) return null;
  return { type: mean === undefined ? "LayerNormalization" : "BatchNormalization", arrays, remark: null };
}
