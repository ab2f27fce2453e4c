/** Unrolled itself. UNROLLED_ENGINE and UNROLLED_THREADS choose the engine and its threads. */
import { readFileSync } from "node:fs";
import * as unrolled from "../../dist/index.js";
import { LanguageModel, streamer, trainer } from "../model.mjs";

export const supports = () => true;

export function prepare({ config, weights, data }) {
  const { noGrad, tensor } = unrolled;
  const model = new LanguageModel(config);
  const values = Object.entries(weights).map(([name, { shape, data: flat }]) => [name, tensor(flat, { shape })]);
  model.loadStateDict(new Map(values));
  for (const [, value] of values) value.dispose();
  const x = tensor(data.inputs.data, { shape: data.inputs.shape });
  const y = tensor(data.targets.data, { shape: data.targets.shape });
  const step = trainer(model, x, y);
  const { name, variant, threads } = unrolled.engine();
  const wanted = process.env.UNROLLED_ENGINE;
  if (wanted && wanted !== name) throw new Error(`engine ${wanted} is not available here: ${name} runs instead`);
  return {
    version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
    label: `Unrolled, ${name} ${variant}, Node ${process.versions.node.split(".")[0]}`,
    detail: `Node ${process.versions.node}`,
    threads,
    same: true,
    tokensPerStep: config.batch * config.seqLen,
    train: (wantLoss) => {
      const loss = step();
      return wantLoss ? loss.item() : undefined;
    },
    forward: () => noGrad(() => void model.forward(x)),
    stream: streamer(model, tensor(new Int32Array([0]), { shape: [1, 1] })),
  };
}
