/** Unrolled itself. UNROLLED_ENGINE and UNROLLED_THREADS choose the engine and its threads. */
import { readFileSync } from "node:fs";
import * as unrolled from "../../dist/index.js";
import { LanguageModel, streamer, trainer } from "../model.mjs";

export const supports = () => true;

export function prepare({ config, weights, data }) {
  const { noGrad, tensor } = unrolled;
  const { name, variant, threads } = chosenEngine();
  const model = new LanguageModel(config);
  const values = Object.entries(weights).map(([name, { shape, data: flat }]) => [name, tensor(flat, { shape })]);
  model.loadStateDict(new Map(values));
  for (const [, value] of values) value.dispose();
  const x = tensor(data.inputs.data, { shape: data.inputs.shape });
  const y = tensor(data.targets.data, { shape: data.targets.shape });
  const step = trainer(model, x, y);
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

/** The engine in use. Throws where it is not the one that was named, with what was said about it. */
function chosenEngine() {
  const { warn } = console;
  const said = [];
  console.warn = (line) => said.push(line);
  const engine = unrolled.engine();
  console.warn = warn;
  const wanted = process.env.UNROLLED_ENGINE;
  if (wanted && wanted !== engine.name)
    throw new Error([`engine ${wanted} is not used here, ${engine.name} is`, ...said].join(": "));
  return engine;
}
